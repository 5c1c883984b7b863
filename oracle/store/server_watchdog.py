"""Stands between SentinelAura and the embedded server, so that the server never outlives the program.

The program starts this, and this starts the server: when the program's end of our standard input closes,
however the program died, the server is asked to end, and killed if it does not. On Linux the kernel also ends
the server should the watchdog itself be killed; that order fires when the *thread* that started the server
ends, which is one more reason to start it from the main thread of a process of its own and not from
whichever thread of the program opens a store.

A program of its own: standard library only, no import of anything else of ours, so that it starts in a few
hundredths of a second. `python -I -S server_watchdog.py COMMAND...`; in a frozen bundle `sentinelaura
--store-watchdog COMMAND...`.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading

#: The argument that makes the frozen program this watchdog.
WATCHDOG_FLAG = "--store-watchdog"
#: Seconds that the server has to flush its file before it is killed.
GRACE_S = 3.0
#: Of <linux/prctl.h>: send a signal when the parent dies.
PR_SET_PDEATHSIG = 1


def main(command: list[str]) -> int:
    """Run the server until it ends or our standard input closes; return its exit status, 128 + n for signal
    n.

    The descriptors that the program passed on (the lock of the data directory) stay open in the server, not
    here: the directory is locked exactly as long as a server, or the program that owns it, is alive.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lock_descriptor = int(os.environ.pop("SENTINELAURA_STORE_LOCK"))
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        pass_fds=(lock_descriptor,),
        # Python ignores SIGXFSZ; so shall the server, for which a file that may not grow is then a full disk,
        # not its end.
        restore_signals=False,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )
    os.close(lock_descriptor)
    signal.signal(signal.SIGTERM, lambda number, frame: server.terminate())
    threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    status = server.wait()
    return status if status >= 0 else 128 - status


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop_at_end_of_input(server: subprocess.Popen[bytes]) -> None:
    # Not sys.stdin: its lock, held by this thread, would make the interpreter abort at the end.
    while os.read(0, 1):
        pass  # nobody writes; only the end of the stream means something
    server.terminate()
    try:
        server.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        server.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
