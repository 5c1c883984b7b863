"""Whose certificates are believed where prices are asked for: the system's authorities, or those of a file instead."""

from __future__ import annotations

import ssl
from pathlib import Path

from oracle.errors import SourceUnavailable
from oracle.foundation.trusted_file import UntrustedFile, read_trusted
from oracle.reasons import OracleCode

#: Largest file of authorities. All that browsers believe fill a quarter of a megabyte.
MAX_BUNDLE_BYTES = 4 * 1024 * 1024


def load_authorities(ca_bundle: str | None) -> ssl.SSLContext:
    """Return a context that believes the authorities in the file `ca_bundle`; None: those of the system.

    Whoever may write that file says any price, so one that others may write is refused.

    Raises: SourceUnavailable.
    """
    if ca_bundle is None:
        return ssl.create_default_context()
    path = Path(ca_bundle).expanduser()
    try:
        text = read_trusted(path, MAX_BUNDLE_BYTES).decode("ascii", "replace")
        if not text:  # nothing would count as not said, and the system's would be believed
            raise ValueError("an empty file")
        return ssl.create_default_context(cadata=text)
    except UntrustedFile as error:
        raise SourceUnavailable(OracleCode.AUTHORITIES_UNUSABLE.because(problem=error.reason)) from error
    except (ssl.SSLError, ValueError) as error:
        missing = OracleCode.NO_AUTHORITIES.because(path=str(path))
        raise SourceUnavailable(OracleCode.AUTHORITIES_UNUSABLE.because(problem=missing)) from error
