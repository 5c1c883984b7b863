"""What a kubeconfig may have the well-known credential plugins do: variables and arguments that only log in. Pure.

Most of them are tools that can do much more (`aws configure set`, `kubectl delete`), and an option can name another
program to run (`--browser-command`) or another server to hand secrets to (`--endpoint-url`, `--authority-host`). So
their arguments are a closed list. Source: what the vendors' own tools write into a kubeconfig.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """One plugin.

    variables: offered for consent; none of them names a program or a file.
    words: what stands between the options, exactly.
    options: those with a value; flags: those without.
    servers: those that its vendor runs and nobody else, as the configuration would name them; it may send them its
        credential unasked.
    """

    variables: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    servers: frozenset[str] = frozenset()


_AWS_VARIABLES = frozenset({"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_STS_REGIONAL_ENDPOINTS"})
#: A customer of EKS, AKS or GKE runs nodes, never the API server: it shows nobody the tokens that it is sent.
_EKS = frozenset({"https://*.eks.amazonaws.com", "https://*.eks.amazonaws.com.cn"})

#: Name of the program -> its preset.
PRESETS: Mapping[str, Preset] = {
    "aws": Preset(
        _AWS_VARIABLES,
        ("eks", "get-token"),
        frozenset({"--cluster-name", "--cluster-id", "--region", "--profile", "--role-arn", "--output"}),
        servers=_EKS,
    ),
    "aws-iam-authenticator": Preset(
        _AWS_VARIABLES,
        ("token",),
        frozenset({"-i", "--cluster-id", "-r", "--role", "--region", "-s", "--session-name"}),
        frozenset({"--forward-session-name", "--cache"}),
        _EKS,
    ),
    "gke-gcloud-auth-plugin": Preset(
        frozenset({"CLOUDSDK_ACTIVE_CONFIG_NAME", "CLOUDSDK_CORE_ACCOUNT"}),
        (),
        frozenset({"--impersonate_service_account"}),
        frozenset({"--use_application_default_credentials", "--use_edge_cloud"}),
        frozenset({"https://*.gke.goog"}),
    ),
    "kubelogin": Preset(
        frozenset({"AAD_LOGIN_METHOD", "AZURE_TENANT_ID", "AZURE_CLIENT_ID"}),
        ("get-token",),
        frozenset(
            {"-l", "--login", "-e", "--environment", "--server-id", "--client-id", "--client-secret", "-t"}
            | {"--tenant-id", "--identity-resource-id", "--pop-claims", "--timeout"}
        ),
        frozenset({"--legacy", "--pop-enabled", "--use-azurerm-env-vars"}),
        frozenset({"https://*.azmk8s.io"}),
    ),
    "kubectl": Preset(
        frozenset(),
        ("oidc-login", "get-token"),
        frozenset(
            {"--oidc-issuer-url", "--oidc-client-id", "--oidc-client-secret", "--oidc-extra-scope"}
            | {"--oidc-pkce-method", "--grant-type"}
        ),
        frozenset({"--oidc-use-pkce", "--oidc-use-access-token", "--skip-open-browser"}),
    ),
}


def find_strange_argument(preset: Preset, arguments: Sequence[str]) -> str | None:
    """What of the arguments is not of a login: an option without its value, or words in general; None: nothing."""
    words: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        name, has_value, value = argument.partition("=")
        if not argument.startswith("-"):
            words.append(argument)
        elif name in preset.options:
            if _is_strange(name, value if has_value else next(rest, "-")):
                return name
        elif name not in preset.flags:
            return name
    return None if tuple(words) == preset.words else f"other words than {' '.join(preset.words) or 'none'}"


def _is_strange(name: str, value: str) -> bool:
    """A value that is an option itself, or that a tool would fetch from a file or a server (`file://...`)."""
    return value.startswith("-") or ("://" in value and not name.endswith("-url"))
