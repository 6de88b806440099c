"""The house stands on its floors: a module imports only from below its own, and looking in starts nothing."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import prefrontal

LAYERS = (
    {"errors"},
    {"configs"},
    {"runs"},
    {"devices", "interop", "tasks", "trials"},
    {"agents"},
    {"rollouts"},
    {"analysis", "learning"},
    {"fitting"},
    {"figures"},
    {"reports"},
    {"experiments"},
    {"bench"},
    {"commands"},
    {"cli"},
)
"""Modules and packages of `prefrontal`, from the bottom to the top. Those of one layer do not know each other."""

SOURCE = Path(prefrontal.__file__).parent
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def part_of(file: Path) -> str:
    """The module or package at the top of `prefrontal` that `file` belongs to."""
    return file.relative_to(SOURCE).with_suffix("").parts[0]


def imported_parts(source: str) -> Iterator[tuple[int, str]]:
    """Line and part of every import of `prefrontal`, wherever it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: import by the full name"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "prefrontal" else [module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "prefrontal":
                yield node.lineno, rest.partition(".")[0]


def wrong_imports(part: str, source: str) -> list[str]:
    """The imports in `source`, a module of `part`, that are not from below it."""
    return [
        f"line {line} imports {other}"
        for line, other in imported_parts(source)
        if other != part and not LEVEL.get(other, len(LAYERS)) < LEVEL[part]
    ]


FILES = sorted(file for file in SOURCE.rglob("*.py") if file != SOURCE / "__init__.py")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_imports_come_from_below(file):
    assert part_of(file) in LEVEL, f"give `{part_of(file)}` its place in LAYERS"
    assert not wrong_imports(part_of(file), file.read_text())


def test_every_layer_exists():
    assert {part_of(file) for file in FILES} == set(LEVEL)


@pytest.mark.parametrize(
    "source",
    [
        "from prefrontal.cli import main",
        "import prefrontal.learning.train",
        "def late():\n    from prefrontal import rollout",
        "from prefrontal.agents.recurrent import RecurrentAgent",
        "import prefrontal",
        "from prefrontal.nowhere import nothing",
    ],
)
def test_an_import_from_above_is_noticed(source):
    """So that the tests before this one can fail."""
    assert wrong_imports("tasks", source)
    assert not wrong_imports("tasks", "from prefrontal.configs import TwoStepConfig\nimport jax")


def in_a_fresh_process(code: str) -> object:
    """What `code` prints, as JSON."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_command_line_starts_without_the_heavy_libraries():
    code = """
import json, sys
import prefrontal, prefrontal.cli, prefrontal.experiments
print(json.dumps(sorted({"jax", "jaxlib", "equinox", "pandas", "matplotlib", "scipy"} & set(sys.modules))))
"""
    assert in_a_fresh_process(code) == []


def test_importing_anything_starts_no_device():
    code = """
import importlib, json, pkgutil
import prefrontal
names = [module.name for module in pkgutil.walk_packages(prefrontal.__path__, "prefrontal.")]
for name in names:
    importlib.import_module(name)
from jax._src import xla_bridge
print(json.dumps([len(names), xla_bridge.backends_are_initialized()]))
"""
    num_modules, started = in_a_fresh_process(code)
    assert num_modules > len(LEVEL)
    assert not started


def test_type_checkers_are_told_of_the_same_names_in_the_same_places():
    tree = ast.parse((SOURCE / "__init__.py").read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    told = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        for alias in node.names:
            assert alias.asname == alias.name  # that makes it a public name
            told[alias.name] = node.module
    assert told == prefrontal._HOMES


def test_public_names_are_where_the_package_says():
    assert len(prefrontal.__all__) > 10
    assert dir(prefrontal) == prefrontal.__all__
    for name in [*prefrontal.__all__, *prefrontal.__all__]:  # twice: the first look may import a module of that name
        assert getattr(prefrontal, name).__name__ == name
    with pytest.raises(AttributeError, match="module 'prefrontal' has no attribute 'nothing'"):
        prefrontal.nothing  # noqa: B018
