"""Stands between SentinelAura and the embedded server, so that the server never outlives the program.

The program starts this, and this starts the server: when the program's end of our standard input closes,
however the program died, the server is asked to end, and killed if it does not. On Linux the kernel also ends
the server should the watchdog itself be killed; that order fires when the *thread* that started the server
ends, which is one more reason to start it from the main thread of a process of its own and not from
whichever thread of the program opens a store.

A program of its own: standard library only, of that as little as may be, and no import of anything else of
ours, so that it starts in a few hundredths of a second and stays small for as long as it runs. `python -I -S
server_watchdog.py COMMAND...`; in a frozen bundle `sentinelaura --store-watchdog COMMAND...`.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

#: The argument that makes the frozen program this watchdog.
WATCHDOG_FLAG = "--store-watchdog"
#: Seconds that the server has to flush its file before it is killed.
GRACE_S = 3.0
#: Of <linux/prctl.h>: send a signal when the parent dies.
PR_SET_PDEATHSIG = 1
#: Our standard input, of which the program holds the other end.
_PROGRAM = 0


def main(command: list[str]) -> int:
    """Run the server until it ends or our standard input closes; return its exit status, 128 + n for signal
    n.

    The descriptors that the program passed on (the lock of the data directory) stay open in the server, not
    here: the directory is locked exactly as long as a server, or the program that owns it, is alive.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lock_descriptor = int(os.environ.pop("SENTINELAURA_STORE_LOCK"))
    woken = _wake_at_signals()
    server = _start(command, lock_descriptor)
    os.close(lock_descriptor)
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(server, signal.SIGTERM))
    status = _watch(server, woken)
    return status if status >= 0 else 128 - status


def _wake_at_signals() -> int:
    """Return a descriptor that can be read after each signal, the end of a child among them."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    return woken


def _start(command: list[str], lock_descriptor: int) -> int:
    """Return the process number of the server.

    It keeps what Python ignores: SIGXFSZ, so that a file that may not grow is a full disk for it and not its end.
    """
    server = os.fork()
    if server:
        return server
    try:
        if sys.platform == "linux":
            _die_with_parent()
        os.dup2(os.open(os.devnull, os.O_RDONLY), _PROGRAM)
        os.set_inheritable(lock_descriptor, True)
        os.execv(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _die_with_parent() -> None:
    import ctypes  # here, in the server's process, which forgets it at once

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _watch(server: int, woken: int) -> int:
    """Wait for the server's end, or bring it about when the program is gone; return its status, -n for signal n."""
    sources, kill_at = [_PROGRAM, woken], None
    while True:
        ended, status = os.waitpid(server, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        left_s = None if kill_at is None else max(0.0, kill_at - time.monotonic())
        ready = select.select(sources, [], [], left_s)[0]
        if woken in ready:
            os.read(woken, 4096)
        # Nobody writes; only the end of the stream means something.
        if _PROGRAM in ready and not os.read(_PROGRAM, 4096):
            sources.remove(_PROGRAM)
            os.kill(server, signal.SIGTERM)
            kill_at = time.monotonic() + GRACE_S
        if not ready:
            os.kill(server, signal.SIGKILL)
            kill_at = None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
