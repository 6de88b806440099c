"""The package as others install it: one version, and nothing that only one system has."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AS_ON_WINDOWS = """
import importlib, os, pkgutil, sys
import equinox, jax, matplotlib.figure, optax, pandas, rich.console, scipy.stats, sklearn, tensorboardX, tyro, xarray
for name in ("sched_getaffinity", "fork", "uname", "getuid", "O_NONBLOCK"):
    if hasattr(os, name):
        delattr(os, name)

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name in ("fcntl", "grp", "pwd", "resource", "termios"):
            raise ModuleNotFoundError(f"{name} is not there", name=name)

for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Refuse())
import prefrontal
for module in pkgutil.walk_packages(prefrontal.__path__, "prefrontal."):
    try:
        if "gymnax" not in module.name:
            importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        if error.name != "gymnasium":
            raise
"""


def test_the_version_is_said_alike_wherever_it_stands():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited
    assert cited[1] == version
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changes.startswith(f"# Changelog\n\n## {version}")


def test_workflows_call_targets_that_there_are():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    called = set()
    for workflow in (ROOT / ".github" / "workflows").glob("*.yml"):
        called |= set(re.findall(r"^ *(?:- )?(?:run: )?make (\w+)", workflow.read_text(encoding="utf-8"), re.MULTILINE))
    assert {"test", "thorough", "wheel", "unit"} <= called
    assert called <= targets


def test_files_are_called_as_every_system_allows():
    done = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True)
    names = done.stdout.split("\n")
    assert [name for name in names if re.search(r'[<>:"\\|?*]|[. ]$', name)] == []
    assert len({name.lower() for name in names}) == len(names)
    assert max(map(len, names)) < 160  # Windows allows 260 with the folder before it


@pytest.mark.thorough
def test_modules_import_where_there_is_no_unix():
    """As far as that can be seen here: without what Windows lacks."""
    subprocess.run([sys.executable, "-c", AS_ON_WINDOWS], check=True)
