"""Read the certificates, keys and tokens that a kubeconfig names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from controller.clusters.file_questions import FileQuestions, FilesSilent
from controller.clusters.kubeconfig import KubeconfigContext
from controller.clusters.kubeconfig_entries import Pem
from controller.clusters.settings import KubeSettings
from controller.errors import ContextRefused
from controller.reasons import Code
from oracle.foundation.trusted_file import UntrustedFile, read_trusted

#: Largest certificate, key or token that is read; a bundle of every public authority has 250 KB.
MAX_CREDENTIAL_BYTES = 1024 * 1024

P = ParamSpec("P")
T = TypeVar("T")


async def ask_files(
    context: KubeconfigContext,
    files: FileQuestions,
    settings: KubeSettings,
    question: Callable[P, T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Return what a blocking function makes of a context's files, in the time that a request may take.

    Raises: ContextRefused where they give no answer; what the function raises.
    """
    try:
        return await files.ask(settings.request_timeout_s, question, *args, **kwargs)
    except FilesSilent:
        raise tell_files_silent(context) from None


def tell_files_silent(context: KubeconfigContext) -> ContextRefused:
    """Return the error that a context's files give no answer."""
    return ContextRefused(Code.CREDENTIAL_FILES_SILENT.because(context=context.name))


def read_pem(context: KubeconfigContext, pem: Pem) -> bytes:
    """Return the text of a certificate or key. Raises: ContextRefused."""
    if pem.text is not None:
        return pem.text
    assert pem.file is not None
    return _read(context, pem.file)


def read_token(context: KubeconfigContext, file: Path) -> str:
    """Return a token without the line break that editors leave behind it. Raises: ContextRefused."""
    token = _read(context, file).decode(errors="replace").strip()
    if not token or any(character.isspace() or not character.isprintable() for character in token):
        raise ContextRefused(Code.TOKEN_FILE_EMPTY.because(context=context.name, file=str(file)))
    return token


def _read(context: KubeconfigContext, file: Path) -> bytes:
    try:
        return read_trusted(file, MAX_CREDENTIAL_BYTES)
    except UntrustedFile as error:
        raise ContextRefused(
            Code.CREDENTIAL_FILE_REFUSED.because(context=context.name, problem=error.reason)
        ) from error
