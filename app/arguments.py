"""The command line: one parser, the same options for the window and for every headless command. Pure.

Options that were not given are absent from the namespace: the configuration can tell a flag from a default.
"""

from __future__ import annotations

import argparse
import re
from decimal import Decimal
from typing import NoReturn

from app.config.catalogue import Setting, list_settings
from app.config.configuration import Configuration
from app.config.layers import SET_FLAG
from app.config.values import NONE
from app.exit_codes import describe_exit_codes
from app.moments import GivenMoment, parse_moment
from oracle.redis_address import mask_addresses

#: The mode that the window starts for itself.
_INTERNAL = "engine"


class _Parser(argparse.ArgumentParser):
    """A parser that repeats no password: what it does not understand may be an address that holds one. Nor does it
    offer what is for nobody to start.
    """

    def error(self, message: str) -> NoReturn:
        super().error(mask_addresses(message.replace(f", {_INTERNAL!r})", ")")))


#: Entries that `ledger show` prints at most; `export` prints them all.
MAX_SHOWN_ENTRIES = 1_000_000


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `sentinelaura`; the namespace's `command` is None for the window."""
    common = _common_options()
    parser = _Parser(
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
    _add_migrations(commands, common)
    _add_stop(commands, common)
    _add_doctor(commands, common)
    _add_ledger(commands, common)
    _add_contexts(commands, common)
    _add_egress(commands, common)
    _add_config(commands, common)
    _add_keys(commands, common)
    _add_prices(commands, common)
    _add_internal(commands, common)
    return parser


def _common_options() -> _Parser:
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("options of every command")
    for setting in list_settings(Configuration):
        if setting.flag is not None:
            _add_flag(group, setting)
    group.add_argument("--config", metavar="FILE", help="configuration file (TOML)")
    group.add_argument(
        SET_FLAG,
        metavar="NAME=VALUE",
        action="append",
        help="any other setting for this run; `config show` lists them",
    )
    return common


def _add_flag(group: argparse._ArgumentGroup, setting: Setting) -> None:
    """Add the flag of a setting. What it was given stays text, to be read and refused as elsewhere."""
    assert setting.flag is not None
    text = setting.declaration.meaning.partition(". ")[0].rstrip(".").replace("%", "%%")
    none = f"; {NONE}: {setting.declaration.none}" if setting.declaration.none is not None else ""
    if not setting.placeholder:
        group.add_argument(
            setting.flag, dest=setting.destination, action="append_const", const="true", help=text
        )
    else:
        group.add_argument(
            setting.flag,
            dest=setting.destination,
            metavar=setting.placeholder,
            action="append",
            help=text + none,
        )


_Commands = argparse._SubParsersAction  # the type that add_subparsers returns has no public name


def _add(commands: _Commands[_Parser], name: str, text: str, common: _Parser) -> _Parser:
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=describe_exit_codes(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )


def _add_oracle(commands: _Commands[_Parser], common: _Parser) -> None:
    oracle = _add(commands, "oracle", "publish prices to Redis and serve the pricing API on loopback", common)
    oracle.add_argument(
        "--port", type=_parse_port, default=8642, help="TCP port of the pricing API (default: %(default)s)"
    )


def _parse_port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port; ports are 0 (any free one) to 65535")


def _add_operator(commands: _Commands[_Parser], common: _Parser) -> None:
    operator = _add(commands, "operator", "run the engine without a window until it is stopped", common)
    operator.add_argument(
        "--arm",
        metavar="CONTEXT[/NAMESPACE]",
        action="append",
        default=[],
        help="allow writes to the cluster behind a context, in one namespace or in all, until the command ends",
    )
    operator.add_argument(
        "--json", action="store_true", help="one JSON line for each timeline entry and notice"
    )


def _add_plan(commands: _Commands[_Parser], common: _Parser) -> None:
    plan = _add(
        commands, "plan", "print what is worth moving, with dry runs, and why the rest is not", common
    )
    plan.add_argument("--json", action="store_true", help="one JSON document")


def _add_migrate(commands: _Commands[_Parser], common: _Parser) -> None:
    migrate = _add(commands, "migrate", "move one workload to another context, with progress lines", common)
    migrate.add_argument("workload", metavar="CONTEXT/NAMESPACE/DEPLOYMENT")
    migrate.add_argument("--to", required=True, metavar="CONTEXT", help="the context that it moves to")
    migrate.add_argument(
        "--arm",
        action="store_true",
        help="allow writes to both contexts, in the namespace of the workload (simulated ones are always armed)",
    )
    migrate.add_argument("--json", action="store_true", help="one JSON line for each event")


#: What `migrations` does to one migration -> what that is.
_MOVE_ACTIONS = {
    "show": "print where a migration stands on both sides, and what each act would change",
    "cancel": "have a migration go back to its source in order, whoever leads it",
    "back": "bring a workload back: cancel its move, or where that is over, move it the other way whatever it costs",
    "adopt": "take the target as it is for the workload: the move ends there",
    "restore": "give the source everything back, also one that was deleted and created again",
    "abandon": "leave both sides as they are, and remove fences and journal",
}


def _add_migrations(commands: _Commands[_Parser], common: _Parser) -> None:
    migrations = _add(
        commands, "migrations", "list, show and end migrations by the journals in the clusters", common
    )
    actions = migrations.add_subparsers(title="what to do", metavar="ACTION", dest="action", required=True)
    listing = _add(actions, "list", "print the migrations that are not over, whoever leads them", common)
    listing.add_argument("--all", action="store_true", help="also those that are over")
    listing.add_argument("--json", action="store_true", help="one JSON document")
    for name, text in _MOVE_ACTIONS.items():
        action = _add(actions, name, text, common)
        named = "as `migrations list` prints it; its beginning will do"
        if name == "cancel":
            named += "; or CONTEXT/NAMESPACE/DEPLOYMENT of one that waits in a queue"
        action.add_argument("id", metavar="ID", help=named)
        if name == "show":
            action.add_argument("--json", action="store_true", help="one JSON document")
            continue
        action.add_argument(
            "--arm",
            action="store_true",
            help="allow writes to both contexts, in the namespace of the workload (simulated ones are always armed)",
        )
        action.add_argument("--json", action="store_true", help="one JSON line for each event")
        if name in ("back", "adopt", "restore", "abandon"):
            action.add_argument("--yes", metavar="NAME", help="the workload's name, instead of typing it")


def _add_stop(commands: _Commands[_Parser], common: _Parser) -> None:
    stop = _add(commands, "stop", "have every running process of yours write nothing any more", common)
    stop.add_argument("--json", action="store_true", help="one JSON document")


def _add_doctor(commands: _Commands[_Parser], common: _Parser) -> None:
    doctor = _add(
        commands,
        "doctor",
        "check graphics, prices, store, clusters and time; say how to mend them",
        common,
    )
    doctor.add_argument("--json", action="store_true", help="one JSON document")


def _add_ledger(commands: _Commands[_Parser], common: _Parser) -> None:
    ledger = _add(
        commands, "ledger", "show what happened, or verify that nobody has changed it since", common
    )
    actions = ledger.add_subparsers(title="what to do", metavar="ACTION", dest="action", required=True)
    show = _add_ledger_action(actions, "show", "print the newest entries, oldest first", common)
    show.add_argument(
        "--limit", metavar="N", type=_parse_count, default=50, help="the newest N (default: %(default)s)"
    )
    show.add_argument("--json", action="store_true", help="one JSON line an entry")
    verify = _add_ledger_action(
        actions, "verify", "say whether anything was changed since it was written", common
    )
    verify.add_argument(
        "--head", metavar="SEQUENCE:MAC", help="the head that an earlier verify printed must still be there"
    )
    verify.add_argument("--json", action="store_true", help="one JSON document")
    _add_ledger_action(
        actions, "export", "print all entries with their chain, one JSON line an entry", common
    )
    moment = _add_ledger_action(
        actions, "at", "print what was armed, running, held and moved at a moment", common
    )
    moment.add_argument("moment", metavar="TIME", type=_parse_moment, help=_MOMENT)
    moment.add_argument("--json", action="store_true", help="one JSON document")
    savings = _add_ledger_action(actions, "savings", "print what finished moves cost and save", common)
    _add_since(savings, "only moves that ended since then", default=None)
    savings.add_argument("--json", action="store_true", help="one JSON document")
    prices = _add_ledger_action(actions, "prices", "print the prices that were recorded", common)
    prices.add_argument(
        "name",
        metavar="OFFERING|CONTEXT",
        nargs="?",
        help="PROVIDER/REGION[/INSTANCE_TYPE], or a context that was priced; all unless said",
    )
    _add_since(prices, "only prices since then (default: 1d)", default=GivenMoment(age_s=86_400.0))
    form = prices.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document with every point")
    form.add_argument("--csv", action="store_true", help="every point as a row of a file of prices")


#: What a person may write where a moment is asked for.
_MOMENT = "a moment (2026-07-22T14:16Z; UTC where no zone is said) or an age (90s, 15m, 2h, 3d, 2w)"


def _add_ledger_action(actions: _Commands[_Parser], name: str, text: str, common: _Parser) -> _Parser:
    action = _add(actions, name, text, common)
    action.add_argument("--file", metavar="FILE", help="read this history, such as one that was set aside")
    return action


def _add_since(action: _Parser, text: str, default: GivenMoment | None) -> None:
    action.add_argument(
        "--since", metavar="TIME", type=_parse_moment, default=default, help=f"{text}; {_MOMENT}"
    )


def _parse_moment(text: str) -> GivenMoment:
    try:
        return parse_moment(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _parse_count(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= MAX_SHOWN_ENTRIES:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MAX_SHOWN_ENTRIES}")


def _add_contexts(commands: _Commands[_Parser], common: _Parser) -> None:
    contexts = _add(
        commands,
        "contexts",
        "list the kubeconfig's contexts and what each would run; contact none without --nodes",
        common,
    )
    contexts.add_argument(
        "--nodes",
        action="store_true",
        help="ask the contexts that are used what their nodes are, and who says so",
    )
    contexts.add_argument("--json", action="store_true", help="one JSON document")


def _add_egress(commands: _Commands[_Parser], common: _Parser) -> None:
    egress = _add(
        commands, "egress", "print what sending data costs, there and back, with tier and source", common
    )
    place = "a context, or PROVIDER/REGION such as aws/eu-west-1"
    egress.add_argument("source", metavar="FROM", help=place)
    egress.add_argument("target", metavar="TO", help=place)
    egress.add_argument(
        "--gb",
        metavar="N",
        type=_parse_gb,
        default=Decimal(1),
        help="GB of 10^9 bytes (default: %(default)s)",
    )
    egress.add_argument("--json", action="store_true", help="one JSON document")


def _parse_gb(text: str) -> Decimal:
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        return Decimal(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a volume from 0 to 999999999 GB")


def _add_config(commands: _Commands[_Parser], common: _Parser) -> None:
    config = _add(
        commands, "config", "show or explain the settings, with the place each value came from", common
    )
    actions = config.add_subparsers(title="what to do", metavar="ACTION", dest="action", required=True)
    show = _add(
        actions, "show", "print every setting with its value and the place where it came from", common
    )
    show.add_argument("--json", action="store_true", help="one JSON document")
    explain = _add(actions, "explain", "say what a setting or a section does and how it is set", common)
    explain.add_argument("name", metavar="NAME", help="a setting such as migration.soak_s, or a section")


def _add_keys(commands: _Commands[_Parser], common: _Parser) -> None:
    keys = _add(commands, "keys", "make, show, take over or rotate the key ring of this installation", common)
    actions = keys.add_subparsers(title="what to do", metavar="ACTION", dest="action", required=True)
    _add_keys_action(actions, "new", "make a key ring where there is none", common)
    _add_keys_action(actions, "show", "print the names of the keys, and never a key", common)
    _add_keys_action(
        actions, "rotate", "let a new key sign, and accept the one before until the next", common
    )
    taken = _add_keys_action(actions, "import", "take over the key ring of another installation", common)
    taken.add_argument("file", metavar="FILE", help="its file, or - for standard input")
    taken.add_argument(
        "--replace", action="store_true", help="also where it has no key in common with the one that is here"
    )


def _add_keys_action(actions: _Commands[_Parser], name: str, text: str, common: _Parser) -> _Parser:
    action = _add(actions, name, text, common)
    action.add_argument("--json", action="store_true", help="one JSON document")
    return action


def _add_prices(commands: _Commands[_Parser], common: _Parser) -> None:
    prices = _add(
        commands, "prices", "say what a file of prices holds, or write it in our own columns", common
    )
    actions = prices.add_subparsers(title="what to do", metavar="ACTION", dest="action", required=True)
    check = _add(
        actions, "check", "say what a file holds, and which of its lines have no price and why", common
    )
    check.add_argument("file", metavar="FILE", help="in any of the formats that --prices reads")
    check.add_argument("--json", action="store_true", help="one JSON document")
    convert = _add(actions, "convert", "write a file of any known format as one in our columns", common)
    convert.add_argument("input", metavar="IN", help="in any of the formats that --prices reads")
    convert.add_argument("output", metavar="OUT", help="a new file (CSV)")


def _add_internal(commands: _Commands[_Parser], common: _Parser) -> None:
    """Without help, so that it is not listed."""
    commands.add_parser(_INTERNAL, parents=[common])
