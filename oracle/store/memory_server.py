"""A Redis look-alike inside this process, for machines without any server program: Windows above all.

Listens on loopback, where other users of the machine may write as well, and forgets everything at the end. Needs the
optional package fakeredis with its Lua part.
"""

from __future__ import annotations

import threading

from oracle.errors import EmbeddedServerError
from oracle.reasons import OracleCode


class MemoryServer:
    """A TCP server in a thread of its own."""

    def __init__(self) -> None:
        """Raises: EmbeddedServerError where the package is missing."""
        try:
            from fakeredis import TcpFakeServer
        except ImportError as error:
            raise EmbeddedServerError(OracleCode.SERVER_MISSING.because()) from error
        self._server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
        self._thread = threading.Thread(target=self._server.serve_forever, name="memory-store", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self._server.server_address[1]}/0"

    def stop(self) -> None:
        """End the thread and forget everything."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
