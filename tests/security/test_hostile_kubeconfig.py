"""A kubeconfig from somewhere else is opened: what a person must not lose by that."""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.clusters.fleet import FleetPicture, Health
from controller.clusters.kube import KubeClient
from controller.clusters.kubeconfig import KubeconfigContext, read_kubeconfig
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.clusters.region_manager import RegionManager
from controller.clusters.settings import FleetSettings, KubeSettings
from controller.clusters.toml_text import toml_list
from controller.errors import AccessDenied, KubeconfigError, NotArmed
from controller.reasons import Code
from oracle.foundation.reason import ReasonCode
from tests.controller.clusters.certificates import Tls, encode, make_certificate, make_tls
from tests.controller.clusters.clients import make_client, sending_anywhere
from tests.controller.clusters.objects import make_deployment, make_node
from tests.controller.clusters.serving import Served, Stream, serving, status, write_kubeconfig
from tests.controller.refusals import find_cause, refuses

PATH = "/api/v1/nodes"
V1 = "client.authentication.k8s.io/v1"


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return make_tls(tmp_path)


def ask(
    tmp_path: Path,
    tls: Tls | None,
    user: dict[str, Any] | None,
    settings: KubeSettings | None = None,
    act: Callable[[KubeClient], Any] = lambda client: client.get(PATH),
    **cluster: Any,
) -> list[Served]:
    """Send one request with what a kubeconfig says; return what reached the server. Raises what the client raises."""
    believed = tls.cluster if tls is not None and "insecure-skip-tls-verify" not in cluster else {}

    async def main() -> list[Served]:
        async with serving(tls=tls) as server:
            path = write_kubeconfig(tmp_path, server.url, user, **{**believed, **cluster})
            client = make_client(path, "eu", armed=True, settings=settings)
            try:
                await act(client)
            finally:
                await client.close()
                seen.extend(server.requests)
            return server.requests

    seen: list[Served] = []
    try:
        return asyncio.run(main())
    except AccessDenied:
        assert seen == [], "a refused context must not be contacted"
        raise


def problem_of(tmp_path: Path, user: dict[str, Any] | None, **cluster: Any) -> ReasonCode:
    path = write_kubeconfig(tmp_path, "https://127.0.0.1:1", user, **cluster)
    problem = read_kubeconfig([path]).contexts["eu"].problem
    assert problem is not None
    return find_cause(problem).code


# --- point 1: nothing of the file reaches a library that reads it again --------------------------------------------


def test_opening_a_file_runs_no_program_of_an_auth_provider(tmp_path: Path, tls: Tls) -> None:
    proof = tmp_path / "proof"
    program = tmp_path / "prog"
    program.write_text(f"#!/bin/sh\ntouch {proof}\n")
    program.chmod(0o755)
    config = {"cmd-path": str(program), "cmd-args": "x", "token-key": "{.t}", "expiry-key": "{.e}"}
    user = {"auth-provider": {"name": "gcp", "config": config}}
    with refuses(
        AccessDenied, Code.CONTEXT_REFUSED, context="eu", problem=KubeconfigCode.AUTH_PROVIDER
    ) as refused:
        ask(tmp_path, tls, user)
    assert "let the credential plugin gke-gcloud-auth-plugin take its place" in str(refused.value)
    assert not proof.exists()


def test_opening_a_file_spends_no_refresh_token(tmp_path: Path, tls: Tls) -> None:
    async def main() -> list[Served]:
        async with serving(tls=tls) as provider:
            config = {
                "idp-issuer-url": provider.url,
                "refresh-token": "r1",
                "client-secret": "s",
                "client-id": "c",
            }
            with refuses(AccessDenied, Code.CONTEXT_REFUSED, problem=KubeconfigCode.AUTH_PROVIDER):
                await asyncio.to_thread(
                    ask, tmp_path, tls, {"auth-provider": {"name": "oidc", "config": config}}
                )
            return provider.requests

    assert asyncio.run(main()) == []


@pytest.mark.parametrize(
    ("user", "cluster", "code"),
    [
        ({"token": "t", "token-command": "evil"}, {}, KubeconfigCode.FIELD_UNKNOWN),
        ({"token": "t"}, {"http-proxy": "http://evil"}, KubeconfigCode.FIELD_UNKNOWN),
        ({"exec": {"command": "aws", "apiVersion": V1, "shell": True}}, {}, KubeconfigCode.FIELD_UNKNOWN),
        ({"auth-provider": {}}, {}, KubeconfigCode.AUTH_PROVIDER),
        ({"token": "t"}, {"proxy-url": "socks5://127.0.0.1:1"}, KubeconfigCode.PROXY_UNSUPPORTED),
        ({"token": "t"}, {"proxy-url": "https://127.0.0.1:1"}, KubeconfigCode.PROXY_UNSUPPORTED),
        ({"token": "t"}, {"proxy-url": "http://me:secret@proxy:1"}, KubeconfigCode.PROXY_WITH_PASSWORD),
    ],
    ids=["user", "cluster", "exec", "empty provider", "socks5", "proxy by TLS", "proxy with a password"],
)  # fmt: skip
def test_a_field_that_is_not_known_is_no_way_round_the_identity_or_the_transport(
    tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any], code: KubeconfigCode
) -> None:
    assert problem_of(tmp_path, user, **cluster) is code


@pytest.mark.parametrize(
    ("user", "code"),
    [
        ({"token": "t", "username": "u", "password": "p"}, KubeconfigCode.BOTH_GIVEN),
        (
            {"token": "t", "exec": {"command": "aws", "apiVersion": V1}},
            KubeconfigCode.BOTH_GIVEN,
        ),
        ({"password": "p"}, KubeconfigCode.USERNAME_MISSING),
        ({"token": 7}, KubeconfigCode.FIELD_NO_TEXT),
        ({"token": "a\r\nImpersonate-User: admin"}, KubeconfigCode.CREDENTIAL_UNSENDABLE),
        ({"client-certificate-data": "bm8="}, KubeconfigCode.HALF_CERTIFICATE),
        (
            {"client-certificate-data": "bm8=", "client-certificate": "x", "client-key": "y"},
            KubeconfigCode.BOTH_GIVEN,
        ),
        ({"exec": {"apiVersion": V1}}, KubeconfigCode.PLUGIN_NO_COMMAND),
        ({"exec": {"command": "aws"}}, KubeconfigCode.PLUGIN_VERSION),
        (
            {"exec": {"command": "aws", "apiVersion": "client.authentication.k8s.io/v1alpha1"}},
            KubeconfigCode.PLUGIN_VERSION,
        ),
        (
            {"exec": {"command": "aws", "apiVersion": V1, "interactiveMode": "Always"}},
            KubeconfigCode.PLUGIN_INTERACTIVE,
        ),
        (
            {"exec": {"command": "aws", "apiVersion": V1, "env": [{"value": "x"}]}},
            KubeconfigCode.PLUGIN_VARIABLE,
        ),
    ],
)
def test_which_identity_counts_is_never_guessed(
    tmp_path: Path, user: dict[str, Any], code: KubeconfigCode
) -> None:
    assert problem_of(tmp_path, user) is code


def test_a_refused_context_spoils_no_other(tmp_path: Path, tls: Tls) -> None:
    async def main() -> dict[str, Health]:
        async with serving(
            lambda request: {"items": [], "metadata": {"resourceVersion": "1"}}, tls
        ) as server:
            path = write_kubeconfig(tmp_path, server.url, {"token": "t"}, **tls.cluster)
            document = yaml.safe_load(path.read_text())
            document["users"].append({"name": "old", "user": {"auth-provider": {"name": "azure"}}})
            document["contexts"].append({"name": "old", "context": {"cluster": "eu", "user": "old"}})
            path.write_text(yaml.safe_dump(document))
            async with RegionManager(read_kubeconfig([path])) as manager:
                while any(c.health is Health.CONNECTING for c in manager.picture().clusters.values()):
                    await manager.wait_for_change()
                return {name: cluster.health for name, cluster in manager.picture().clusters.items()}

    assert asyncio.run(main()) == {"eu": Health.REACHABLE, "old": Health.DENIED}


def test_harmless_fields_refuse_nothing_and_unknown_ones_of_a_context_are_a_note(tmp_path: Path) -> None:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {"colors": True},
        "current-context": "eu",
        "extensions": [],
        "clusters": [
            {
                "name": "eu",
                "cluster": {
                    "server": "https://x",
                    "disable-compression": True,
                    "extensions": [],
                    "api-version": "v1",
                },
            }
        ],
        "users": [{"name": "eu", "user": {"token": "t", "extensions": []}}],
        "contexts": [
            {
                "name": "eu",
                "context": {
                    "cluster": "eu",
                    "user": "eu",
                    "namespace": "n",
                    "extensions": [],
                    "colour": "red",
                },
            }
        ],
    }
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    context = read_kubeconfig([path]).contexts["eu"]
    assert context.problem is None
    assert context.notes == (KubeconfigCode.CONTEXT_FIELD_PASSED_OVER.because(name="colour"),)


# --- point 2: nobody acts with more rights than the file says -------------------------------------------------------


def test_a_person_who_lowered_their_rights_does_not_act_as_administrator(tmp_path: Path, tls: Tls) -> None:
    user = {
        "token": "admin",
        "as": "viewer",
        "as-uid": "7",
        "as-groups": ["readers", "guests"],
        "as-user-extra": {"example.com/Reason%": ["a", "b"]},
    }

    async def send_many(client: KubeClient) -> None:
        await client.get(PATH)
        await client.create(PATH, {}, dry_run=True)
        await client.read_server_time()

    seen: list[list[tuple[str, str]]] = []

    async def main() -> None:
        async with serving(tls=tls) as server:
            path = write_kubeconfig(tmp_path, server.url, user, **tls.cluster)
            client = KubeClient(read_kubeconfig([path]).contexts["eu"])
            await send_many(client)
            await client.close()
            for request in server.requests:
                seen.append([(n, v) for n, v in request.raw_headers if n.startswith("impersonate")])

    asyncio.run(main())
    assert seen == 3 * [
        [
            ("impersonate-user", "viewer"),
            ("impersonate-uid", "7"),
            ("impersonate-group", "readers"),
            ("impersonate-group", "guests"),
            ("impersonate-extra-example.com%2freason%25", "a"),
            ("impersonate-extra-example.com%2freason%25", "b"),
        ]
    ]


def test_rights_that_cannot_be_lowered_as_asked_are_not_used(tmp_path: Path) -> None:
    incomplete = problem_of(tmp_path, {"token": "t", "as-groups": ["readers"]})
    assert incomplete is KubeconfigCode.IMPERSONATION_INCOMPLETE
    unsendable = problem_of(tmp_path, {"token": "t", "as": "viewer\r\nX: y"})
    assert unsendable is KubeconfigCode.IMPERSONATION_UNSENDABLE


# --- point 3: no credential in clear, none to a server that nobody knows --------------------------------------------


@pytest.mark.parametrize(
    "user",
    [
        {"token": "t"},
        {"tokenFile": "token"},
        {"username": "u", "password": "p"},
        {"exec": {"command": sys.executable, "apiVersion": V1}},
        {"client-certificate-data": encode(b"c"), "client-key-data": encode(b"k")},
    ],
    ids=["token", "token file", "password", "plugin", "certificate"],
)
def test_a_credential_is_never_sent_in_clear(tmp_path: Path, user: dict[str, Any]) -> None:
    settings = KubeSettings(allowed_exec_plugins=frozenset({"*"}))
    with refuses(AccessDenied, Code.CONTEXT_REFUSED, problem=KubeconfigCode.SENT_IN_CLEAR):
        ask(tmp_path, None, user, settings)


def test_a_server_without_a_scheme_gets_no_credential_in_clear(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path, "127.0.0.1:1", {"token": "t"})
    problem = read_kubeconfig([path]).contexts["eu"].problem
    assert problem is not None
    assert find_cause(problem).code is KubeconfigCode.SENT_IN_CLEAR


def test_a_server_without_a_scheme_is_spoken_to_by_tls_where_there_is_an_authority(
    tmp_path: Path, tls: Tls
) -> None:
    path = write_kubeconfig(tmp_path, "127.0.0.1:6443/", {"token": "t"}, **tls.cluster)
    assert read_kubeconfig([path]).contexts["eu"].server == "https://127.0.0.1:6443"


def test_a_server_that_nobody_verified_is_not_asked_unless_it_was_confirmed(tmp_path: Path, tls: Tls) -> None:
    insecure = {"insecure-skip-tls-verify": True}
    with refuses(AccessDenied, Code.TLS_NOT_VERIFIED, line='insecure_tls_contexts = ["eu"]'):
        ask(tmp_path, tls, {"token": "t"}, **insecure)
    confirmed = KubeSettings(insecure_tls_contexts=frozenset({"eu"}))
    assert len(ask(tmp_path, tls, {"token": "t"}, confirmed, **insecure)) == 1


def test_whoever_confirmed_only_to_look_changes_nothing_on_a_server_that_nobody_verified(
    tmp_path: Path, tls: Tls
) -> None:
    insecure = {"insecure-skip-tls-verify": True}
    looks = KubeSettings(insecure_tls_contexts=frozenset({"eu"}))
    moves = KubeSettings(insecure_tls_contexts=frozenset({"eu"}), insecure_tls_moves=frozenset({"eu"}))

    async def write(client: KubeClient) -> None:
        await client.delete(PATH)

    with refuses(NotArmed, Code.ARMING_UNCONFIRMED, line='insecure_tls_moves = ["eu"]'):
        ask(tmp_path, tls, None, looks, write, **insecure)
    assert [request.method for request in ask(tmp_path, tls, None, moves, write, **insecure)] == ["DELETE"]


def test_a_context_that_cannot_be_armed_is_not_shown_as_armed(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path, "https://127.0.0.1:1", None, **{"insecure-skip-tls-verify": True})

    async def main() -> None:
        kube = KubeSettings(insecure_tls_contexts=frozenset({"eu"}))
        manager = RegionManager(read_kubeconfig([path]), FleetSettings(kube=kube))
        manager.set_armed("eu", True)
        assert not manager.is_armed("eu")
        reason = Code.ARMING_UNCONFIRMED.because(context="eu", line='insecure_tls_moves = ["eu"]')
        assert manager.unarmable_reason("eu") == reason

    asyncio.run(main())


def test_a_named_authority_is_not_thrown_away_for_verifying_nobody(tmp_path: Path, tls: Tls) -> None:
    both = {**tls.cluster, "insecure-skip-tls-verify": True}
    assert problem_of(tmp_path, {"token": "t"}, **both) is KubeconfigCode.BOTH_GIVEN


def test_an_empty_authority_does_not_mean_every_public_one(tmp_path: Path, tls: Tls) -> None:
    empty = {"certificate-authority-data": base64.b64encode(b"# nothing\n").decode()}
    with refuses(AccessDenied, Code.AUTHORITY_EMPTY):
        ask(tmp_path, tls, {"token": "t"}, **empty)


def test_a_password_goes_to_the_server_as_one(tmp_path: Path, tls: Tls) -> None:
    (request,) = ask(tmp_path, tls, {"username": "u", "password": "p"})
    assert request.headers["authorization"] == f"Basic {encode(b'u:p')}"


def test_a_token_file_counts_without_its_line_break_and_before_the_token(tmp_path: Path, tls: Tls) -> None:
    (tmp_path / "token").write_text("from-the-file\n")
    allowed = sending_anywhere(token_file=tmp_path / "token")
    (request,) = ask(tmp_path, tls, {"tokenFile": "token", "token": "old"}, allowed)
    assert request.headers["authorization"] == "Bearer from-the-file"


@pytest.mark.parametrize("named", ["../vault-token", "link", "absolute", "beside"])
def test_a_kubeconfig_has_no_secret_of_the_disk_sent_to_its_server(
    tmp_path: Path, tls: Tls, named: str
) -> None:
    """Whoever writes a kubeconfig names the server as well: it would be told any file of one line."""
    secret, folder = tmp_path / "vault-token", tmp_path / "downloads"
    secret.write_text("hvs.of-somebody-else")
    folder.mkdir()
    (folder / "link").symlink_to(secret)
    (folder / "beside").write_text("hvs.of-somebody-else")
    asked_for = folder / named if named in ("link", "beside") else secret
    user = {"tokenFile": str(secret) if named == "absolute" else named}
    for settings in (None, KubeSettings(token_files={str(asked_for): frozenset({"https://prod.example"})})):
        with refuses(AccessDenied, Code.TOKEN_FILE_NOT_ALLOWED, file=str(asked_for), servers="127.0.0.1"):
            ask(folder, tls, user, settings)
    (request,) = ask(folder, tls, user, sending_anywhere(token_file=asked_for))
    assert request.headers["authorization"] == "Bearer hvs.of-somebody-else"


def test_a_key_with_a_password_asks_nobody_on_the_terminal(tmp_path: Path, tls: Tls) -> None:
    certificate, _ = make_certificate()
    user = {
        "client-certificate-data": encode(certificate),
        "client-key-data": encode(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"),
    }
    with refuses(AccessDenied, Code.KEY_NEEDS_PASSWORD):
        ask(tmp_path, tls, user)


# --- point 4: what an allowed plugin does is not the file's to say ---------------------------------------------------

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="runs a shell script and asks for mode bits")


def put_plugin(folder: Path) -> tuple[Path, Path]:
    """A plugin that leaves a proof that it ran, and that proof."""
    folder.mkdir()
    proof = folder / "ran"
    plugin = folder / "aws"
    plugin.write_text(f'#!/bin/sh\nset > {proof}\necho \'{{"status": {{"token": "t"}}}}\'\n')
    plugin.chmod(0o755)
    return plugin, proof


def plugin_user(plugin: Path, **env: str) -> dict[str, Any]:
    variables = [{"name": name, "value": value} for name, value in env.items()]
    arguments = ["eks", "get-token", "--cluster-name", "prod"]
    return {"exec": {"command": str(plugin), "apiVersion": V1, "args": arguments, "env": variables or None}}


def test_nothing_runs_without_permission(tmp_path: Path, tls: Tls) -> None:
    plugin, proof = put_plugin(tmp_path / "bin")
    line = f"allowed_exec_plugins = {toml_list([str(plugin)])}"
    with refuses(AccessDenied, Code.PROGRAM_NOT_ALLOWED, program=plugin, line=line):
        ask(tmp_path, tls, plugin_user(plugin))
    assert not proof.exists()


@needs_posix
@pytest.mark.parametrize(
    "name", ["AWS_CONFIG_FILE", "CLOUDSDK_PYTHON", "AZURE_EXTENSION_DIR", "BROWSER", "HOME"]
)
def test_an_allowed_plugin_runs_no_program_that_the_file_chose(tmp_path: Path, tls: Tls, name: str) -> None:
    plugin, proof = put_plugin(tmp_path / "bin")
    settings = KubeSettings(allowed_exec_plugins=frozenset({str(plugin)}))
    code = Code.PROGRAM_VARIABLES_OURS if name == "HOME" else Code.PROGRAM_VARIABLES_NOT_ALLOWED
    with refuses(AccessDenied, code, variables=name):
        ask(tmp_path, tls, plugin_user(plugin, **{name: "/evil"}), settings)
    assert not proof.exists()


@needs_posix
def test_a_plugin_never_runs_as_somebody_else_because_a_variable_was_dropped(
    tmp_path: Path, tls: Tls
) -> None:
    plugin, proof = put_plugin(tmp_path / "bin")
    user = plugin_user(plugin, AWS_PROFILE="prod")
    with refuses(AccessDenied, Code.PROGRAM_VARIABLES_NOT_ALLOWED, line="AWS_PROFILE") as refused:
        ask(tmp_path, tls, user, KubeSettings(allowed_exec_plugins=frozenset({str(plugin)})))
    assert str(refused.value.reason["line"]).startswith("exec_plugin_env.")
    assert not proof.exists()
    consenting = replace(
        sending_anywhere(plugin=plugin), exec_plugin_env={str(plugin): frozenset({"AWS_PROFILE"})}
    )
    (request,) = ask(tmp_path, tls, user, consenting)
    assert request.headers["authorization"] == "Bearer t"
    assert "AWS_PROFILE='prod'" in proof.read_text()


@needs_posix
def test_the_token_of_an_allowed_plugin_goes_to_no_server_that_the_file_chose(
    tmp_path: Path, tls: Tls
) -> None:
    plugin, proof = put_plugin(tmp_path / "bin")
    allowed = frozenset({str(plugin)})
    with refuses(AccessDenied, Code.PROGRAM_SERVERS_NOT_ALLOWED, servers="https://127.0.0.1") as refused:
        ask(tmp_path, tls, plugin_user(plugin), KubeSettings(allowed_exec_plugins=allowed))
    assert str(refused.value.reason["line"]).startswith("exec_plugin_servers.")
    assert not proof.exists()
    (request,) = ask(tmp_path, tls, plugin_user(plugin), sending_anywhere(plugin=plugin))
    assert request.headers["authorization"] == "Bearer t"


@needs_posix
def test_the_token_of_an_allowed_plugin_takes_no_way_that_the_file_chose(tmp_path: Path) -> None:
    """With an authority of its own, the file's proxy would be every server."""
    plugin, proof = put_plugin(tmp_path / "bin")
    server = "https://1a2b.gr7.eu-west-1.eks.amazonaws.com"
    path = write_kubeconfig(
        tmp_path, server, plugin_user(plugin), **{"proxy-url": "http://evil.example:3128"}
    )
    client = make_client(path, "eu", settings=KubeSettings(allowed_exec_plugins=frozenset({str(plugin)})))
    with refuses(AccessDenied, Code.PROGRAM_SERVERS_NOT_ALLOWED, servers="http://evil.example:3128"):
        asyncio.run(client.get(PATH))
    assert not proof.exists()


@needs_posix
@pytest.mark.parametrize("is_folder", [True, False], ids=["folder", "file"])
def test_a_plugin_that_others_could_have_exchanged_does_not_run(
    tmp_path: Path, tls: Tls, is_folder: bool
) -> None:
    plugin, proof = put_plugin(tmp_path / "bin")
    (plugin.parent if is_folder else plugin).chmod(0o757)
    settings = sending_anywhere(plugin=plugin)
    with refuses(AccessDenied, Code.PROGRAM_UNTRUSTED, problem="others may write"):
        ask(tmp_path, tls, plugin_user(plugin), settings)
    assert not proof.exists()


@needs_posix
def test_a_plugin_beside_the_file_is_not_the_one_that_was_allowed(
    tmp_path: Path, tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, proof = put_plugin(tmp_path / "here")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path / "here")
    settings = sending_anywhere(plugin=Path("aws"))
    with refuses(AccessDenied, Code.PROGRAM_MISSING, program="aws"):
        ask(tmp_path, tls, plugin_user(Path("aws")), settings)
    assert not proof.exists()


def test_no_message_shows_a_secret_of_the_file(tmp_path: Path) -> None:
    user = {
        "exec": {
            "command": "x",
            "apiVersion": V1,
            "args": ["S3CRET"],
            "env": [{"name": "A", "value": "S3CRET"}],
        }
    }
    path = write_kubeconfig(tmp_path, "https://127.0.0.1:1", user)
    context = read_kubeconfig([path]).contexts["eu"]
    with pytest.raises(AccessDenied) as refused:
        asyncio.run(KubeClient(context).get(PATH))
    assert "S3CRET" not in f"{refused.value}{context!r}{context.user!r}{context.user.exec_plugin!r}"


def test_the_simulated_fleet_needs_no_credential(tmp_path: Path) -> None:
    from controller.simulation.fleet_plan import plan_demo_fleet
    from controller.simulation.simulated_fleet import SimulatedFleet

    async def main() -> list[KubeconfigContext]:
        async with SimulatedFleet.start(plan_demo_fleet(7), 7, tmp_path, time_scale=0) as fleet:
            return list(read_kubeconfig([fleet.kubeconfig]).contexts.values())

    contexts = asyncio.run(main())
    assert contexts
    assert not any(context.problem or context.user.has_credential for context in contexts)


# --- point 5: what is wrong with a file costs a sentence, and never the program --------------------------------------


def open_text(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    path.chmod(0o600)
    return read_kubeconfig([path])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "line 1: it is nested deeper than 64 levels"),
        ("a:\n " + "[" * 400_000, "line 2: it is nested deeper"),
        ("a0: &a [x, x, x]\n" + "b: [*a, *a]\n" * 100_000, "line 20001: it holds more than 200000 values"),
        ("contexts: []\nusers: []\ncontexts: []", "line 3: contexts stands twice"),
        ("contexts: []\n\x00", "line 2: it is not valid YAML"),
    ],
    ids=["100 KB of brackets", "400 KB of brackets", "aliases", "twice", "binary"],
)
def test_a_broken_file_ends_with_one_sentence_and_not_with_the_program(
    tmp_path: Path, text: str, reason: str
) -> None:
    with refuses(KubeconfigError, Code.KUBECONFIG_REFUSED, problem=reason):
        open_text(tmp_path, text)


@pytest.mark.parametrize("value", ["2026-99-99", "9" * 5000, "1e999", "0b2", "1_000", "!!int x"])
def test_a_wrong_date_or_a_huge_number_costs_its_own_context_only(tmp_path: Path, value: str) -> None:
    kubeconfig = open_text(
        tmp_path,
        f"""
        clusters: [{{name: c, cluster: {{server: https://x}}}}]
        users: [{{name: good, user: {{token: t}}}}, {{name: bad, user: {{token: [{value}]}}}}]
        contexts: [{{name: a, context: {{cluster: c, user: good}}}}, {{name: b, context: {{cluster: c, user: bad}}}}]
        """,
    )
    assert kubeconfig.contexts["a"].problem is None
    problem = kubeconfig.contexts["b"].problem
    assert problem is not None
    assert find_cause(problem) == KubeconfigCode.FIELD_NO_TEXT.because(field="token", section="its user")


def test_of_two_tokens_in_one_entry_neither_counts(tmp_path: Path) -> None:
    kubeconfig = open_text(
        tmp_path,
        """
        clusters: [{name: c, cluster: {server: https://x}}]
        users:
        - {name: u, user: {token: mine,
           token: theirs}}
        - {name: v, user: {token: mine}}
        - {name: w, user: {token: mine}}
        - {name: w, user: {token: theirs}}
        contexts:
        - {name: a, context: {cluster: c, user: u}}
        - {name: b, context: {cluster: c, user: v}}
        - {name: d, context: {cluster: c, user: w}}
        """,
    )
    problems = {
        name: context.problem and str(context.problem) for name, context in kubeconfig.contexts.items()
    }
    assert problems == {
        "a": f"token stands twice (line 5 of {tmp_path / 'kubeconfig'})",
        "b": None,
        "d": f"users has the name w twice (line 8 of {tmp_path / 'kubeconfig'})",
    }


def test_a_broken_file_of_a_list_spoils_none_of_the_others(tmp_path: Path) -> None:
    good = write_kubeconfig(tmp_path, "https://x", {"token": "t"})
    broken, empty, nobody = (tmp_path / name for name in ("broken", "empty", "nobody"))
    broken.write_text("[" * 1000)
    empty.write_text("")
    nobody.write_text("users: [{user: {token: t}}]")
    kubeconfig = read_kubeconfig([broken, empty, nobody, good])
    assert list(kubeconfig.contexts) == ["eu"]
    assert tuple(map(str, kubeconfig.notes)) == (
        f"kubeconfig {broken}: line 1: it is nested deeper than 64 levels",
        f"{nobody}: line 1: entry 1 of users has no name and was passed over",
    )


@needs_posix
def test_a_file_that_others_could_have_written_gives_no_context(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    path = write_kubeconfig(folder, "https://x", {"token": "t"})
    folder.chmod(0o777)
    with refuses(KubeconfigError, Code.KUBECONFIG_REFUSED, problem="others may write"):
        read_kubeconfig([path])


@needs_posix
@pytest.mark.parametrize("name", ["client-key", "client-certificate", "certificate-authority", "tokenFile"])
def test_a_key_that_others_could_have_exchanged_is_not_used(tmp_path: Path, tls: Tls, name: str) -> None:
    certificate, key = make_certificate()
    files = {
        "client-key": key,
        "client-certificate": certificate,
        "certificate-authority": tls.authority,
        "tokenFile": b"t",
    }
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
        (tmp_path / file).chmod(0o602 if file == name else 0o600)
    user = {file: file for file in files if file != "certificate-authority"}
    cluster = {"certificate-authority": "certificate-authority", "certificate-authority-data": None}
    settings = sending_anywhere(token_file=tmp_path / "tokenFile")
    with refuses(
        AccessDenied, Code.CREDENTIAL_FILE_REFUSED, problem=f"{name} is not believed: others may write"
    ):
        ask(tmp_path, tls, user, settings, **cluster)
    (tmp_path / name).chmod(0o600)
    assert len(ask(tmp_path, tls, user, settings, **cluster)) == 1


# --- point 6: a big kubeconfig is not a permission to contact all of it -----------------------------------------------


def test_a_context_that_was_not_chosen_is_not_contacted_and_runs_no_plugin(tmp_path: Path, tls: Tls) -> None:
    proof = tmp_path / "ran"

    async def main() -> list[Served]:
        answer = {"items": [], "metadata": {"resourceVersion": "1"}}
        async with serving(lambda request: answer, tls) as chosen, serving(tls=tls) as other:
            path = write_kubeconfig(tmp_path, chosen.url, {"token": "t"}, **tls.cluster)
            document = yaml.safe_load(path.read_text())
            command = {
                "command": sys.executable,
                "apiVersion": V1,
                "args": ["-c", f"open({str(proof)!r}, 'w')"],
            }
            document["clusters"].append({"name": "other", "cluster": {"server": other.url, **tls.cluster}})
            for name, user in (("plugin", {"exec": command}), ("token", {"token": "t"})):
                document["users"].append({"name": name, "user": user})
                document["contexts"].append({"name": name, "context": {"cluster": "other", "user": name}})
            path.write_text(yaml.safe_dump(document))
            kube = KubeSettings(allowed_exec_plugins=frozenset({"*"}))
            settings = FleetSettings(contexts=frozenset({"eu"}), kube=kube)
            async with RegionManager(read_kubeconfig([path]), settings) as manager:
                while manager.picture().clusters["eu"].health is not Health.REACHABLE:
                    await manager.wait_for_change()
                assert list(manager.picture().clusters) == ["eu"]
            return other.requests

    assert asyncio.run(main()) == []
    assert not proof.exists()


def test_a_chosen_context_that_does_not_exist_is_said_before_any_is_contacted(tmp_path: Path) -> None:
    kubeconfig = read_kubeconfig([write_kubeconfig(tmp_path, "https://127.0.0.1:1")])
    with refuses(KubeconfigError, Code.KUBECONFIG_WITHOUT_CONTEXTS, missing="prod", known="eu"):
        RegionManager(kubeconfig, FleetSettings(contexts=frozenset({"prod"})))


# --- and it is ordinary input ---------------------------------------------------------------------------------------


def test_who_logs_in_again_needs_no_restart(
    tmp_path: Path, tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.clusters.region_manager.LOOK_INTERVAL_S", 0.02)

    def answer(request: Served) -> Any:
        if request.headers["authorization"] != "Bearer new":
            return status(401)
        return {"items": [], "metadata": {"resourceVersion": "1"}}

    async def main() -> None:
        async with serving(answer, tls) as server:
            path = write_kubeconfig(tmp_path, server.url, {"token": "old"}, **tls.cluster)
            # Without a wake the next try would come after an hour.
            settings = FleetSettings(retry_initial_s=3600.0, retry_maximum_s=3600.0)
            async with RegionManager(read_kubeconfig([path]), settings) as manager:
                await until(manager, Health.DENIED)
                path.write_text(path.read_text().replace("old", "new"))
                await until(manager, Health.REACHABLE)

    async def until(manager: RegionManager, health: Health) -> None:
        while manager.picture().clusters["eu"].health is not health:
            await manager.wait_for_change()

    asyncio.run(main())


class OneCluster:
    """An API server of one cluster with one Deployment; `denied` is the token that is refused."""

    def __init__(self) -> None:
        self.denied = ""
        #: Who has begun a watch, and whether that were many.
        self.watching: list[str] = []
        self.many_watches = asyncio.Event()

    def __call__(self, request: Served) -> Any:
        if request.headers["authorization"] == f"Bearer {self.denied}":
            return status(401)
        if request.path.endswith("kube-system"):
            return {"metadata": {"uid": "one"}}
        if "watch" in request.query:
            self.watching.append(request.headers["authorization"])
            if len(self.watching) >= 12:
                self.many_watches.set()
            return Stream(())
        items = {"deployments": [make_deployment()], "nodes": [make_node()]}.get(
            request.path.rpartition("/")[2], []
        )
        return {"items": items, "metadata": {"resourceVersion": "1"}}


async def wait_until(manager: RegionManager, is_so: Callable[[FleetPicture], bool]) -> FleetPicture:
    async with asyncio.timeout(20):
        while not is_so(manager.picture()):
            await manager.wait_for_change()
    return manager.picture()


def test_one_cluster_under_two_names_is_watched_once_and_offered_once(tmp_path: Path, tls: Tls) -> None:
    cluster = OneCluster()

    async def main() -> None:
        async with serving(cluster, tls) as server:
            path = write_kubeconfig(tmp_path, server.url, {"token": "first"}, **tls.cluster)
            document = yaml.safe_load(path.read_text())
            document["users"].append({"name": "second", "user": {"token": "second"}})
            document["contexts"].append({"name": "second", "context": {"cluster": "eu", "user": "second"}})
            path.write_text(yaml.safe_dump(document))
            settings = FleetSettings(retry_initial_s=0.01, heartbeat_s=1.0)
            async with RegionManager(read_kubeconfig([path]), settings) as manager:
                picture = await wait_until(
                    manager, lambda seen: [c.is_complete for c in seen.clusters.values()] == [True]
                )
                assert picture.clusters["eu"].aliases == ("second",)
                assert len(picture.clusters["eu"].workloads) == 1
                assert manager.aliases == {"second": "eu"}
                cluster.watching.clear()
                cluster.many_watches.clear()
                await cluster.many_watches.wait()
                assert set(cluster.watching) == {"Bearer first"}
                cluster.denied = "first"
                picture = await wait_until(manager, lambda seen: list(seen.clusters) == ["second"])
                assert picture.clusters["second"].aliases == ("eu",)
                await wait_until(manager, lambda seen: seen.clusters["second"].is_complete)

    asyncio.run(main())
