"""Everything on a fresh machine: `python3 bootstrap.py run` opens SentinelAura, `test` tests it, `prove` proves it.

Installs what is missing (system libraries by apt where there is apt, a virtual environment in .venv, the hash-locked
packages) and then gets out of the way: a second start only compares one file. Standard library only; the syntax stays
old enough that Python 3.7 can still read the message that it is too old.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing would cost more than the rest of a second start
    from collections.abc import Iterator, Mapping, Sequence

MIN_PYTHON = (3, 11)
ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
IS_WINDOWS = os.name == "nt"
VENV_PYTHON = os.path.join(VENV, "Scripts" if IS_WINDOWS else "bin", "python.exe" if IS_WINDOWS else "python")

#: What is installed for which purpose; the tests' lock contains every line of the other one.
LOCKS = {"run": "requirements.lock", "test": "requirements-test.lock"}

USAGE = """usage: python3 bootstrap.py run [arguments of SentinelAura]    open the program (run --help lists them)
       python3 bootstrap.py test [arguments of pytest]         run the tests
       python3 bootstrap.py prove [campaign|mutants|mutation]           run the long proofs, reports in docs/evidence
       python3 bootstrap.py setup [run|test]                   only install what these need
"""

#: Tests that need nothing but themselves: pure code, virtual time, no window. Files of theirs may run side by side, the
#: longest first; all others wait for real time, real focus or real clusters, and run alone.
SIDE_BY_SIDE = (
    "tests/simulation",
    "tests/mutants",
    "tests/controller/decision",
    "tests/controller/engine",
    "tests/controller/migration/access",
    "tests/controller/migration/protocol",
    "tests/controller/migration/steps",
    "tests/controller/scheduling",
    "tests/repository",
)

#: Exit code of pytest that was interrupted, or could not collect the tests: nothing more is to be run.
INTERRUPTED = 2

#: Shared library that Qt or OpenGL loads -> Debian and Ubuntu package that has it.
LIBRARY_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}

#: Packages that Ubuntu 24.04 and Debian 13 renamed for 64-bit times, old name -> new name.
RENAMED_PACKAGES = {"libglib2.0-0": "libglib2.0-0t64"}


class SetupError(Exception):
    """The machine cannot be made ready; the text says what to do about it."""


def main(arguments: Sequence[str]) -> int:
    """Make the machine ready for the asked purpose, then do it. Returns the exit code, if it returns at all."""
    if sys.version_info < MIN_PYTHON:
        print(
            f"SentinelAura needs Python {_dotted(MIN_PYTHON)} or newer; this is {_dotted(sys.version_info[:3])}."
        )
        print("On Debian 12, Ubuntu 24.04 and newer the system's python3 is new enough.")
        return 1
    action, *rest = arguments or [""]
    try:
        if action == "run":
            make_ready("run")
            return run_program(rest)
        if action == "test":
            make_ready("test")
            return run_tests(rest)
        if action == "prove":
            make_ready("test")
            return run_proofs(rest)
        if action == "setup" and len(rest) <= 1 and set(rest) <= set(LOCKS):
            make_ready(*rest or ["run"])
            return 0
    except SetupError as error:
        print(f"\nbootstrap: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbootstrap: interrupted; the same command continues where this one stopped.", file=sys.stderr)
        return 130
    print(USAGE, end="", file=sys.stdout if action in ("-h", "--help") else sys.stderr)
    return 0 if action in ("-h", "--help") else 2


def run_program(arguments: Sequence[str]) -> int:
    """Become the program (on Windows: start it and wait)."""
    return _become([VENV_PYTHON, "-P", "-m", "app", *arguments])


def run_tests(arguments: Sequence[str]) -> int:
    """Run pytest: what it is asked for at once, and all tests in two runs. Returns the exit code of the first that
    failed.
    """
    pytest = [VENV_PYTHON, "-m", "pytest"]
    if arguments:
        return _run_unseen([*pytest, *arguments])
    # By file: those of one share their fixtures, and run in the order in which they stand.
    spread = ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]
    beside = _run_unseen([*pytest, *spread, *SIDE_BY_SIDE])
    if beside == INTERRUPTED:
        return beside
    alone = _run_unseen([*pytest, *(f"--ignore={path}" for path in SIDE_BY_SIDE)])
    return beside or alone


def run_proofs(arguments: Sequence[str]) -> int:
    """Run the proofs; tests of the window are among those of the mutants."""
    return _run_unseen([VENV_PYTHON, "-m", "tests.proofs", *arguments])


def _run_unseen(command: Sequence[str]) -> int:
    """Run a command; on Linux on a virtual screen of its own, so that no window disturbs the person."""
    import subprocess

    with virtual_screen() as screen:
        # The order of sets of texts is to be the same in every process and every run of one seed.
        environment = {**os.environ, **screen, "PYTHONHASHSEED": "0"}
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
        with _interrupts_left_to_the_child():
            return process.wait()


# --- readiness ---------------------------------------------------------------------------------------------------


def make_ready(purpose: str) -> None:
    """Install what `purpose` needs and does not have; does next to nothing when all is there."""
    key = _installation_key(purpose)
    if _read(_stamp(purpose)) == key and os.path.exists(VENV_PYTHON):
        return
    if sys.platform == "linux":
        install_system_packages(missing_system_packages(purpose))
    _make_venv(is_usable=any(os.path.exists(_stamp(any_purpose)) for any_purpose in LOCKS))
    for any_purpose in LOCKS:
        _remove(_stamp(any_purpose))
    install_locked_packages(purpose)
    _make_source_importable()
    for installed in LOCKS if purpose == "test" else ["run"]:
        with open(_stamp(installed), "w", encoding="utf-8") as file:
            file.write(_installation_key(installed))


def _installation_key(purpose: str) -> str:
    """What the environment depends on: the lock, this file, the Python version and the place of the checkout."""
    digest = hashlib.sha256()
    for path in (os.path.join(ROOT, LOCKS[purpose]), os.path.abspath(__file__)):
        with open(path, "rb") as file:
            digest.update(file.read())
    return f"{digest.hexdigest()} python {_dotted(sys.version_info[:2])} {ROOT}"


def _stamp(purpose: str) -> str:
    """The file that says that an installation was finished: a virtual environment with none was interrupted."""
    return os.path.join(VENV, "installed-for-" + purpose)


# --- system packages ---------------------------------------------------------------------------------------------


def missing_system_packages(purpose: str) -> list[str]:
    """Debian package names of what is not there, sorted. Looks at the libraries themselves, not at a package list."""
    import ctypes
    import shutil

    missing = set()
    for library, package in LIBRARY_PACKAGES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.add(package)
    try:
        import ensurepip  # noqa: F401  Debian leaves it out of python3
    except ImportError:
        missing.add(f"python{_dotted(sys.version_info[:2])}-venv")
    if not os.path.isdir("/usr/share/fonts") or not os.listdir("/usr/share/fonts"):
        missing.add("fonts-dejavu-core")
    if purpose == "test" and not shutil.which("Xvfb"):
        missing.add("xvfb")
    # The server that has TLS, without the service that `redis-server` would start.
    if purpose == "test" and not shutil.which("redis-check-rdb"):
        missing.add("redis-tools")
    return sorted(missing)


def install_system_packages(packages: Sequence[str]) -> None:
    """Install by apt, as root or with sudo; elsewhere say what is missing."""
    import shutil
    import subprocess

    if not packages:
        return
    names = " ".join(packages)
    wish = f"these system packages (Debian's names) are missing: {names}"
    if not shutil.which("apt-get"):
        raise SetupError(f"{wish}\nThere is no apt here: install what your system calls them and try again.")
    is_root = os.geteuid() == 0
    if not is_root and not shutil.which("sudo"):
        raise SetupError(
            f"{wish}\nThere is no sudo here: as root, run  apt-get install " + " ".join(packages)
        )
    prefix = ["env"] if is_root else ["sudo", "env"]
    apt = [*prefix, "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]
    _announce([*apt, "update"])
    subprocess.call([*apt, "update", "-qq"])  # where it fails, the next line tells whether that matters
    command = [*apt, "install", "-y", "-q", "--no-install-recommends", *map(_current_name, packages)]
    _announce(command)
    if subprocess.call(command) != 0:
        raise SetupError("apt could not install them (its reason is above); mend that and run this again.")


def _current_name(package: str) -> str:
    """The name under which this release of Debian or Ubuntu has the package."""
    import subprocess

    new_name = RENAMED_PACKAGES.get(package)
    if new_name is None:
        return package
    found = subprocess.run(["apt-cache", "show", new_name], capture_output=True, check=False)
    return new_name if found.returncode == 0 else package


# --- virtual environment -----------------------------------------------------------------------------------------


def _make_venv(is_usable: bool) -> None:
    """Create .venv, anew unless the one that is there was finished and still runs."""
    import subprocess

    same_version = f"import pip, sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    if is_usable and _runs([VENV_PYTHON, "-I", "-c", same_version]):
        return
    command = [sys.executable, "-I", "-m", "venv", "--clear", VENV]
    _announce(command)
    if subprocess.call(command) != 0:
        raise SetupError(f"the virtual environment in {VENV} could not be made (the reason is above).")


def install_locked_packages(purpose: str) -> None:
    """Install exactly the locked files: versions, hashes, wheels only."""
    import subprocess

    command = [
        VENV_PYTHON,
        "-I",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        "install",
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "-r",
        os.path.join(ROOT, LOCKS[purpose]),
    ]
    _announce(command)
    if subprocess.call(command) != 0:
        raise SetupError(
            "pip could not install the packages (its reason is above). Most often that is the network or a full disk;"
            "\npip keeps what it has downloaded, so run the same command again."
        )


def _make_source_importable() -> None:
    """Let .venv find the packages of this checkout, from any working directory and in child processes as well."""
    import subprocess

    query = [VENV_PYTHON, "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site_packages = subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip()
    with open(os.path.join(site_packages, "sentinelaura.pth"), "w", encoding="utf-8") as file:
        file.write(ROOT + "\n")


# --- virtual screen ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def virtual_screen(size: str = "1600x1000x24") -> Iterator[Mapping[str, str]]:
    """Start an Xvfb on a free display and yield the environment that leads Qt to it; it ends with us in any case.

    Elsewhere than on Linux there is no such thing: nothing is started, and the windows of the tests are seen.
    """
    import subprocess

    if sys.platform != "linux":
        yield {}
        return

    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", size, "-nolisten", "tcp"]
    server = subprocess.Popen(
        command,
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )
    os.close(writer)
    try:
        with os.fdopen(reader) as lines:
            display = lines.readline().strip()
        if not display:
            raise SetupError("Xvfb, the virtual screen, ended at once; try  Xvfb -displayfd 1  to see why.")
        yield {"DISPLAY": ":" + display, "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.wait()


def _end_with_parent() -> None:
    """In the child before exec: ask the kernel to end it when the process that started it ends, even if killed."""
    import ctypes
    import signal

    pr_set_pdeathsig = 1  # linux/prctl.h
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


# --- small things ------------------------------------------------------------------------------------------------


def _become(command: list[str]) -> int:
    if not IS_WINDOWS:
        sys.stdout.flush()
        os.execv(command[0], command)
    import subprocess

    process = subprocess.Popen(command)
    with _interrupts_left_to_the_child():
        return process.wait()


@contextlib.contextmanager
def _interrupts_left_to_the_child() -> Iterator[None]:
    """Ctrl-C reaches the whole process group; the child decides what it means and we report its exit code."""
    import signal

    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _announce(command: Sequence[str]) -> None:
    import shlex

    print("+ " + shlex.join(command), flush=True)


def _runs(command: Sequence[str]) -> bool:
    import subprocess

    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _dotted(version: Sequence[int]) -> str:
    return ".".join(map(str, version))


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return None


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.remove(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
