"""The command line: one parser, the same options for the window and for every headless command. Pure.

Options that were not given are absent from the namespace: the configuration can tell a flag from a default.
"""

from __future__ import annotations

import argparse

from app.exit_codes import describe_exit_codes

#: Entries that `ledger show` prints at most; `export` prints them all.
MAX_SHOWN_ENTRIES = 1_000_000


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `sentinelaura`; the namespace's `command` is None for the window."""
    common = _common_options()
    parser = argparse.ArgumentParser(
        prog="sentinelaura",
        description="Spot prices of your Kubernetes clusters on a globe, and safe one-click migrations. "
        "Without a command it opens the window; with nothing configured, on simulated prices and clusters.",
        epilog=describe_exit_codes(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands without a window", metavar="COMMAND", dest="command")
    _add_oracle(commands, common)
    _add_operator(commands, common)
    _add_plan(commands, common)
    _add_migrate(commands, common)
    _add_doctor(commands, common)
    _add_ledger(commands, common)
    _add_contexts(commands, common)
    _add_config(commands, common)
    _add_internal(commands, common)
    return parser


def _common_options() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("options of every command")
    group.add_argument("--redis", metavar="URL", help="use this Redis (redis:// or rediss://)")
    group.add_argument(
        "--kubeconfig",
        metavar="FILE",
        help="use these clusters, not the simulated fleet; $KUBECONFIG is not read",
    )
    group.add_argument(
        "--context",
        metavar="NAME",
        dest="use_contexts",
        action="append",
        help="contact only this context of the kubeconfig (repeatable); no plugin runs for any other",
    )
    group.add_argument(
        "--prices",
        metavar="FILE",
        help="prices (csv or csv.gz): a recording to replay, or with --live live ones",
    )
    group.add_argument(
        "--live",
        action="store_true",
        help="watch the file of --prices: it is kept up to date, and real clusters may be moved on it",
    )
    group.add_argument(
        "--price-life-s",
        metavar="N",
        type=float,
        help="seconds that a live price holds once confirmed (1800)",
    )
    group.add_argument("--speed", metavar="N", type=float, help="seconds of the market in one second")
    group.add_argument("--seed", metavar="N", type=int, help="seed of the simulated market and fleet")
    group.add_argument("--config", metavar="FILE", help="configuration file (TOML)")
    return common


_Commands = argparse._SubParsersAction  # the type that add_subparsers returns has no public name


def _add(
    commands: _Commands[argparse.ArgumentParser], name: str, text: str, common: argparse.ArgumentParser
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=describe_exit_codes(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )


def _add_oracle(commands: _Commands[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    oracle = _add(commands, "oracle", "publish prices to Redis and serve the pricing API on loopback", common)
    oracle.add_argument(
        "--port", type=_parse_port, default=8642, help="TCP port of the pricing API (default: %(default)s)"
    )


def _parse_port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port; ports are 0 (any free one) to 65535")


def _add_operator(commands: _Commands[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    operator = _add(commands, "operator", "run the engine without a window until it is stopped", common)
    operator.add_argument(
        "--arm", metavar="CONTEXT", action="append", default=[], help="allow writes to a context"
    )
    operator.add_argument(
        "--json", action="store_true", help="one JSON line for each timeline entry and notice"
    )


def _add_plan(commands: _Commands[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    plan = _add(
        commands, "plan", "print what is worth moving, with dry runs, and why the rest is not", common
    )
    plan.add_argument("--json", action="store_true", help="one JSON document")


def _add_migrate(commands: _Commands[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    migrate = _add(commands, "migrate", "move one workload to another context, with progress lines", common)
    migrate.add_argument("workload", metavar="CONTEXT/NAMESPACE/DEPLOYMENT")
    migrate.add_argument("--to", required=True, metavar="CONTEXT", help="the context that it moves to")
    migrate.add_argument(
        "--arm",
        action="store_true",
        help="allow writes to both contexts (simulated ones are always armed)",
    )
    migrate.add_argument("--json", action="store_true", help="one JSON line for each event")


def _add_doctor(commands: _Commands[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    doctor = _add(
        commands,
        "doctor",
        "check graphics, prices, store, clusters and time; say how to mend them",
        common,
    )
    doctor.add_argument("--json", action="store_true", help="one JSON document")


def _add_ledger(commands: _Commands[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    ledger = _add(
        commands, "ledger", "show what happened, or verify that nobody has changed it since", common
    )
    ledger.add_argument("action", choices=["show", "verify", "export"])
    ledger.add_argument("--file", metavar="FILE", help="read this history, such as one that was set aside")
    ledger.add_argument(
        "--limit",
        metavar="N",
        type=_parse_count,
        default=50,
        help="show: the newest N (default: %(default)s)",
    )
    ledger.add_argument(
        "--head",
        metavar="SEQUENCE:MAC",
        help="verify: the head that an earlier verify printed must still be there",
    )
    ledger.add_argument(
        "--json", action="store_true", help="show: one JSON line an entry; verify: one document"
    )


def _parse_count(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= MAX_SHOWN_ENTRIES:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MAX_SHOWN_ENTRIES}")


def _add_contexts(commands: _Commands[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    contexts = _add(
        commands, "contexts", "list the kubeconfig's contexts and what each would run; contact none", common
    )
    contexts.add_argument("--json", action="store_true", help="one JSON document")


def _add_config(commands: _Commands[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    config = _add(commands, "config", "show every setting with the place where its value came from", common)
    config.add_argument("action", choices=["show"])


def _add_internal(commands: _Commands[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """The mode that the window starts for itself; without help, so that it is not listed."""
    commands.add_parser("engine", parents=[common])
