"""Reserves a loopback port from the moment it is chosen until the cluster ends.

The usual way, bind to port 0, close, hand the number on, leaves a moment in which any program may take the port. Here
the socket stays bound, never listening, and the server binds beside it: both set SO_REUSEPORT (kube-apiserver's
`--permit-port-sharing`), which the kernel allows to processes of one user only. Connections go to the listener.
A server can be killed and started again on the same port meanwhile.
"""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def reserve_port() -> socket.socket:
    """Return a bound socket; its port, `getsockname()[1]`, belongs to us until it is closed."""
    reservation = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reservation.bind((LOOPBACK, 0))
    return reservation
