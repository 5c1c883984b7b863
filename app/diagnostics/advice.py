"""What would mend a context that cannot be used, by the code of what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields

from controller.clusters.rights import Role
from controller.clusters.settings import ContextOverride
from controller.clusters.toml_text import toml_key, toml_text
from controller.reasons import Code
from oracle.foundation.reason import ReasonCode
from oracle.foundation.setting import DECLARATION

_ALLOW = "nothing was run; allow it in the configuration as said, or use a context with other credentials"
_PLUGIN = "run the plugin by hand as the kubeconfig has it, and log in once more with your cloud's command"
_ENTRY = "correct this entry of the kubeconfig, or get it anew from whoever runs the cluster"

#: code -> what to do; where the reason's own sentence says all of it, the advice says who can.
_ADVICE: dict[ReasonCode, str] = {
    Code.SERVER_NOT_TRUSTED: (
        "put the authority that signed the server's certificate into the kubeconfig (certificate-authority-data), or "
        "get the kubeconfig anew: the cluster may have been made again. If neither is so, somebody may stand in between"
    ),
    Code.CERTIFICATE_OF_ANOTHER: (
        "let `server` in the kubeconfig be a name that the certificate has, or say that name as tls-server-name"
    ),
    Code.CERTIFICATE_OUT_OF_DATE: "have it renewed on the server, and look at this machine's date",
    Code.SERVER_NAME_UNKNOWN: "correct `server` in the kubeconfig, or connect to the network that knows the name (VPN)",
    Code.NO_ROUTE: "connect to the network that the server is in (VPN, allowed addresses, firewall), or say proxy-url",
    Code.CONNECTION_FAILED: "nothing takes calls there: correct address or port, or have the server started",
    Code.CONNECTION_BROKE: "look what is there: an API server that speaks http or https as `server` says?",
    Code.PROXY_REFUSED: "correct the proxy or its password (environment, proxy-url), or have it let you through",
    Code.ANSWER_TIMED_OUT: "it takes calls and does not answer: the server, or a proxy before it, is overloaded",
    Code.TOKEN_FILE_NOT_ALLOWED: _ALLOW,
    Code.CREDENTIALS_REFUSED: "the server answers: log in again, or get a credential that has not expired",
    Code.PROGRAM_NOT_ALLOWED: _ALLOW,
    Code.PROGRAM_SERVERS_NOT_ALLOWED: _ALLOW,
    Code.PROGRAM_VARIABLES_NOT_ALLOWED: _ALLOW,
    Code.PROGRAM_MISSING: "install the plugin, or use a context with other credentials",
    Code.PROGRAM_MISSING_WITH_HINT: "install the plugin, or use a context with other credentials",
    Code.PROGRAM_NOT_FOUND_YET: "connect the network drive, or take it out of the PATH",
    Code.PROGRAM_UNTRUSTED: "let nobody but you and root be able to change the plugin's file and its folders",
    Code.PLUGIN_FAILED: _PLUGIN,
    Code.PLUGIN_TIMED_OUT: _PLUGIN,
    Code.PLUGIN_ANSWER_UNUSABLE: _PLUGIN,
    Code.NODES_DENIED: f"have {Role.CLUSTER.manifest} applied, or say in the configuration file what they are:",
    Code.LIST_DENIED: f"have {Role.OBSERVER.manifest} applied in the namespaces that you name",
    Code.LIST_DENIED_IN_NAMESPACES: f"have {Role.OBSERVER.manifest} applied there, or take the namespace out",
    Code.CONTEXT_CONNECTING: "run doctor again; a server that is slow for longer is overloaded or far away",
}


def advise(code: ReasonCode) -> str:
    """Return what to do about it."""
    return _ADVICE.get(code, _ENTRY)


def write_context(
    context: str, keys: Iterable[str], said: ContextOverride, known: Mapping[str, str | None]
) -> str:
    """Return lines for the configuration file: what is known of a context, and an example of each key that it lacks.

    Where the file has this context already, its table cannot stand there twice.
    """
    examples = {field.name: field.metadata[DECLARATION].example for field in fields(ContextOverride)}
    lacking = [key for key in keys if getattr(said, key) is None]
    values = {key: toml_text(value) if (value := known.get(key)) else examples[key] for key in lacking}
    table = f"[contexts.{toml_key(context)}]"
    first = table if said == ContextOverride() else f"# under {table}"
    return "\n".join([first, *(f"{key} = {value}" for key, value in values.items())])
