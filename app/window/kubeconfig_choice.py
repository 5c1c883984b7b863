"""What a kubeconfig offers to be watched, and by which options an engine watches what was chosen of it.

Reads files and nothing else: no server is contacted and no program runs. It blocks, for seconds where the file was made
for that, so it belongs on a thread. Whatever an engine would understand otherwise than a person has chosen is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.arguments import build_parser
from app.config.catalogue import Setting
from app.config.configuration import Configuration
from app.config.errors import ConfigurationError
from app.config.layers import SET_FLAG, find_setting
from app.config.loading import load_configuration
from app.config.values import MAX_ITEMS, parse_text
from app.model.kubeconfig_rows import ContextRow, make_context_rows
from controller.clusters.kubeconfig import read_kubeconfig, split_kubeconfig_paths
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.clusters.toml_text import toml_list
from controller.errors import KubeconfigError
from controller.reasons import Code
from oracle.foundation.reason import Reason

_CONTEXTS = "use_contexts"


@dataclass(frozen=True, slots=True)
class KubeconfigOffer:
    """What one file offers. `notes`: what of it was passed over."""

    path: Path
    rows: tuple[ContextRow, ...]
    notes: tuple[Reason, ...] = ()


def read_offer(path: Path, options: Sequence[str]) -> KubeconfigOffer:
    """Read a file as an engine with `options` would. Raises: KubeconfigError, ConfigurationError."""
    configuration = _load((*options, *_name_file(path)))
    if configuration.kubeconfig is None or split_kubeconfig_paths(configuration.kubeconfig) != (path,):
        raise _refuse(path, KubeconfigCode.NAME_UNUSABLE.because())
    kubeconfig = read_kubeconfig((path,))
    if len(kubeconfig.contexts) > MAX_ITEMS:
        too_many = KubeconfigCode.TOO_MANY_CONTEXTS
        raise _refuse(path, too_many.because(count=len(kubeconfig.contexts), most=MAX_ITEMS))
    rows = make_context_rows(kubeconfig, configuration.clusters)
    return KubeconfigOffer(path, tuple(map(_refuse_unspeakable, rows)), kubeconfig.notes)


def make_options(path: Path, contexts: Collection[str], options: Sequence[str]) -> tuple[str, ...]:
    """Return `options` with this file and these contexts, which `read_offer` has offered, in the place of others.

    Raises: ConfigurationError where an engine would not start with them.
    """
    chosen = (*options, *_name_file(path), SET_FLAG, f"{_CONTEXTS}={toml_list(contexts)}")
    _load(chosen)
    return chosen


def _name_file(path: Path) -> tuple[str, str]:
    """The last of several assignments counts, and they beat flags."""
    return SET_FLAG, f"kubeconfig={path}"


def _load(options: Sequence[str]) -> Configuration:
    return load_configuration(build_parser().parse_args(options))


def _refuse(path: Path, problem: Reason) -> KubeconfigError:
    return KubeconfigError(Code.KUBECONFIG_REFUSED.because(path=str(path), problem=problem))


def _refuse_unspeakable(row: ContextRow) -> ContextRow:
    if row.reason is not None or _is_understood(row.name, find_setting(_CONTEXTS, SET_FLAG)):
        return row
    problem = KubeconfigCode.CONTEXT_UNSPEAKABLE.because()
    return replace(row, reason=Code.CONTEXT_REFUSED.because(context=row.name, problem=problem))


def _is_understood(name: str, setting: Setting) -> bool:
    try:
        return bool(parse_text(setting, toml_list([name]), SET_FLAG) == {name})
    except ConfigurationError:
        return False
