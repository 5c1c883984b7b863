"""Is there anything unwise in the configuration that was taken?"""

from __future__ import annotations

from app.config.configuration import Configuration
from app.diagnostics.checks import Check, warning


def check_settings(configuration: Configuration) -> list[Check]:
    """Return a warning for each; a configuration that is wrong was refused before."""
    return [
        warning("configuration", said, "`sentinelaura config show` says where it came from")
        for said in configuration.warnings
    ]
