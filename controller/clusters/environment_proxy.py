"""Which proxy the environment names for a server, where the configuration lets it count.

Found by us and handed to the HTTP client like a kubeconfig's own. The client's own way of finding it would also take
passwords out of a person's ~/.netrc, for whatever server the kubeconfig names, http included.
"""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from controller.errors import ContextRefused
from controller.reasons import Code
from oracle.foundation.untrusted_text import clean_text


def find_environment_proxy(context: str, server: str) -> str | None:
    """Return the address of the proxy on the way to a server; None: it is reached without one.

    Raises: ContextRefused where it is one that is not supported. Going past it would not be what was asked for.
    """
    parts = urlsplit(server)
    named = getproxies().get(parts.scheme)
    if not named or proxy_bypass(parts.netloc):
        return None
    address = named if "://" in named else f"http://{named}"
    scheme, has_host = _read(address)
    if scheme != "http" or not has_host:
        shown = clean_text(scheme, 20)
        raise ContextRefused(Code.ENVIRONMENT_PROXY_UNSUPPORTED.because(context=context, scheme=shown))
    return address


def _read(address: str) -> tuple[str, bool]:
    try:
        parts = urlsplit(address)
        return parts.scheme, bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return "", False
