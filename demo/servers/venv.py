"""Virtual environments for servers: installed once from locked, hashed requirements."""

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).parent.parent.parent / ".cache"

# What uv and pip print when no package index answers, as opposed to a bad lock or a full disk.
_UNREACHABLE = re.compile(
    r"error sending request|dns error|tcp connect|connect(ion)? (timed out|refused|error|reset)"
    r"|operation timed out|NewConnectionError|ConnectTimeoutError|Max retries exceeded"
    r"|name resolution|Connection to .* timed out|Network is unreachable"
    r"|Network connectivity is disabled",
    re.IGNORECASE,
)


class InstallError(Exception):
    """The environment could not be made; the message ends with the installer's last lines."""


class RegistryUnreachableError(InstallError):
    """The package index did not answer: a matter of the network, not of the lock files."""


@dataclass(frozen=True)
class Lock:
    """A requirements file in which every package has its hashes."""

    path: Path
    with_dependencies: bool = True  # False: take the listed packages alone


def install_venv(name: str, locks: Sequence[Lock], say: Callable[[str], None]) -> Path:
    """Make the environment `.cache/<name>-<hash of the locks>` unless it is there.

    Returns: its Python. Two callers at once are safe: the second waits for the first.
    Raises: RegistryUnreachableError, InstallError.
    """
    folder = CACHE / f"{name}-{_fingerprint(locks)}"
    python = folder / "bin" / "python"
    complete = folder / ".complete"  # an interrupted installation does not have it
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not complete.exists():
            say(f"{name}: installing into {folder} (once) …")
            began = time.monotonic()
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder, python, locks)
            complete.touch()
            say(f"{name}: installed in {time.monotonic() - began:.0f} s")
    return python


def _fingerprint(locks: Sequence[Lock]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for lock in locks:
        digest.update(lock.path.read_bytes())
    return digest.hexdigest()[:12]


def _install(folder: Path, python: Path, locks: Sequence[Lock]) -> None:
    uv = shutil.which("uv")
    if uv:
        _run(uv, "venv", "--quiet", "--python", sys.executable, folder)
        install: list[str | Path] = [uv, "pip", "install", "--quiet", "--python", python]
    else:
        _run(sys.executable, "-m", "venv", folder)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        install.append("--no-compile")  # the first start compiles the little that it imports
    for lock in locks:
        alone = [] if lock.with_dependencies else ["--no-deps"]
        _run(*install, *alone, "--require-hashes", "-r", lock.path)


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return
    output = (done.stdout + done.stderr).strip()
    kind = RegistryUnreachableError if _UNREACHABLE.search(output) else InstallError
    tail = "\n".join(f"  | {line}" for line in output.splitlines()[-15:])
    raise kind(f"{Path(command[0]).name} failed with code {done.returncode}\n{tail}")
