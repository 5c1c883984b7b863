"""Everything that can be wrong with a configuration: all codes, and the sentences that they make."""

from __future__ import annotations

from oracle.foundation.reason import ReasonCode, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


class ConfigurationCode(ReasonCode):
    """Each member: its name for programs, how loudly it speaks, its sentence."""

    # a setting
    SETTING_WRONG = (
        "setting_wrong",
        _ERROR,
        "{place:whole}: {name:whole} must be {allowed:whole}, not {value:whole}",
    )
    SETTING_UNKNOWN = (
        "setting_unknown",
        _ERROR,
        "{place:whole}: there is no setting {name!r:whole}; `sentinelaura config show` lists all of them",
    )
    SETTING_MISSPELT = (
        "setting_misspelt",
        _ERROR,
        "{place:whole}: there is no setting {name!r:whole}; did you mean {nearest!r:whole}?",
    )
    SETTINGS_CLASH = "settings_clash", _ERROR, "{promise:whole}: {values:whole}"
    ASSIGNMENT_WRONG = (
        "assignment_wrong", _ERROR, "{flag} takes NAME=VALUE, such as {flag} migration.soak_s=600",
    )  # fmt: skip
    SECRET_ASSIGNED = (
        "secret_assigned",
        _ERROR,
        "{flag}: {name} may hold a secret, and a command line is shown to everybody on this machine; use the file or "
        "{variable}",
    )
    PASSWORD_SHOWN = (
        "password_shown",
        _ERROR,
        "{flag}: the password in {address:whole} would be shown to everybody on this machine; leave it out and give it "
        "with --redis-password-file FILE or in {variable}",
    )

    STORE_READABLE = (
        "price_store_readable",
        _WARNING,
        "the price store at {address:whole} is spoken to without TLS: everybody on the way can read and change prices, "
        "and read its password; use rediss://",
    )

    # a file
    FILE_MISSING = "configuration_file_missing", _ERROR, "the configuration file {place:whole} does not exist"
    FILE_REFUSED = "configuration_file_refused", _ERROR, "{problem:whole}"
    NO_JSON = "configuration_no_json", _ERROR, "{place:whole} is not JSON: {error:whole}"
    NO_JSON_OBJECT = "configuration_no_json_object", _ERROR, "{place:whole} is not a JSON object"
    NO_TOML = "configuration_no_toml", _ERROR, "{place:whole} is not valid TOML: {error:whole}"
    NO_UTF8 = "configuration_no_utf8", _ERROR, "{place:whole} is not UTF-8 text"
    PASSWORD_FILE_WRONG = (
        "password_file_wrong", _ERROR, "{place:whole} must hold a password as its only line",
    )  # fmt: skip
    SECRET_READABLE = (
        "secret_readable",
        _WARNING,
        "{path:whole} holds a password and may be read by everybody on this machine: chmod o-r {path:shell}",
    )
    WINDOW_DEFAULTS = (
        "window_defaults", _WARNING, "{problem:whole}. The window starts with its default settings",
    )  # fmt: skip
    TOO_DEEP = "configuration_too_deep", _ERROR, "{place:whole} is nested too deeply"
