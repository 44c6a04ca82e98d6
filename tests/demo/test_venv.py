"""Virtual environments of servers: created once, retried after a failure, errors distinguished."""

import re
from pathlib import Path

import pytest

from demo.servers import venv
from demo.servers.venv import InstallError, Lock, RegistryUnreachableError, install_venv


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lock:
    """A lock file; the cache and PATH are temporary."""
    monkeypatch.setattr(venv, "CACHE", tmp_path / "cache")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    path = tmp_path / "requirements.txt"
    path.write_text("one==1.0 --hash=sha256:00\n")
    return Lock(path)


def _fake_uv(lock: Lock, *lines: str) -> Path:
    """Put a uv on the PATH that logs its calls, creates folders, and then runs `lines`."""
    calls = lock.path.with_name("calls")
    uv = lock.path.with_name("bin") / "uv"
    make_venv = '[ "$1" = venv ] && for folder; do :; done && mkdir -p "$folder"'
    script = ["#!/bin/sh", f'echo "$*" >> {calls}', make_venv, *lines, "exit 0"]
    uv.write_text("\n".join(script) + "\n")
    uv.chmod(0o755)
    return calls


def test_an_environment_is_created_once_and_with_hashes(lock: Lock) -> None:
    calls = _fake_uv(lock)
    first = install_venv("thing", [lock], lambda _: None)
    second = install_venv("thing", [lock], lambda _: None)
    assert first == second
    made, installed = calls.read_text().splitlines()
    assert made.startswith("venv ")
    assert "--require-hashes" in installed
    assert "--no-deps" not in installed


def test_a_lock_without_dependencies_installs_only_its_packages(lock: Lock) -> None:
    calls = _fake_uv(lock)
    install_venv("thing", [Lock(lock.path, with_dependencies=False)], lambda _: None)
    assert "--no-deps" in calls.read_text().splitlines()[-1]


def test_a_changed_lock_creates_another_environment(lock: Lock) -> None:
    _fake_uv(lock)
    before = install_venv("thing", [lock], lambda _: None)
    lock.path.write_text("one==2.0 --hash=sha256:00\n")
    assert install_venv("thing", [lock], lambda _: None) != before


def test_a_failed_installation_is_repeated(lock: Lock) -> None:
    _fake_uv(lock, "exit 1")
    with pytest.raises(InstallError):
        install_venv("thing", [lock], lambda _: None)
    calls = _fake_uv(lock)
    calls.unlink()
    install_venv("thing", [lock], lambda _: None)
    assert len(calls.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("output", "unreachable"),
    [
        ("error: Failed to fetch\n  Caused by: error sending request for url", True),
        ("  Caused by: dns error: failed to lookup address information", True),
        ("  Caused by: operation timed out", True),
        ("NewConnectionError('<...>: Failed to establish a new connection: [Errno 111]')", True),
        ("Max retries exceeded with url: /simple/one/", True),
        ("Temporary failure in name resolution", True),
        ("Network connectivity is disabled, but the data wasn't found in the cache", True),
        ("Hash mismatch for `one==1.0`", False),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", False),
        ("No space left on device", False),
        ("No solution found when resolving dependencies", False),
    ],
)
def test_an_unreachable_index_differs_from_a_broken_lock(
    lock: Lock, output: str, unreachable: bool
) -> None:
    _fake_uv(lock, f'cat >&2 <<"END"\n{output}\nEND', "exit 2")
    with pytest.raises(InstallError, match="uv failed with code 2") as caught:
        install_venv("thing", [lock], lambda _: None)
    assert isinstance(caught.value, RegistryUnreachableError) is unreachable
    assert output.splitlines()[-1].strip() in str(caught.value)


_ROOT = Path(__file__).parent.parent.parent
# Not in .venv and .cache, which hold very many files.
_INS = sorted(path for top in ("demo", "tests") for path in (_ROOT / top).glob("**/*_server/*.in"))
_LOCKS = [path.with_suffix(".txt") for path in _INS]


def test_the_servers_have_locks() -> None:
    assert [lock.relative_to(_ROOT).as_posix() for lock in _LOCKS] == [
        "demo/servers/llama_stack_server/model.txt",
        "demo/servers/llama_stack_server/requirements.txt",
        "tests/support/servers/llama_stack_07_server/requirements.txt",
        "tests/support/servers/ogx_12_server/requirements.txt",
        "tests/support/servers/ogx_server/requirements.txt",
        "tests/support/servers/postgres_server/requirements.txt",
    ]


@pytest.mark.parametrize("path", _LOCKS, ids=lambda path: str(path.relative_to(_ROOT)))
def test_a_lock_pins_and_hashes_everything_and_names_no_index(path: Path) -> None:
    text = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "index" not in re.sub(r"[a-z0-9-]+==.*", "", text)
    assert "://" not in text


@pytest.mark.parametrize("path", _LOCKS, ids=lambda path: str(path.relative_to(_ROOT)))
def test_a_lock_contains_every_required_package(path: Path) -> None:
    required = {
        re.split(r"[=<>;\[ ]", line)[0] for line in path.with_suffix(".in").read_text().splitlines()
    }
    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[|==)", path.read_text(), re.MULTILINE))
    assert required <= locked
