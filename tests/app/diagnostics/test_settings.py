"""What the doctor says about the configuration."""

from __future__ import annotations

from app.config.layers import resolve_configuration
from app.configuration import Configuration
from app.diagnostics.checks import CheckState
from app.diagnostics.settings import check_settings


def test_sound_configuration_is_not_mentioned() -> None:
    assert check_settings(Configuration()) == []


def test_store_without_tls_is_a_warning() -> None:
    [check] = check_settings(resolve_configuration(None, "", {}, {"redis": ["redis://prices.example"]}))
    assert check.state is CheckState.WARNING
    assert "without TLS" in check.detail
