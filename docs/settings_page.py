"""Makes docs/settings.md from the declarations of the settings: `python -m docs.settings_page`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from app.config.catalogue import Setting, get_value, list_entries, list_settings
from app.config.configuration import Configuration
from app.config.demo import DEMO
from app.config.explaining import describe_default
from app.config.layers import list_sections
from app.config.values import describe_allowed, format_value

PAGE = Path(__file__).parent / "settings.md"

_HEAD = """\
# Settings

Made by `python -m docs.settings_page` from the declarations in the code; a test holds it current.

A setting is given in the configuration file (`config.toml` in your configuration directory, `--config FILE` or
`SENTINELAURA_CONFIG`), in the environment, or on the command line; each beats the one before. `--set NAME=VALUE` gives
any setting but a secret for one run. `sentinelaura config show` prints every value with the place that it came from,
`sentinelaura config explain NAME` one setting or one section.

- In the file, `decision.horizon_h` is `horizon_h` in the section `[decision]`. Its variable is the name in capitals:
  `SENTINELAURA_DECISION_HORIZON_H`.
- Where a setting may be `none`, the word takes back what the file says: `--kubeconfig none` opens the demo.
- In variables and flags, lists are separated by commas. Where a name holds one they are written as in TOML, as tables
  always are: `["a,b", "c"]`, `{prod = {region = "eu-west-1"}}`.
- A name that is not known, a value outside its range and values that contradict each other are refused before anything
  starts. So is a file that everybody on the machine may change.
- A password is never a flag: it stands in the file, in the environment or in a file of its own, and no output shows it.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(render_page(), encoding="utf-8")


def render_page() -> str:
    """Return the page as Markdown."""
    settings = list_settings(Configuration)
    blocks = [_HEAD, _render_section("At the top of the file", [one for one in settings if not one.section])]
    blocks += [
        _render_section(f"`[{one.name}.NAME]`", list_entries(one)) for one in settings if list_entries(one)
    ]
    blocks += [
        _render_section(f"`[{name}]`", [one for one in settings if one.section == name])
        for name in list_sections()
    ]
    return "\n".join([*blocks, _render_demo()])


def _render_section(title: str, settings: Iterable[Setting]) -> str:
    rows = "\n".join(_render_row(one) for one in settings)
    return f"## {title}\n\n| name | what it does | allowed | default |\n|---|---|---|---|\n{rows}\n"


def _render_row(setting: Setting) -> str:
    flag = f"<br>`{setting.declaration.flag}`" if setting.declaration.flag is not None else ""
    cells = (
        f"`{setting.key}`{flag}",
        setting.declaration.meaning,
        describe_allowed(setting),
        describe_default(setting),
    )
    return f"| {' | '.join(_escape(cell) for cell in cells)} |"


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def _render_demo() -> str:
    lines = "\n".join(_list_demo())
    return f"## The demo's defaults\n\nWhile the clusters are simulated, other defaults hold:\n\n{lines}\n"


def _list_demo() -> Iterator[str]:
    for one in list_settings(Configuration):
        value = get_value(DEMO, one.path)
        if value != one.default:
            yield f"- `{one.name}`: {format_value(one, value)} {one.unit}"


if __name__ == "__main__":
    main()
