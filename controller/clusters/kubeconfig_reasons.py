"""What is wrong with a kubeconfig, or with one entry of it: all codes, and the sentences that they make.

None shows a value that may be secret. They are the inner reasons of KUBECONFIG_REFUSED and CONTEXT_REFUSED.
"""

from __future__ import annotations

from oracle.foundation.reason import Reason, ReasonCode, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


class KubeconfigCode(ReasonCode):
    """Each member: its name for programs, how loudly it speaks, its sentence."""

    # where
    AT_LINE = "kubeconfig_at_line", _ERROR, "line {line}: {problem:whole}"
    PLACED = "kubeconfig_placed", _ERROR, "{problem:whole} (line {line} of {path})"

    # the file
    FILE_MISSING = "kubeconfig_file_missing", _ERROR, "there is no such file; name one with --kubeconfig"
    FILE_REFUSED = "kubeconfig_file_refused", _ERROR, "{problem:whole}"
    FILE_SILENT = (
        "kubeconfig_file_silent",
        _ERROR,
        "it gives no answer within {seconds:g} s; is a network drive away that it lies on?",
    )
    NO_CONTEXTS = "kubeconfig_no_contexts", _ERROR, "it holds no contexts"
    NOT_UTF8 = "kubeconfig_not_utf8", _ERROR, "it is not text in UTF-8"
    NO_MAPPING = "kubeconfig_no_mapping", _ERROR, "it is not a kubeconfig: there is no mapping at its top"
    NO_LIST = "kubeconfig_no_list", _ERROR, "{section} is not a list"
    KEY_TWICE = "kubeconfig_key_twice", _ERROR, "{name} stands twice"
    NAME_TWICE = "kubeconfig_name_twice", _ERROR, "{section} has the name {name} twice"
    NAME_UNUSABLE = (
        "kubeconfig_name_unusable",
        _ERROR,
        "its name cannot be told from a list of files or has blanks at its end; rename it",
    )
    TOO_MANY_CONTEXTS = (
        "kubeconfig_too_many_contexts",
        _ERROR,
        "it holds {count} contexts, and at most {most} can be chosen from here; make a smaller file of it, for example "
        "with `kubectl config view --minify --flatten --context NAME`",
    )

    # its YAML
    INVALID_YAML = "kubeconfig_invalid_yaml", _ERROR, "it is not valid YAML: {error}"
    TOO_SLOW = "kubeconfig_too_slow", _ERROR, "reading it takes longer than {most_s:g} s"
    TOO_MANY_VALUES = (
        "kubeconfig_too_many_values", _ERROR, "it holds more than {most} values, aliases expanded",
    )  # fmt: skip
    TOO_DEEP = "kubeconfig_too_deep", _ERROR, "it is nested deeper than {most} levels"
    ALIAS_UNKNOWN = (
        "kubeconfig_alias_unknown",
        _ERROR,
        "an alias stands for something that is not there, or for itself",
    )
    TAG_UNKNOWN = "kubeconfig_tag_unknown", _ERROR, "it has a tag of a kind that is not read"
    KEY_NO_TEXT = "kubeconfig_key_no_text", _ERROR, "a key is not a text"
    MERGE_UNUSABLE = "kubeconfig_merge_unusable", _ERROR, "only mappings can be merged by <<"

    # the fields of an entry
    SECTION_NO_MAPPING = "kubeconfig_section_no_mapping", _ERROR, "{section} is not a mapping"
    FIELD_NO_TEXT = (
        "kubeconfig_field_no_text",
        _ERROR,
        "{field} of {section} must be text (in quotes where it looks like a number)",
    )
    FIELD_NO_FLAG = "kubeconfig_field_no_flag", _ERROR, "{field} of {section} must be true or false"
    FIELD_NO_LIST = "kubeconfig_field_no_list", _ERROR, "{field} of {section} must be a list"
    FIELD_NO_TEXTS = "kubeconfig_field_no_texts", _ERROR, "{field} of {section} must be a list of texts"
    FIELD_NO_BASE64 = "kubeconfig_field_no_base64", _ERROR, "{field} of {section} is not base64"
    FIELD_UNKNOWN = (
        "kubeconfig_field_unknown",
        _ERROR,
        "{section} has a field that SentinelAura does not know: {names:list}",
    )
    BOTH_GIVEN = "kubeconfig_both_given", _ERROR, "{section} has {names:list}: keep one"

    # a cluster and the way to it
    NO_SERVER = "kubeconfig_no_server", _ERROR, "its cluster has no server address"
    SERVER_NO_ADDRESS = (
        "kubeconfig_server_no_address", _ERROR, "its server {server!r} is no http:// or https:// address",
    )  # fmt: skip
    SERVER_WITH_CREDENTIAL = (
        "kubeconfig_server_with_credential",
        _ERROR,
        "its server address holds a user name or a password: put them into the user's section",
    )
    SERVER_WITH_QUERY = (
        "kubeconfig_server_with_query",
        _ERROR,
        "its server address has a query or a fragment, which no API server has",
    )
    SENT_IN_CLEAR = (
        "kubeconfig_sent_in_clear",
        _ERROR,
        "its server is {server}, and over http its credential would be sent in clear; give an https:// address",
    )
    PROXY_NO_ADDRESS = (
        "kubeconfig_proxy_no_address", _ERROR, "its proxy-url is no address such as http://proxy:3128",
    )  # fmt: skip
    PROXY_UNSUPPORTED = (
        "kubeconfig_proxy_unsupported",
        _ERROR,
        "its proxy-url is {scheme}://, and only http:// proxies are supported; "
        "put an HTTP proxy in front of it, or reach the server without one",
    )
    PROXY_WITH_PASSWORD = (
        "kubeconfig_proxy_with_password",
        _ERROR,
        "its proxy-url holds a password, which would go to the proxy in clear",
    )

    # a user and what says who it is
    AUTH_PROVIDER = (
        "kubeconfig_auth_provider",
        _ERROR,
        "its user has the auth-provider {provider}, which is not supported: it would run programs or spend a refresh "
        "token that others need; let the credential plugin {successor} take its place",
    )
    USERNAME_MISSING = "kubeconfig_username_missing", _ERROR, "its user has a password and no username"
    HALF_CERTIFICATE = (
        "kubeconfig_half_certificate",
        _ERROR,
        "its user has no {lacking}, without which the other half cannot be used",
    )
    CREDENTIAL_UNSENDABLE = (
        "kubeconfig_credential_unsendable",
        _ERROR,
        "its user has a token or username that holds control characters",
    )
    IMPERSONATION_INCOMPLETE = (
        "kubeconfig_impersonation_incomplete",
        _ERROR,
        "its user has as-uid, as-groups or as-user-extra without as",
    )
    IMPERSONATION_UNSENDABLE = (
        "kubeconfig_impersonation_unsendable",
        _ERROR,
        "its user is to be impersonated with a name that holds control characters",
    )

    # a credential plugin
    PLUGIN_NO_COMMAND = "kubeconfig_plugin_no_command", _ERROR, "its exec plugin has no command"
    PLUGIN_VERSION = (
        "kubeconfig_plugin_version",
        _ERROR,
        "its exec plugin speaks {version}; supported are {supported:list}: update the plugin and its kubeconfig entry",
    )
    PLUGIN_INTERACTIVE = (
        "kubeconfig_plugin_interactive",
        _ERROR,
        "its exec plugin wants to talk to a person (interactiveMode Always), which it cannot here",
    )
    PLUGIN_VARIABLE = (
        "kubeconfig_plugin_variable",
        _ERROR,
        "its exec plugin has a variable without a usable name",
    )

    # a context
    ENTRY_MISSING = (
        "kubeconfig_entry_missing",
        _ERROR,
        "the context names the {kind} {name!r}, which is not in the file",
    )
    # worth knowing
    FIELD_PASSED_OVER = (
        "kubeconfig_field_passed_over", _WARNING, "{path:whole}: the field {name} is not known and was passed over",
    )  # fmt: skip
    CONTEXT_FIELD_PASSED_OVER = (
        "kubeconfig_context_field_passed_over", _WARNING, "the context's field {name} is not known and was passed over",
    )  # fmt: skip
    ENTRY_PASSED_OVER = (
        "kubeconfig_entry_passed_over",
        _WARNING,
        "{path:whole}: entry {number} of {section} has no name and was passed over",
    )
    LINE_PASSED_OVER = (
        "kubeconfig_line_passed_over",
        _WARNING,
        "{path:whole}: line {line}: entry {number} of {section} has no name and was passed over",
    )
    CERTIFICATE_UNVERIFIED = (
        "kubeconfig_certificate_unverified",
        _WARNING,
        "the server's certificate is not verified (insecure-skip-tls-verify)",
    )
    NOT_ENCRYPTED = "kubeconfig_not_encrypted", _WARNING, "the connection is not encrypted (http)"
    THROUGH_PROXY = "kubeconfig_through_proxy", _WARNING, "requests go through the kubeconfig's proxy-url"
    IMPERSONATES = "kubeconfig_impersonates", _WARNING, "requests are made as {user} (as)"

    CONTEXT_GONE = "kubeconfig_context_gone", _ERROR, "it is no longer in the kubeconfig"
    CONTEXT_UNSPEAKABLE = (
        "kubeconfig_context_unspeakable",
        _ERROR,
        "its name cannot be passed on (control characters, or too long): rename it",
    )


def at_line(line: int, problem: Reason) -> Reason:
    """Return what is wrong with the line in which it stands, which counts from 1."""
    return KubeconfigCode.AT_LINE.because(line=line, problem=problem)
