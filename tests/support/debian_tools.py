"""Programs of Debian packages, for tests that run what a user types."""

import os
import shutil
import subprocess
from pathlib import Path

from demo.servers import RegistryUnreachableError
from tests.support.server_fixtures import install_or_skip

_NO_ANSWER = "it can be installed by root with apt-get only, when Debian's mirrors answer"


def find_tool(name: str, package: str) -> Path:
    """Return the program's path; install its package first where that is possible.

    Skips the test, which the end of the output lists in red, where it is not; fails it where `CI`
    is set.
    """
    if found := shutil.which(name):
        return Path(found)
    return install_or_skip(name, lambda: _install(name, package))


def _install(name: str, package: str) -> Path:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["update"], ["install", "-y", "--no-install-recommends", package]):
            subprocess.run(
                ["apt-get", "-q", *command], capture_output=True, timeout=300, check=False
            )
    if found := shutil.which(name):
        return Path(found)
    raise RegistryUnreachableError(f"{package}: {_NO_ANSWER}")
