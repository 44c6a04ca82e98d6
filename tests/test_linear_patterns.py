"""Every regular expression of the pipeline takes linear time, whatever it reads.

They are found in the sources, and attacked with strings made from their own parts: a new one is
tested without a line here.
"""

import ast
import importlib
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import pattern_attacks

ROOT = Path(__file__).parent.parent
SECONDS = 20  # of the processor, for all strings of one pattern: the linear ones take less than one
# Calls with a pattern in place, and why: all others are constants of their module.
IN_PLACE = {
    "pipeline/http/error_text.py": "one fixed character, on a text that is bounded",
    "pipeline/upsert/underscore.py": "a table of routes in the function, on a server's routes",
    "pipeline/upsert/dash_stores/server_embeds.py": "on the name of a setting",
}


class Use(NamedTuple):
    """A pattern, and the methods that its module calls."""

    name: str
    pattern: re.Pattern[str]
    methods: tuple[str, ...]


def is_re_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
    )


def find_uses(path: Path) -> Iterator[Use]:
    text = path.read_text("utf-8")
    if "import re" not in text:
        return
    tree = ast.parse(text)
    constants = [node.targets[0] for node in tree.body
                 if isinstance(node, ast.Assign) and is_re_call(node.value)]  # fmt: skip
    if not constants:
        return
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for target in constants:
        assert isinstance(target, ast.Name)
        methods = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == target.id
        }
        called = tuple(sorted(method.replace("subn", "sub") for method in methods))
        yield Use(f"{path.relative_to(ROOT)}:{target.id}", getattr(module, target.id), called)


MODULES = sorted((ROOT / "pipeline").rglob("*.py"))
USES = [use for path in MODULES for use in find_uses(path)]


def test_every_pattern_is_a_constant_of_its_module() -> None:
    in_place = {
        str(path.relative_to(ROOT))
        for path in MODULES
        for tree in [ast.parse(path.read_text("utf-8"))]
        for node in ast.walk(tree)
        if is_re_call(node)
        and not any(isinstance(one, ast.Assign) and one.value is node for one in tree.body)
    }
    assert in_place == set(IN_PLACE)
    imported = [
        path
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "re"
    ]
    assert not imported
    assert len(USES) > 30
    assert all(use.methods for use in USES)


def attack(pattern: str, flags: int, methods: tuple[str, ...], seconds: float = SECONDS) -> str:
    """Return what shows that the pattern is not linear, "" if nothing does."""

    def give_up(*_: object) -> None:
        raise TimeoutError

    usual = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        return pattern_attacks.find_slow(re.compile(pattern, flags), methods)
    except TimeoutError:
        return f"not finished after {seconds:g} s"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, usual)


@pytest.mark.parametrize("use", USES, ids=[use.name for use in USES])
def test_a_pattern_takes_linear_time(use: Use) -> None:
    assert not attack(use.pattern.pattern, use.pattern.flags & ~re.UNICODE, use.methods)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"\[(?P<label>(?:[^\[\]\\\n]|\\.|!?\[[^\[\]\n]*\])*)\]\([^()\s]*\)", "sub"),
        (r"\|[\s:|-]*-[\s:|-]*$", "match"),
        (r"(#{1,6})(?:[ \t]+(.*?))?[ \t]*$", "match"),
        (r"(?:^|>)[^<]*\w", "search"),
        (r"<(/?)([A-Za-z][\w:.-]*)([^<>]*)>", "sub"),
        (r"\b(?:public|class)\b.*[;{]", "search"),
        (r"Error(?:\s*['‘\"][^'’\"\n]*['’\"])?(?!`)", "sub"),
        (r"\s+$", "search"),
    ],
)
def test_the_attack_finds_patterns_that_are_not_linear(pattern: str, method: str) -> None:
    assert attack(pattern, 0, (method,)).startswith(method)


def test_the_attack_ends_on_a_pattern_that_takes_exponential_time() -> None:
    assert attack(r"(a+)+$", 0, ("match",), seconds=0.5) == "not finished after 0.5 s"
