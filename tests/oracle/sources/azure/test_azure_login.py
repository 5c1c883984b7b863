"""Azure is told who asks by the credential that was named, and by no other that lies around."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from oracle.errors import SourceUnavailable
from oracle.price_settings import AzureCredential, AzurePriceSettings, LivePriceSettings
from oracle.reasons import OracleCode
from oracle.sources.azure.login import make_fetch

TENANT = "11111111-2222-3333-4444-555555555555"


def settings(credential: AzureCredential, tenant: str | None = None) -> LivePriceSettings:
    return LivePriceSettings(azure=AzurePriceSettings(credential, tenant))


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program `az` that writes down how it is called and prints what lies beside it."""
    program = tmp_path / "az"
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\ncat {tmp_path}/answer\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def test_token_of_the_az_program_is_for_the_resource_manager_and_the_tenant(az: Path) -> None:
    (az / "answer").write_text(json.dumps({"accessToken": "secret", "expires_on": 1_800_000_000}))
    token = make_fetch(settings(AzureCredential.CLI, TENANT))()
    assert (token.text, token.ends_at) == ("secret", 1_800_000_000)
    call = (az / "calls").read_text()
    assert "--resource https://management.azure.com" in call
    assert f"--tenant {TENANT}" in call


def test_az_program_that_is_not_logged_in_is_told_with_its_setting(az: Path) -> None:
    (az / "az").write_text("#!/bin/sh\necho 'ERROR: Please run az login' >&2\nexit 1\n")
    with pytest.raises(SourceUnavailable) as refused:
        make_fetch(settings(AzureCredential.CLI))()
    assert refused.value.reason.code is OracleCode.LOGIN_FAILED
    assert refused.value.reason["setting"] == "prices.azure.credential"


def test_environment_that_was_named_and_holds_nothing_is_no_reason_to_look_elsewhere(
    az: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (az / "answer").write_text(json.dumps({"accessToken": "secret", "expires_on": 1_800_000_000}))
    for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID", "AZURE_USERNAME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SourceUnavailable) as refused:
        make_fetch(settings(AzureCredential.ENVIRONMENT))()
    assert refused.value.reason.code is OracleCode.LOGIN_FAILED
    assert not (az / "calls").exists()


class RecordingCredential:
    """Stands in for a credential of the library that asks over the network."""

    told: ClassVar[dict[str, object]] = {}

    def __init__(self, **told: object) -> None:
        type(self).told = told

    def get_token(self, scope: str) -> SimpleNamespace:
        return SimpleNamespace(token="secret", expires_on=1_800_000_000)


@pytest.mark.parametrize(
    ("no_proxy", "proxies"),
    [(frozenset(), {"https": "http://proxy.example:3128"}), (frozenset({".microsoftonline.com"}), None)],
    ids=["by the proxy", "directly"],
)
def test_library_asks_where_and_how_the_configuration_says_and_not_the_environment(
    monkeypatch: pytest.MonkeyPatch, no_proxy: frozenset[str], proxies: object
) -> None:
    monkeypatch.setattr("azure.identity.EnvironmentCredential", RecordingCredential)
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "evil.example")
    chosen = replace(
        settings(AzureCredential.ENVIRONMENT),
        https_proxy="http://proxy.example:3128",
        no_proxy=no_proxy,
        ca_bundle="/etc/company.pem",
    )
    assert make_fetch(chosen)().text == "secret"
    told = RecordingCredential.told
    assert told["authority"] == "login.microsoftonline.com"
    assert told["use_env_settings"] is False
    assert told["connection_verify"] == "/etc/company.pem"
    assert told.get("proxies") == proxies


def test_workload_identity_without_its_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SourceUnavailable) as refused:
        make_fetch(settings(AzureCredential.WORKLOAD_IDENTITY, TENANT))()
    assert refused.value.reason.code is OracleCode.LOGIN_FAILED


def test_library_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(SourceUnavailable) as refused:
        make_fetch(settings(AzureCredential.CLI))()
    assert refused.value.reason.code is OracleCode.LIBRARY_MISSING
