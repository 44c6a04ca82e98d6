"""The layout's rules: who may import whom, and who may touch the process."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAMS = {"sync", "ingest_conf", "test_confluence"}
BASE = {"records", "settings"}
# Every other module of `pipeline` belongs to one stage; a new file has to say to which.
STAGE_OF = {
    "fetch": {
        "fetch",
        "confluence_errors",
        "confluence_http",
        "cql",
        "membership",
        "next_link",
        "patience",
        "rows",
        "spaces",
    },
    "markdown": {
        "markdown",
        "macros",
        "blocks",
        "body",
        "conversion",
        "failures",
        "fences",
        "links",
        "resources",
        "tables",
        "visible",
    },
    "chunk": {"chunk", "sections", "pieces", "packing", "targets", "tokens"},
    "upsert": {"upsert"},
    "ledger": {"ledger", "ledger_file"},
    "report": {"report", "showable"},
    "run": {
        "run",
        "scope",
        "bodies",
        "plan",
        "writer",
        "collection",
        "ending",
        "parallel",
        "stop",
    },
}

DOCUMENTED = [
    "sync.py",
    "ingest_conf.py",
    "test_confluence.py",
    "ingest_conf.ipynb",
    "check_api_access_to_space.sh",
    "pipeline/records.py",
    "pipeline/settings.py",
    "pipeline/fetch.py",
    "pipeline/markdown.py",
    "pipeline/macros.py",
    "pipeline/chunk.py",
    "pipeline/upsert/dash.py",
    "pipeline/upsert/underscore.py",
    "pipeline/upsert/vector_stores.py",
    "pipeline/upsert/rag_tool.py",
    "pipeline/upsert/dry_run.py",
    "pipeline/ledger.py",
    "pipeline/run.py",
    "pipeline/report.py",
    "requirements.txt",
    "requirements-dev.txt",
    "Containerfile",
    ".containerignore",
    ".env.example",
    "Makefile",
    "pyproject.toml",
    ".python-version",
    "README.md",
    "CHANGELOG.md",
    ".ci/run",
]


def stage_of(module: str) -> str:
    """The stage of `pipeline.a.b`, by its first name; base modules are stage `base`."""
    name = module.split(".")[1]
    if name in BASE:
        return "base"
    found = [stage for stage, names in STAGE_OF.items() if name in names]
    assert len(found) == 1, f"say in STAGE_OF which stage {module} belongs to"
    return found[0]


def modules() -> list[Path]:
    return sorted(path for path in (ROOT / "pipeline").rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Modules of ours that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            submodules = {
                f"{node.module}.{alias.name}"
                for alias in node.names
                if (ROOT / node.module.replace(".", "/") / f"{alias.name}.py").exists()
            }
            found |= submodules or {node.module}
    return {name for name in found if name.split(".")[0] in PROGRAMS | {"pipeline"}}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_its_place_allows(path: Path) -> None:
    own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    if own == "pipeline.__init__":
        return
    own_stage = stage_of(own)
    for name in imported(path):
        assert name.split(".")[0] not in PROGRAMS, f"{own} imports the program {name}"
        stage = stage_of(name)
        if own_stage == "base":
            raise AssertionError(f"{own} must import nothing of ours, but imports {name}")
        if own_stage != "run":
            assert stage in {"base", own_stage}, f"{own} imports {name} of another stage"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_programs_touch_the_process(path: Path) -> None:
    text = path.read_text("utf-8")
    for banned in ("os.environ", "getenv", "sys.exit", "basicConfig", "addHandler", "SystemExit"):
        assert banned not in text, f"{path.name} touches {banned}"


def test_importing_a_program_runs_nothing() -> None:
    for name in PROGRAMS:
        path = ROOT / f"{name}.py"
        for node in ast.parse(path.read_text("utf-8")).body:
            is_guarded = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
            is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
            assert is_guarded or not is_call, f"{name}.py runs {ast.unparse(node)} at import"


def test_the_layout_is_the_documented_one() -> None:
    for name in DOCUMENTED:
        assert (ROOT / name).exists(), f"{name} is missing"
