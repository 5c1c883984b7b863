"""Which server a name of the configuration stands for."""

from __future__ import annotations

import pytest

from controller.clusters.credential_servers import find_strangers
from controller.clusters.settings import KubeSettings
from oracle.foundation.setting import Promise

DOMAIN = "https://*.eks.amazonaws.com"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("https://one.example", "https://one.example:443/k8s/clusters/c-1"),
        ("https://ONE.example:6443", "https://one.EXAMPLE:6443"),
        ("https://[2001:db8::1]:6443", "https://[2001:db8::1]:6443"),
        ("http://proxy:3128", "http://proxy:3128"),
        (DOMAIN, "https://1A2B.gr7.eu-west-1.eks.amazonaws.com"),
        ("*", "https://anybody.example"),
    ],
)
def test_a_name_stands_for_its_server_whatever_lies_on_it(name: str, address: str) -> None:
    assert find_strangers([address], [name]) == ()


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("https://one.example", "https://one.example:6443"),
        ("https://one.example", "http://one.example"),
        ("https://one.example", "https://one.example.evil.example"),
        ("https://one.example", "https://two.example/https://one.example"),
        (DOMAIN, "https://evil-eks.amazonaws.com"),
        (DOMAIN, "https://eks.amazonaws.com"),
        (DOMAIN, "https://x.eks.amazonaws.com:8443"),
        (DOMAIN, "http://x.eks.amazonaws.com"),
        (DOMAIN, "https://evil.example\\.eks.amazonaws.com"),
        (DOMAIN, "https://evil.example%2f.eks.amazonaws.com"),
        (DOMAIN, "https://evil.example\uff0f.eks.amazonaws.com"),
        ("https://*.0.0.1", "https://evil.example"),
    ],
)
def test_a_name_stands_for_no_other_server_or_port(name: str, address: str) -> None:
    assert len(find_strangers([address], [name])) == 1


def test_each_place_that_a_credential_passes_has_to_be_named() -> None:
    addresses = ["https://one.example/path", "http://proxy:3128"]
    assert find_strangers(addresses, ["https://one.example"]) == ("http://proxy:3128",)
    assert find_strangers(addresses, []) == ("https://one.example", "http://proxy:3128")


@pytest.mark.parametrize(
    "name", ["one.example", "https://*", "https://*.com", "https://one.example/path", ""]
)
def test_a_name_that_stands_for_no_server_is_an_error_of_the_configuration(name: str) -> None:
    (promise,) = (one for one in KubeSettings.promises if "token_files" in one.names)
    assert isinstance(promise, Promise)
    assert promise.holds(KubeSettings(token_files={"/token": frozenset({"https://one.example"})}))
    assert not promise.holds(KubeSettings(token_files={"/token": frozenset({name})}))
