"""`ingest_conf.ipynb`, executed as it is against the demo's pages and a real Llama Stack."""

import ast
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from demo.confluence_site import ConfluenceSite
from demo.pages import demo_state
from demo.servers.llama_stack import LlamaStack
from pipeline.upsert.rag_tool import RAG_TOOL
from tests.support.program import ROOT, environment, load_report
from tests.support.proxy import proxy_to
from tests.support.store_files import new_name

NOTEBOOK = ROOT / "ingest_conf.ipynb"


def load_notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def execute(environ: dict[str, str], folder: Path) -> Any:
    """Every cell in a kernel of its own, which knows these settings and no other."""
    notebook = load_notebook()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    python_path = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder / "ipython")}
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.resources["metadata"] = {"path": str(folder)}
    client.execute(env=kept | python_path | environ, cleanup_kc=True)
    return notebook


def outputs(notebook: Any, kind: str) -> list[str]:
    """What the cells show of one media type, in order."""
    return [
        output["data"][kind]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if kind in output.get("data", {})
    ]


def said(notebook: Any) -> str:
    return "".join(
        output["text"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    )


def test_no_outputs_are_committed() -> None:
    for cell in load_notebook().cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_the_notebook_defines_nothing_of_its_own() -> None:
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
    for cell in load_notebook().cells:
        if cell.cell_type == "code":
            assert not any(
                isinstance(node, definitions) for node in ast.walk(ast.parse(cell.source))
            )


def test_the_notebook_needs_no_more_than_the_requirements_and_jupyter() -> None:
    trees = [ast.parse(cell.source) for cell in load_notebook().cells if cell.cell_type == "code"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    imported |= {row.name for node in nodes if isinstance(node, ast.Import) for row in node.names}
    used = {str(name).partition(".")[0] for name in imported} - sys.stdlib_module_names
    assert used == {"pandas", "IPython", "pipeline"}, "pandas comes with llama-stack-client"


@pytest.mark.real_server
def test_every_step_runs_and_shows_what_it_did(llama_stack: LlamaStack, tmp_path: Path) -> None:
    with ConfluenceSite(demo_state()) as site:
        environ = environment(
            site, llama_stack.base_url, tmp_path, SPACE_NAME="Known Issues", VECTOR_DB_ID=new_name()
        )
        environ["CONTENT_TYPES"] = "pages,blogposts,attachments,comments"
        shown = execute(environ, tmp_path)
    [picture] = [table for table in outputs(shown, "text/html") if "<caption>" in table]
    assert "Ingress" in picture
    assert picture.count("<span") > picture.count("<tr>")
    answers = outputs(shown, "text/markdown")[-1]
    assert answers.count(f"]({site.base_url}/wiki/") == 3
    tables = outputs(shown, "text/html")
    assert any("Ingress" in table for table in tables)
    counted = next(table for table in tables if "blogpost" in table and "count" in table)
    assert all(f">{kind}</th>" in counted for kind in ("page", "blogpost", "attachment", "comment"))
    assert "0 failed" in said(shown)
    assert "demo-token" not in nbformat.writes(shown)
    assert load_report(environ) == {}  # a report is a program's


@pytest.mark.real_server
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"SPACE_NAME": "Known Isues"}, "did you mean Known Issues"),
        ({}, "401"),  # the server's refusal, in the middle of the pages
    ],
)
def test_an_error_ends_the_notebook_with_its_reason(
    wrong: dict[str, str], said: str, llama_stack: LlamaStack, tmp_path: Path
) -> None:
    refusal = (401, {"detail": "no"})
    with ConfluenceSite(demo_state()) as site, proxy_to(llama_stack.base_url) as proxy:
        proxy.fault = lambda method, path: refusal if path == RAG_TOOL else None
        environ = environment(
            site, proxy.base_url, tmp_path, SPACE_NAME="Known Issues", BATCH_SIZE="1"
        )
        environ |= wrong | {"VECTOR_DB_ID": new_name()}
        with pytest.raises(CellExecutionError) as caught:
            execute(environ, tmp_path)
    assert said in str(caught.value)
