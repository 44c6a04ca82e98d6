"""The layout's rules, read off the paths: who may import whom, and who may touch the process."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAMS = {"sync", "ingest_conf", "test_confluence"}
STAGES = ("fetch", "markdown", "chunk", "upsert", "state", "report")
# A folder (or a file beside the folders) → what it may import besides itself.
ALLOWED = {
    "records": (),
    "settings": (),
    "http": ("settings",),
    **dict.fromkeys(STAGES, ("records", "settings", "http")),
    "run": ("records", "settings", "http", *STAGES),
}
DOCUMENTED = (
    *(f"{name}.py" for name in (*sorted(PROGRAMS), "entrypoint", "pipeline/records")),
    *(f"pipeline/{folder}/__init__.py" for folder in ALLOWED if folder != "records"),
    *(f"pipeline/upsert/{name}.py" for name in
      ("discovery", "dash", "underscore", "vector_stores", "rag_tool", "dry_run")),
    *(f"{folder}/__init__.py" for folder in
      ("pipeline", "demo/confluence_site", "demo/servers", "demo/pages")),
    "ingest_conf.ipynb", "check_api_access_to_space.sh", "requirements.txt",
    "requirements-dev.txt", "Containerfile", ".containerignore", ".env.example", "Makefile",
    "pyproject.toml", ".python-version", "README.md", "CHANGELOG.md", ".ci/run",
)  # fmt: skip

MOST_FILES_IN_A_FOLDER, MOST_LINES_IN_A_FILE, MOST_LINES_IN_THE_MEDIAN = 15, 300, 100

# Their names are in the messages of the tests: as many parameters would take several seconds.
MODULES = sorted((ROOT / "pipeline").rglob("*.py"))


def folder_of(module: str) -> str:
    """`fetch` of `pipeline.fetch.site`, "" of `pipeline` itself."""
    return f"{module}.".split(".")[1]


@cache
def imported(path: Path) -> frozenset[str]:
    """The modules of this project that a file imports, wherever in it."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name for name in names if name.split(".")[0] in PROGRAMS | {"pipeline"})


def test_a_module_imports_only_what_its_folder_may() -> None:
    for path in MODULES:
        own = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for name in imported(path):
            assert name.split(".")[0] not in PROGRAMS, f"{own} imports the program {name}"
            allowed = (folder_of(own), *ALLOWED.get(folder_of(own), ()))
            assert folder_of(name) in allowed, f"{own} imports {name}"


def test_a_folder_is_entered_by_its_front_door() -> None:
    for path in MODULES:
        own = path.relative_to(ROOT / "pipeline").with_suffix("").parts[0]
        for name in imported(path):
            is_own = folder_of(name) == own
            is_deep = name.count(".") > 2
            assert is_own or not is_deep, f"{path} imports {name}: its folder does not offer that"


def test_only_programs_touch_the_process() -> None:
    for path in MODULES:
        text = path.read_text("utf-8")
        for banned in ("os.environ", "getenv", "sys.exit", "SystemExit"):
            assert banned not in text, f"{path} touches {banned}"


def test_a_front_door_describes_its_folder_and_holds_no_logic() -> None:
    for path in [path for path in MODULES if path.name == "__init__.py"]:
        tree = ast.parse(path.read_text("utf-8"))
        assert ast.get_docstring(tree), path
        for node in tree.body:
            is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            is_export = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
            is_import = isinstance(node, ast.ImportFrom)
            assert is_text or is_export or is_import, f"{path}: {ast.unparse(node)}"


def test_files_and_folders_stay_small() -> None:
    lengths = sorted(len(path.read_text("utf-8").splitlines()) for path in MODULES)
    assert lengths[-1] <= MOST_LINES_IN_A_FILE
    assert lengths[len(lengths) // 2] <= MOST_LINES_IN_THE_MEDIAN
    for folder in {path.parent for path in MODULES}:
        assert len(list(folder.glob("*.py"))) <= MOST_FILES_IN_A_FOLDER, folder


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_program_imports_only_the_run_and_the_settings(name: str) -> None:
    for node in ast.parse((ROOT / f"{name}.py").read_text("utf-8")).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        for inner in ast.walk(node):
            module = inner.module if isinstance(inner, ast.ImportFrom) else None
            if module and module.startswith("pipeline"):
                assert module in ("pipeline.run", "pipeline.settings")


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_importing_a_program_runs_nothing(name: str) -> None:
    for node in ast.parse((ROOT / f"{name}.py").read_text("utf-8")).body:
        is_guarded = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        assert is_guarded or not is_call, f"{name}.py runs {ast.unparse(node)} at import"


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_layout_is_the_documented_one(name: str) -> None:
    assert (ROOT / name).exists()
