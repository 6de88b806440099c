"""The house stands on its floors: a module imports only from below its own, and looking in starts nothing."""

import ast
import importlib
import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest

import prefrontal

ROOMS = (
    {"errors", "contracts"},
    {"configs"},
    {"runs"},
    {"devices", "interop", "progress", "tasks", "trials"},
    {"agents"},
    {"rollouts"},
    {"analysis", "environments", "learning"},
    {"fitting"},
    {"figures"},
    {"reports"},
    {"experiments"},
    {"bench", "play", "sweeps"},
    {"commands"},
    {"cli"},
)
"""The rooms of `prefrontal`, from the ground up. Those of one floor do not know each other."""
CONTRACTS = ("prefrontal.tasks.base", "prefrontal.agents.base")
"""What a task is and what an agent is: these two know no other module, and everybody may know them."""
MOST_LINES, MOST_FILES, MOST_AT_THE_TOP = 300, 25, 5

SOURCE = Path(prefrontal.__file__).parent
FLOOR = {name: floor for floor, names in enumerate(ROOMS) for name in names}
FILES = sorted(file for file in SOURCE.rglob("*.py") if file != SOURCE / "__init__.py")
MODULES = {
    ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__"): file for file in FILES
}


def room_of(file: Path) -> str:
    """The module or package at the top of `prefrontal` that `file` belongs to."""
    return room_called(".".join(file.relative_to(SOURCE.parent).with_suffix("").parts))


def room_called(module: str) -> str:
    """The room of a module by its full name."""
    return "contracts" if module in CONTRACTS else f"{module}.".split(".")[1]


def imported_modules(source: str) -> Iterator[tuple[int, str]]:
    """Line and module of every import of `prefrontal`, wherever it stands: in functions, and for types alone, too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: import by the full name"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES or module == "prefrontal" else module for name in names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.partition(".")[0] == "prefrontal")


def wrong_imports(room: str, source: str) -> list[str]:
    """The imports in `source`, a module of `room`, that are not from below it."""
    return [
        f"line {line} imports {name}"
        for line, name in imported_modules(source)
        if (other := room_called(name)) != room and not FLOOR.get(other, len(ROOMS)) < FLOOR[room]
    ]


def circle(imports: Mapping[str, Collection[str]]) -> list[str]:
    """Modules of which each imports the next, and the last the first; none where no import leads back."""
    done: set[str] = set()

    def walk(module: str, way: tuple[str, ...]) -> list[str]:
        if module in way:
            return list(way[way.index(module) :])
        if module in done:
            return []
        found = next((found for other in imports.get(module, ()) if (found := walk(other, (*way, module)))), [])
        done.add(module)
        return found

    return next((found for module in imports if (found := walk(module, ()))), [])


def imports_of(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """What each module imports, by its source."""
    return {module: {name for _, name in imported_modules(source)} - {module} for module, source in sources.items()}


SOURCES = {module: file.read_text() for module, file in MODULES.items()}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_imports_come_from_below(file):
    assert room_of(file) in FLOOR, f"give `{room_of(file)}` its place in ROOMS"
    assert not wrong_imports(room_of(file), file.read_text())


def test_every_room_exists():
    assert {room_of(file) for file in FILES} == set(FLOOR)


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


def test_no_import_leads_back():
    assert not circle(imports_of(SOURCES)), "an import must lead down; those in functions and for types count too"


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("runs.files", "from prefrontal.runs.folder import RunFolder"),
        ("analysis.behaviour", "if TYPE_CHECKING:\n    from prefrontal.analysis.summary import Behaviour"),
        ("figures.panels", "def late():\n    from prefrontal.figures import two_step"),
        ("trials.text", "import prefrontal.trials.table"),
    ],
)
@pytest.mark.thorough
def test_an_import_that_leads_back_is_noticed(module, planted):
    module = f"prefrontal.{module}"
    found = circle(imports_of({**SOURCES, module: f"{SOURCES[module]}\n{planted}\n"}))
    assert module in found
    assert len(found) > 1


def test_each_file_can_be_read_in_one_sitting_and_each_folder_seen_at_once():
    assert {str(file) for file in FILES if len(file.read_text().splitlines()) > MOST_LINES} == set()
    folders = {file.parent for file in FILES}
    assert {str(folder) for folder in folders if len(list(folder.glob("*.py"))) > MOST_FILES} == set()
    assert len(list(SOURCE.glob("*.py"))) <= MOST_AT_THE_TOP


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
names = [name for name in names if "gymnax" not in name]  # gymnax starts one itself
for name in names:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in ("gymnasium", "markdown_it", "nh3", "sqlalchemy", "starlette"):  # of extras
            raise
from jax._src import xla_bridge
print(json.dumps([len(names), xla_bridge.backends_are_initialized()]))
"""
    num_modules, started = in_a_fresh_process(code)
    assert num_modules > len(FLOOR)
    assert not started


def test_type_checkers_are_told_of_the_same_names_in_the_same_places():
    """One list serves both: nothing stands in it that would be told to the one and not to the other."""
    told = {}
    for node in ast.parse((SOURCE / "__init__.pyi").read_text()).body:
        if isinstance(node, ast.AnnAssign):
            assert ast.unparse(node) == "__version__: str"
            continue
        assert isinstance(node, ast.ImportFrom)
        for alias in node.names:
            assert alias.asname == alias.name  # that makes it a public name
            assert alias.name not in told
            told[alias.name] = node.module
    assert sorted(told) == prefrontal.__all__
    for name, module in told.items():
        assert getattr(prefrontal, name) is getattr(importlib.import_module(module), name)
    assert prefrontal.__version__ == importlib.metadata.version("prefrontal")


def test_public_names_are_where_the_package_says():
    assert len(prefrontal.__all__) > 10
    assert dir(prefrontal) == prefrontal.__all__
    for name in [*prefrontal.__all__, *prefrontal.__all__]:  # twice: the first look may import a module of that name
        assert getattr(prefrontal, name).__name__ == name
    with pytest.raises(AttributeError, match="module 'prefrontal' has no attribute 'nothing'"):
        prefrontal.nothing  # noqa: B018
