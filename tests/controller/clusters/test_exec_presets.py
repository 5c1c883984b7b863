"""The arguments of well-known plugins: what their vendors write passes, what does more than log in does not."""

from __future__ import annotations

import pytest

from controller.clusters.exec_presets import PRESETS, find_strange_argument

VENDORS = [
    ("aws", "--region eu-west-1 eks get-token --cluster-name prod --output json"),
    ("aws", "eks get-token --cluster-name=prod --role-arn arn:aws:iam::1:role/x --profile prod"),
    ("aws-iam-authenticator", "token -i prod -r arn:aws:iam::1:role/x"),
    ("gke-gcloud-auth-plugin", ""),
    ("gke-gcloud-auth-plugin", "--use_application_default_credentials"),
    ("kubelogin", "get-token --environment AzurePublicCloud --server-id 6 --client-id 8 -t t --login azurecli"),
    ("kubelogin", "get-token -l msi --server-id 6dae"),
    ("kubectl", "oidc-login get-token --oidc-issuer-url=https://idp --oidc-client-id=c --oidc-client-secret=s"),
]  # fmt: skip


@pytest.mark.parametrize(("plugin", "arguments"), VENDORS)
def test_what_the_vendors_write_logs_in(plugin: str, arguments: str) -> None:
    assert find_strange_argument(PRESETS[plugin], arguments.split()) is None


@pytest.mark.parametrize(
    ("plugin", "arguments", "named"),
    [
        ("aws", "configure set credential_process /evil", "other words than eks get-token"),
        ("aws", "eks get-token extra", "other words than eks get-token"),
        ("aws", "get-token eks", "other words than eks get-token"),
        ("aws", "eks", "other words than eks get-token"),
        ("aws", "--endpoint-url https://evil eks get-token", "--endpoint-url"),
        ("aws", "eks get-token --cli-input-yaml=file://x", "--cli-input-yaml"),
        ("aws", "eks get-token --role-arn file:///etc/passwd", "--role-arn"),
        ("aws", "eks get-token --region=https://evil", "--region"),
        ("aws", "eks get-token --profile --debug", "--profile"),
        ("aws", "eks get-token --profile", "--profile"),
        ("gke-gcloud-auth-plugin", "delete", "other words than none"),
        ("kubelogin", "get-token --authority-host https://evil", "--authority-host"),
        ("kubectl", "delete ns prod", "other words than oidc-login get-token"),
        ("kubectl", "oidc-login get-token --browser-command=/evil", "--browser-command"),
        ("kubectl", "oidc-login get-token --kubeconfig x", "--kubeconfig"),
    ],
)
def test_what_does_more_than_log_in_is_named_without_its_value(
    plugin: str, arguments: str, named: str
) -> None:
    assert find_strange_argument(PRESETS[plugin], arguments.split()) == named
