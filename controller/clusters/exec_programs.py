"""Which programs a kubeconfig may run for its credentials, and with which of its variables.

A kubeconfig is somebody else's text: it names a program, and what the configuration allows decides whether it runs. An
allowed name stands for one file, found once at the start. What the program does is decided by its arguments and its
environment as well: well-known tools may only log in (`exec_presets.py`), and a variable counts only where the
configuration names it for this program; without it the program does not run, because dropping a variable (AWS_PROFILE)
would mean another identity. Where its credential goes is not for the file to say either (`credential_servers.py`).
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from controller.clusters.credential_servers import find_strangers
from controller.clusters.exec_presets import PRESETS, Preset, find_strange_argument
from controller.clusters.kubeconfig_entries import ExecPlugin
from controller.clusters.settings import KubeSettings
from controller.clusters.toml_text import toml_key, toml_list
from controller.errors import ContextRefused
from controller.reasons import Code
from oracle.foundation.clocks import read_counting_clock
from oracle.foundation.reason import Reason
from oracle.foundation.trust_reasons import TrustCode
from oracle.foundation.trusted_path import UntrustedPath, resolve_trusted
from oracle.foundation.untrusted_text import clean_text

#: Variables that say where we are and what runs. They come from our own process, whatever a configuration allows:
#: where programs and their files are found, in which language they speak, and through which proxy.
_OURS = re.compile(
    r"PATH|PATHEXT|HOME|USERPROFILE|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA|XDG_.+|TMPDIR|TEMP|TMP|SHELL|COMSPEC|"
    r"LANG|LANGUAGE|LC_.+|LOCPATH|NLSPATH|(HTTPS?|ALL|NO|FTP)_PROXY|KUBERNETES_EXEC_INFO|"
    r"LD_.+|DYLD_.+|GCONV_PATH|PYTHON.+|NODE_OPTIONS|NODE_PATH|PERL5.+|RUBY.+|BASH_ENV|ENV|SHELLOPTS|IFS|"
    r"JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|OPENSSL_.+|SSL_CERT_.+|SSLKEYLOGFILE",
    re.IGNORECASE,
)

#: Seconds that the start waits for the files of the allowed programs, all together. Arbitrary; a disk that is there
#: takes milliseconds.
FIND_PATIENCE_S = 2.0

#: Plugins that run at once. A kubeconfig of two hundred contexts would start as many, of 60 MB each.
MAX_RUNNING = 16


@dataclass(frozen=True, slots=True)
class FoundProgram:
    """An allowed entry of the configuration, the file that it stands for, and why that may not be run."""

    entry: str
    file: Path | None
    problem: Reason | None = None


class ExecPrograms:
    """The allowed programs as they were found when this was made; a later change of the PATH changes nothing."""

    def __init__(self, settings: KubeSettings) -> None:
        self._allows_all = "*" in settings.allowed_exec_plugins
        self._variables = settings.exec_plugin_env
        self._servers = settings.exec_plugin_servers
        self._found = _find_all(sorted(settings.allowed_exec_plugins - {"*"}))
        #: To be held while a plugin runs.
        self.turn = asyncio.Semaphore(MAX_RUNNING)

    @property
    def found(self) -> tuple[FoundProgram, ...]:
        """What each allowed entry stands for."""
        return tuple(self._found.values())

    def permit(self, plugin: ExecPlugin, context: str, receivers: Collection[str]) -> Path:
        """Return the file to run for a context's plugin, with all the variables that it wants. Blocks on files.

        Args:
            receivers: the addresses that its credential would be sent to or through.
        Raises: ContextRefused; the sentence says what would allow it.
        """
        program = self._find_allowed(plugin.command)
        if program is None:
            # Its arguments may hold secrets, so that no message shows them.
            raise ContextRefused(
                Code.PROGRAM_NOT_ALLOWED.because(
                    context=context, program=plugin.command, line=_consent_lines(plugin, receivers)
                )
            )
        _check_arguments(program.entry, plugin, context)
        self._check_variables(program.entry, plugin, context)
        self._check_receivers(program.entry, context, receivers)
        if program.file is None:
            raise ContextRefused(_tell_missing(program, plugin, context))
        if distrust := _judge(program.file):
            raise ContextRefused(Code.PROGRAM_UNTRUSTED.because(context=context, problem=distrust))
        return program.file

    def _find_allowed(self, command: str) -> FoundProgram | None:
        if command in self._found:
            return self._found[command]
        if self._allows_all:
            return self._found.setdefault(command, _find(command))
        if is_bare(command):
            return None
        # A path allows one file, not every file of that name beside whatever kubeconfig.
        wanted = os.path.realpath(command)
        paths = (program for program in self._found.values() if program.file and not is_bare(program.entry))
        return next((program for program in paths if os.path.realpath(program.entry) == wanted), None)

    def _check_variables(self, entry: str, plugin: ExecPlugin, context: str) -> None:
        wanted = plugin.environment.keys()
        if ours := sorted(name for name in wanted if _OURS.fullmatch(name)):
            raise ContextRefused(
                Code.PROGRAM_VARIABLES_OURS.because(context=context, variables=", ".join(ours))
            )
        allowed = self._variables.get(entry, frozenset())
        if unknown := sorted(wanted - allowed):
            raise ContextRefused(
                Code.PROGRAM_VARIABLES_NOT_ALLOWED.because(
                    context=context,
                    variables=", ".join(unknown),
                    program=entry,
                    line=consent_line(entry, wanted, allowed),
                )
            )

    def _check_receivers(self, entry: str, context: str, receivers: Collection[str]) -> None:
        if self._allows_all:
            return
        allowed = self._servers.get(entry, frozenset())
        if strangers := find_strangers(receivers, allowed | _preset(entry).servers):
            raise ContextRefused(
                Code.PROGRAM_SERVERS_NOT_ALLOWED.because(
                    context=context,
                    program=entry,
                    servers=", ".join(strangers),
                    line=_servers_line(entry, {*allowed, *strangers}),
                )
            )


def consent_line(entry: str, wanted: Collection[str], allowed: Collection[str] = frozenset()) -> str:
    """The line of the configuration file that allows these variables; the plugin's preset where that has them all."""
    usual = _preset(entry).variables
    names = {*allowed, *(usual if usual.issuperset(wanted) else wanted)}
    return f"exec_plugin_env.{toml_key(entry)} = {toml_list(sorted(names))}"


def _servers_line(entry: str, servers: Collection[str]) -> str:
    return f"exec_plugin_servers.{toml_key(entry)} = {toml_list(sorted(servers))}"


def _preset(entry: str) -> Preset:
    return PRESETS.get(Path(entry).stem, Preset())


def is_bare(command: str) -> bool:
    """Whether a command is a name to be looked for, and no path."""
    return Path(command).name == command


def _check_arguments(entry: str, plugin: ExecPlugin, context: str) -> None:
    """By the name that was allowed: a link beside the kubeconfig may have any."""
    preset = PRESETS.get(Path(entry).stem)
    if preset is not None and (strange := find_strange_argument(preset, plugin.arguments)):
        shown = clean_text(strange, 60)
        raise ContextRefused(Code.PROGRAM_DOES_MORE.because(context=context, program=entry, argument=shown))


def _tell_missing(program: FoundProgram, plugin: ExecPlugin, context: str) -> Reason:
    named = {"context": context, "program": plugin.command}
    if program.problem is not None and program.problem.code is Code.PROGRAM_SILENT:
        return Code.PROGRAM_NOT_FOUND_YET.because(**named)
    if not plugin.install_hint:
        return Code.PROGRAM_MISSING.because(**named)
    return Code.PROGRAM_MISSING_WITH_HINT.because(**named, hint=plugin.install_hint)


def _consent_lines(plugin: ExecPlugin, receivers: Collection[str]) -> str:
    lines = [f"allowed_exec_plugins = {toml_list([plugin.command])}"]
    if plugin.environment:
        lines.append(consent_line(plugin.command, plugin.environment.keys()))
    if strangers := find_strangers(receivers, _preset(plugin.command).servers):
        lines.append(_servers_line(plugin.command, strangers))
    return " and ".join(lines)


def _find_all(entries: Collection[str]) -> dict[str, FoundProgram]:
    """Entry -> what it stands for; what the disk says too late is there once it says it.

    Each is looked for on a thread of its own: one that lies on a network mount that is away holds up no other.
    """
    found = {entry: FoundProgram(entry, None, Code.PROGRAM_SILENT.because()) for entry in entries}

    def find(entry: str) -> None:
        found[entry] = _find(entry)

    threads = [threading.Thread(target=find, args=(entry,), daemon=True) for entry in entries]
    for thread in threads:
        thread.start()
    deadline = read_counting_clock() + FIND_PATIENCE_S
    for thread in threads:
        thread.join(max(0.0, deadline - read_counting_clock()))
    return found


def _find(entry: str) -> FoundProgram:
    if is_bare(entry):
        # A relative folder in the PATH would be whatever folder we were started in.
        folders = [folder for folder in os.get_exec_path() if os.path.isabs(folder)]
        found = shutil.which(entry, path=os.pathsep.join(folders))
    else:
        found = shutil.which(entry) if os.path.isabs(entry) else None
    if found is None:
        return FoundProgram(entry, None, Code.PROGRAM_NOT_INSTALLED.because())
    return FoundProgram(entry, Path(found), _judge(Path(found)))


def _judge(file: Path) -> Reason | None:
    """Why a program may not be run; None: nobody else could have changed it."""
    try:
        resolve_trusted(file)
    except UntrustedPath as error:
        return error.reason
    except OSError as error:
        return TrustCode.PATH_UNSEEN.because(path=str(file), error=error.strerror or str(error))
    return None
