"""Where the frozen program begins: the program itself, or the watchdog that it starts beside its store.

A frozen program has no interpreter that could run a second script, so one executable plays both parts. The watchdog
must start in hundredths of a second: nothing of the program is imported before we know which part this is.
"""

import sys

from oracle.store import server_watchdog

if __name__ == "__main__":
    if sys.argv[1:2] == [server_watchdog.WATCHDOG_FLAG]:
        sys.exit(server_watchdog.main(sys.argv[2:]))

    from app.__main__ import main

    sys.exit(main())
