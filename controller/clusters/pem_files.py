"""Read the certificates, keys and tokens that a kubeconfig names."""

from __future__ import annotations

from pathlib import Path

from controller.clusters.kubeconfig import KubeconfigContext
from controller.clusters.kubeconfig_entries import Pem
from controller.errors import KubeconfigError
from oracle.foundation.trusted_file import UntrustedFile, read_trusted

#: Largest certificate, key or token that is read; a bundle of every public authority has 250 KB.
MAX_CREDENTIAL_BYTES = 1024 * 1024


def read_pem(context: KubeconfigContext, pem: Pem) -> bytes:
    """Return the text of a certificate or key. Raises: KubeconfigError."""
    if pem.text is not None:
        return pem.text
    assert pem.file is not None
    return _read(context, pem.file)


def read_token(context: KubeconfigContext, file: Path) -> str:
    """Return a token without the line break that editors leave behind it. Raises: KubeconfigError."""
    token = _read(context, file).decode(errors="replace").strip()
    if not token or any(character.isspace() or not character.isprintable() for character in token):
        raise KubeconfigError(
            str(context.path), f"context {context.name}: its token file {file} holds no token"
        )
    return token


def _read(context: KubeconfigContext, file: Path) -> bytes:
    try:
        return read_trusted(file, MAX_CREDENTIAL_BYTES)
    except UntrustedFile as error:
        raise KubeconfigError(str(context.path), f"context {context.name}: {error}") from error
