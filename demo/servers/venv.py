"""Virtual environments for servers, installed once from locked requirements with hashes."""

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

# What uv and pip print when no package index answers; a bad lock or a full disk reads otherwise.
_UNREACHABLE = re.compile(
    r"error sending request|dns error|tcp connect|connect(ion)? (timed out|refused|error|reset)"
    r"|operation timed out|NewConnectionError|ConnectTimeoutError|Max retries exceeded"
    r"|name resolution|Connection to .* timed out|Network is unreachable"
    r"|Network connectivity is disabled",
    re.IGNORECASE,
)


class InstallError(Exception):
    """The installation failed; the message ends with the installer's last lines."""


class RegistryUnreachableError(InstallError):
    """The package index did not answer: the network is the cause, not the lock files."""


@dataclass(frozen=True)
class Lock:
    """A requirements file with hashes for every package."""

    path: Path
    with_dependencies: bool = True  # False: install only the listed packages


def install_venv(name: str, locks: Sequence[Lock], say: Callable[[str], None]) -> Path:
    """Create `.cache/<name>-<hash of the locks>` unless it exists; return its Python.

    Safe for concurrent callers: the second waits for the first.
    Raises: RegistryUnreachableError, InstallError.
    """
    folder = CACHE / f"{name}-{_fingerprint(locks)}"
    python = folder / "bin" / "python"
    complete = folder / ".complete"  # missing after an interrupted installation
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
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
        install.append("--no-compile")  # the first start compiles the modules that it imports
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
    error_type = RegistryUnreachableError if _UNREACHABLE.search(output) else InstallError
    tail = "\n".join(f"  | {line}" for line in output.splitlines()[-15:])
    raise error_type(f"{Path(command[0]).name} failed with code {done.returncode}\n{tail}")
