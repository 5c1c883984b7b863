"""From a kubeconfig context to a configured client of kubernetes.aio.

The library is imported inside the function that needs it, in a worker thread: it costs about a second. Client
keys touch the disk only while the TLS context reads them, in a directory of their own (0700) that is gone
afterwards.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.clusters.exec_plugin import ExecCredential, run_exec_plugin
from controller.clusters.kubeconfig import KubeconfigContext
from controller.clusters.settings import KubeSettings
from controller.errors import KubeconfigError

if TYPE_CHECKING:
    import aiohttp
    from kubernetes.aio.client import ApiClient, Configuration

#: Keys of a user section whose credential can become a new one; after a 401 it is worth loading again.
_RENEWABLE = ("exec", "tokenFile", "auth-provider")


@dataclass(frozen=True, slots=True)
class LoadedClient:
    """A client that has sent nothing yet.

    `tls_fingerprint` changes when the certificates do; then the token alone cannot be carried over.
    `expires_at` is in Unix seconds, None where nobody named a time.
    """

    api_client: ApiClient
    tls_fingerprint: str
    expires_at: float | None
    is_renewable: bool
    warnings: tuple[str, ...]


async def load_client(context: KubeconfigContext, settings: KubeSettings) -> LoadedClient:
    """Build the client of a context. Raises: KubeconfigError with the file and the reason."""
    if context.problem is not None:
        raise KubeconfigError(str(context.path), f"context {context.name}: {context.problem}")
    credential = await run_exec_plugin(context, settings) if context.exec_plugin is not None else None
    # Importing the library, reading keys and building a TLS context block for up to a second.
    return await asyncio.to_thread(_build, context, credential, settings)


def _build(
    context: KubeconfigContext, credential: ExecCredential | None, settings: KubeSettings
) -> LoadedClient:
    with tempfile.TemporaryDirectory(prefix="sentinelaura-", dir=settings.runtime_directory) as directory:
        user, certificate = _place_client_certificate(context, credential, Path(directory))
        cluster, authority = _take_authority(context)
        if context.name not in settings.insecure_tls_contexts:
            cluster.pop("insecure-skip-tls-verify", None)
        configuration = _load_configuration(context, cluster, user, settings)
        configuration.ca_cert_data = authority
        api_client = _create_api_client(context, configuration, settings)
    return LoadedClient(
        api_client=api_client,
        tls_fingerprint=hashlib.sha256(repr((certificate, authority)).encode()).hexdigest(),
        expires_at=credential.expires_at if credential is not None else None,
        is_renewable=any(key in context.user for key in _RENEWABLE),
        warnings=_warnings(context, settings),
    )


def _load_configuration(
    context: KubeconfigContext, cluster: dict[str, Any], user: dict[str, Any], settings: KubeSettings
) -> Configuration:
    from kubernetes.aio.client import Configuration
    from kubernetes.aio.config import ConfigException, load_kube_config_from_dict

    document = {
        "contexts": [{"name": context.name, "context": {"cluster": "cluster", "user": "user"}}],
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": "user", "user": user}],
    }
    configuration = Configuration()
    # The library would send a PUT and a DELETE again without asking what became of them.
    configuration.retries = None
    configuration.client_session_kwargs = {
        "trust_env": settings.use_environment_proxy,
        "middlewares": (_refuse_redirects,),
    }
    try:
        asyncio.run(
            load_kube_config_from_dict(  # type: ignore[no-untyped-call]
                document, context.name, client_configuration=configuration
            )
        )
    except (ConfigException, OSError, ValueError, KeyError, TypeError) as error:
        raise KubeconfigError(str(context.path), f"context {context.name}: {error}") from error
    return configuration


async def _refuse_redirects(
    request: aiohttp.ClientRequest, send: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]]
) -> aiohttp.ClientResponse:
    """An API server does not redirect; following one would hand our requests to whoever it names."""
    import aiohttp

    response = await send(request)
    if 300 <= response.status < 400:
        response.close()
        raise aiohttp.ClientConnectionError(
            f"it answers with a redirect ({response.status}), which is not followed"
        )
    return response


def _create_api_client(
    context: KubeconfigContext, configuration: Configuration, settings: KubeSettings
) -> ApiClient:
    from kubernetes.aio.client import ApiClient

    try:
        api_client = ApiClient(configuration)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError.
        raise KubeconfigError(
            str(context.path), f"context {context.name}: its certificates cannot be used: {error}"
        ) from error
    api_client.user_agent = settings.user_agent
    return api_client


def _place_client_certificate(
    context: KubeconfigContext, credential: ExecCredential | None, directory: Path
) -> tuple[dict[str, Any], str]:
    """Return the user section with certificate and key as files, and the certificate's text."""
    user = {
        k: v
        for k, v in context.user.items()
        if k not in ("exec", "client-certificate-data", "client-key-data")
    }
    certificate, key = context.user.get("client-certificate-data"), context.user.get("client-key-data")
    pem = {
        "client-certificate": _decode(context, certificate) if certificate else None,
        "client-key": _decode(context, key) if key else None,
    }
    if credential is not None:
        pem = {"client-certificate": credential.certificate_pem, "client-key": credential.key_pem}
        if credential.token:
            user["token"] = credential.token
    for name, text in pem.items():
        if text:
            (directory / name).write_text(text)
            user[name] = str(directory / name)
    return user, pem["client-certificate"] or ""


def _take_authority(context: KubeconfigContext) -> tuple[dict[str, Any], str | None]:
    """Return the cluster section without its inline certificate authority, and that authority as PEM."""
    cluster = dict(context.cluster)
    data = cluster.pop("certificate-authority-data", None)
    return cluster, _decode(context, data) if data else None


def _decode(context: KubeconfigContext, data: object) -> str:
    try:
        return base64.b64decode("".join(str(data).split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise KubeconfigError(
            str(context.path), f"context {context.name}: a certificate is not base64"
        ) from error


def _warnings(context: KubeconfigContext, settings: KubeSettings) -> tuple[str, ...]:
    """What a person should know about how this context is reached."""
    warnings: list[str] = []
    if context.skips_tls_verification:
        honoured = context.name in settings.insecure_tls_contexts
        warnings.append(
            "the server's certificate is not verified (insecure-skip-tls-verify)"
            if honoured
            else "insecure-skip-tls-verify is ignored: confirm it in the settings if you mean it"
        )
    if context.server.startswith("http://") and not _is_loopback(context.server):
        warnings.append("the connection is not encrypted (http)")
    if isinstance(context.cluster.get("proxy-url"), str):
        warnings.append("requests go through the kubeconfig's proxy-url")
    return tuple(warnings)


def _is_loopback(server: str) -> bool:
    host = server.removeprefix("http://").split("/")[0].rsplit(":", 1)[0]
    return host in ("localhost", "[::1]") or host.startswith("127.")
