"""From a kubeconfig context to a configured client of kubernetes.aio, field by field.

The library never sees the kubeconfig: its own reader runs programs, follows redirects to identity providers and ignores
what it does not know. It is imported inside the function that needs it, in a worker thread: it costs about a second.
Client keys touch the disk only while the TLS context reads them, in a directory of their own (0700) that is gone
afterwards.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from controller.clusters.credential_servers import find_strangers
from controller.clusters.environment_proxy import find_environment_proxy
from controller.clusters.exec_plugin import EXPIRY_MARGIN_S, ExecCredential, run_exec_plugin
from controller.clusters.exec_programs import ExecPrograms
from controller.clusters.file_questions import FileQuestions
from controller.clusters.kubeconfig import KubeconfigContext
from controller.clusters.kubeconfig_entries import Impersonation
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.clusters.kubernetes_library import import_client
from controller.clusters.pem_files import ask_files, read_pem, read_token
from controller.clusters.settings import KubeSettings
from controller.clusters.toml_text import toml_key, toml_list
from controller.errors import ContextRefused
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.foundation.untrusted_text import clean_text

if TYPE_CHECKING:
    import aiohttp
    from kubernetes.aio.client import ApiClient, Configuration

#: The bytes of a header's name (RFC 9110, token); a percent sign is escaped as well, it begins the others' escapes.
_HEADER_NAME_BYTES = "!#$&'*+-.^_`|~"


@dataclass(frozen=True, slots=True)
class LoadedClient:
    """A client that has sent nothing yet.

    `transport_fingerprint` changes when anything but the token does; then the token alone cannot be carried over.
    `renew_at` is in Unix seconds, None where nothing says that the credential will change.
    """

    api_client: ApiClient
    transport_fingerprint: str
    renew_at: float | None
    is_renewable: bool
    warnings: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, repr=False)
class _Credentials:
    """What is sent or shown to the server."""

    authorization: str | None
    certificate: bytes | None
    key: bytes | None
    authority: bytes | None


async def load_client(
    context: KubeconfigContext, settings: KubeSettings, programs: ExecPrograms, files: FileQuestions
) -> LoadedClient:
    """Build the client of a context. Raises: ContextRefused."""
    await ask_files(context, files, settings, require_usable, context, settings, programs)
    plugin = context.exec_plugin
    given = await run_exec_plugin(context, plugin, settings, programs, files) if plugin is not None else None
    credentials = await ask_files(context, files, settings, _gather_credentials, context, given)
    # Importing the library and building a TLS context block for up to a second.
    api_client = await asyncio.to_thread(_build, context, credentials, settings)
    return LoadedClient(
        api_client=api_client,
        transport_fingerprint=_fingerprint(context, credentials),
        renew_at=None if given is None or given.expires_at is None else given.expires_at - EXPIRY_MARGIN_S,
        is_renewable=plugin is not None,
        warnings=list_warnings(context),
    )


def require_usable(context: KubeconfigContext, settings: KubeSettings, programs: ExecPrograms) -> None:
    """Blocks on the file of a plugin. Raises: ContextRefused for a context that is refused before any of it is used."""
    if context.problem is not None:
        raise ContextRefused(Code.CONTEXT_REFUSED.because(context=context.name, problem=context.problem))
    if context.skips_tls_verification and context.name not in settings.insecure_tls_contexts:
        line = f"insecure_tls_contexts = {toml_list([context.name])}"
        raise ContextRefused(Code.TLS_NOT_VERIFIED.because(context=context.name, line=line))
    if context.user.token_file is not None:
        _require_token_file(context, str(context.user.token_file), settings)
    if context.exec_plugin is not None:
        programs.permit(context.exec_plugin, context.name, context.receivers)


def _require_token_file(context: KubeconfigContext, file: str, settings: KubeSettings) -> None:
    """The file's own folder is no exception: that of a download, or of a person's home, holds secrets of others."""
    named = settings.token_files.get(file, frozenset())
    if strangers := find_strangers(context.receivers, named):
        line = f"token_files.{toml_key(file)} = {toml_list(sorted({*named, *strangers}))}"
        raise ContextRefused(
            Code.TOKEN_FILE_NOT_ALLOWED.because(
                context=context.name, file=file, servers=", ".join(strangers), line=line
            )
        )


def find_reason_to_refuse(
    context: KubeconfigContext, settings: KubeSettings, programs: ExecPrograms
) -> Reason | None:
    """Why a context would be refused before any of it is used; None: it would not. Blocks as `require_usable`."""
    try:
        require_usable(context, settings, programs)
    except ContextRefused as error:
        return error.reason
    return None


def _fingerprint(context: KubeconfigContext, credentials: _Credentials) -> str:
    cluster = context.cluster
    connection = (context.server, cluster.tls_server_name, cluster.skips_tls_verification, cluster.proxy_url)
    shown = (credentials.certificate, credentials.key, credentials.authority)
    return hashlib.sha256(repr((connection, shown, context.user.impersonation)).encode()).hexdigest()


def _gather_credentials(context: KubeconfigContext, given: ExecCredential | None) -> _Credentials:
    user, authority = context.user, context.cluster.authority
    if given is not None:
        certificate = given.certificate_pem.encode() if given.certificate_pem else None
        key = given.key_pem.encode() if given.key_pem else None
    else:
        certificate = read_pem(context, user.certificate) if user.certificate is not None else None
        key = read_pem(context, user.key) if user.key is not None else None
    return _Credentials(
        authorization=_authorize(context, given),
        certificate=certificate,
        key=key,
        authority=read_pem(context, authority) if authority is not None else None,
    )


def _authorize(context: KubeconfigContext, given: ExecCredential | None) -> str | None:
    """The Authorization header."""
    user = context.user
    if user.username is not None:
        pair = f"{user.username}:{user.password or ''}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"
    token = given.token if given is not None else user.token
    if user.token_file is not None:
        # The file counts where both are there: the other one is what it held when somebody logged in.
        token = read_token(context, user.token_file)
    return f"Bearer {token.strip()}" if token else None


def _build(context: KubeconfigContext, credentials: _Credentials, settings: KubeSettings) -> ApiClient:
    with tempfile.TemporaryDirectory(prefix="sentinelaura-", dir=settings.runtime_directory) as directory:
        configuration = _configure(context, credentials, settings)
        _place_client_certificate(context, credentials, configuration, Path(directory))
        return _create_api_client(context, configuration, settings)


def _configure(
    context: KubeconfigContext, credentials: _Credentials, settings: KubeSettings
) -> Configuration:
    from controller.clusters.judged_request import JudgedRequest

    _, configuration_class = import_client()
    configuration = configuration_class(host=context.server)
    # The library would send a PUT and a DELETE again without asking what became of them.
    configuration.retries = None
    configuration.verify_ssl = not context.skips_tls_verification
    # Go does not ask of a certificate what Python's strict mode does, and many clusters' own authorities lack it.
    configuration.disable_strict_ssl_verification = True
    configuration.ca_cert_data = _check_authority(context, credentials.authority)
    configuration.tls_server_name = context.cluster.tls_server_name
    configuration.proxy = context.cluster.proxy_url
    if configuration.proxy is None and settings.use_environment_proxy:
        configuration.proxy = find_environment_proxy(context.name, context.server)
    configuration.client_session_kwargs = {
        # It would have passwords of ~/.netrc sent to any server.
        "trust_env": False,
        "middlewares": (_refuse_redirects,),
        "request_class": JudgedRequest,
        # On the session and not on each request, so that none can leave without them.
        "headers": _impersonate(context.user.impersonation),
    }
    if credentials.authorization is not None:
        configuration.api_key = {"BearerToken": credentials.authorization}
    return configuration


def _check_authority(context: KubeconfigContext, authority: bytes | None) -> str | None:
    """The authority as text; an empty one would mean that every public authority is believed."""
    if authority is None:
        return None
    if b"-----BEGIN CERTIFICATE-----" not in authority:
        raise ContextRefused(Code.AUTHORITY_EMPTY.because(context=context.name))
    return authority.decode("ascii", errors="ignore")


def _impersonate(wanted: Impersonation | None) -> list[tuple[str, str]]:
    """The headers by which a server lowers our rights. Source: client-go's transport, impersonatingRoundTripper."""
    if wanted is None:
        return []
    headers = [("Impersonate-User", wanted.user)]
    if wanted.uid is not None:
        headers.append(("Impersonate-Uid", wanted.uid))
    headers.extend(("Impersonate-Group", group) for group in wanted.groups)
    for name, values in wanted.extra.items():
        escaped = quote(name, safe=_HEADER_NAME_BYTES)
        headers.extend((f"Impersonate-Extra-{escaped}", value) for value in values)
    return headers


def _place_client_certificate(
    context: KubeconfigContext, credentials: _Credentials, configuration: Configuration, directory: Path
) -> None:
    """Put certificate and key where the TLS library can read them: it takes files only."""
    if credentials.certificate is None or credentials.key is None:
        return
    if b"ENCRYPTED" in credentials.key:
        raise ContextRefused(Code.KEY_NEEDS_PASSWORD.because(context=context.name))
    certificate, key = directory / "client-certificate", directory / "client-key"
    certificate.write_bytes(credentials.certificate)
    key.write_bytes(credentials.key)
    configuration.cert_file, configuration.key_file = str(certificate), str(key)


def _create_api_client(
    context: KubeconfigContext, configuration: Configuration, settings: KubeSettings
) -> ApiClient:
    api_client_class, _ = import_client()
    try:
        api_client = api_client_class(configuration)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError.
        raise ContextRefused(
            Code.CERTIFICATES_UNUSABLE.because(context=context.name, error=str(error))
        ) from error
    return api_client


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


def list_warnings(context: KubeconfigContext) -> tuple[Reason, ...]:
    """What a person should know about how this context is reached."""
    warnings = list(context.notes)
    if context.skips_tls_verification:
        warnings.append(KubeconfigCode.CERTIFICATE_UNVERIFIED.because())
    if context.server.startswith("http://") and not _is_loopback(context.server):
        warnings.append(KubeconfigCode.NOT_ENCRYPTED.because())
    if context.cluster.proxy_url is not None:
        warnings.append(KubeconfigCode.THROUGH_PROXY.because())
    if context.user.impersonation is not None:
        user = clean_text(context.user.impersonation.user, 80)
        warnings.append(KubeconfigCode.IMPERSONATES.because(user=user))
    return tuple(warnings)


def _is_loopback(server: str) -> bool:
    host = urlsplit(server).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
