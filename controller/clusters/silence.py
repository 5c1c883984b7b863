"""Why no answer came from an API server, by the error that the connection met: each cause has its own remedy."""

from __future__ import annotations

import errno

from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.foundation.untrusted_text import clean_text

#: OpenSSL's numbers for a certificate that is not valid yet, or no longer, and for one of another host or address.
_WRONG_TIME = frozenset({9, 10})
_WRONG_NAME = frozenset({62, 64})

#: No packet finds the way, or whoever knew it says so.
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})


def tell_silence(context: str, server: str, error: BaseException) -> Reason:
    """Return what kept the answer away."""
    import aiohttp

    asked = {"context": context, "server": server}
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _find_distrust(error).because(**asked, error=clean_text(error))
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Code.SERVER_NAME_UNKNOWN.because(**asked, error=clean_text(error.os_error))
    if isinstance(error, aiohttp.ClientConnectorError):
        code = Code.NO_ROUTE if error.os_error.errno in _NO_ROUTE else Code.CONNECTION_FAILED
        return code.because(**asked, error=clean_text(error.os_error))
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Code.NO_ROUTE.because(**asked, error="nothing answered at this address")
    if isinstance(error, TimeoutError):
        return Code.ANSWER_TIMED_OUT.because(**asked)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        # Its own text repeats the proxy's address, with the password that the environment has in it.
        return Code.PROXY_REFUSED.because(**asked, status=error.status)
    return Code.CONNECTION_BROKE.because(**asked, error=clean_text(error) or type(error).__name__)


def _find_distrust(error: object) -> Code:
    number = getattr(getattr(error, "certificate_error", None), "verify_code", None)
    if number in _WRONG_TIME:
        return Code.CERTIFICATE_OUT_OF_DATE
    return Code.CERTIFICATE_OF_ANOTHER if number in _WRONG_NAME else Code.SERVER_NOT_TRUSTED
