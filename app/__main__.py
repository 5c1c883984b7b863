"""`sentinelaura`: arguments -> command.

Imports Qt only for the window, and nothing slow before it knows the command.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

from app.arguments import build_parser
from app.config.errors import ConfigurationError
from app.exit_codes import ExitCode
from oracle.foundation.reason import Reason

#: PySide6 reads the source of every module that is imported after it, to find out whether it asks for PySide's own
#: spelling of names, and Python keeps these lines: 4 MiB. So what is large and knows no Qt comes before it.
_BEFORE_QT = ("asyncio", "pyrr", "app.model.moves")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    options = list(sys.argv[1:] if argv is None else argv)
    arguments = build_parser().parse_args(options)
    from app.commands.output import prepare_logging
    from app.config.loading import load_configuration

    prepare_logging()
    try:
        configuration = load_configuration(arguments)
    except ConfigurationError as error:
        if arguments.command == "stop":
            _stop_processes(arguments)
        return _fail(error, ExitCode.BAD_INPUT)
    if arguments.command is None:
        return _open_window(options, configuration.warnings)
    from app.commands.runner import run_headless

    return run_headless(arguments, configuration)


def _stop_processes(arguments: Namespace) -> None:
    """Stop what needs no setting to be reached: nobody mends a file first while something goes wrong."""
    from app.commands.runner import run_headless
    from app.config.configuration import Configuration

    run_headless(arguments, Configuration())


def _open_window(options: Sequence[str], warnings: Sequence[Reason]) -> int:
    from app.display import DisplayError, require_display

    try:
        require_display()
    except DisplayError as error:
        return _fail(error, ExitCode.FAILED)
    for module in _BEFORE_QT:
        import_module(module)
    from app.desktop import run_desktop

    return run_desktop(options, warnings)


def _fail(error: Exception, code: ExitCode) -> int:
    from app.commands.output import report_line

    report_line(f"sentinelaura: {error}")
    return code


if __name__ == "__main__":
    sys.exit(main())
