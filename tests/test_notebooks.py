"""The notebooks run from first cell to last with nothing but the package, and are kept with what they show."""

import itertools
import json
import re
import runpy
import tomllib
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RUNNER = runpy.run_path(str(ROOT / "scripts" / "run_notebooks.py"))
LARGEST = 600_000
"""Bytes of a notebook with its outputs."""


def test_all_are_here():
    named = set(re.findall(r"\]\(([\w-]+)\.ipynb\)", (ROOT / "notebooks" / "README.md").read_text()))
    assert named == {path.stem for path in NOTEBOOKS}
    assert named >= {"arxiv", "define-your-own-task", "final", "first-try", "two-step-task"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.thorough
def test_it_runs_and_shows_what_it_is_kept_with(path):
    kept, fresh = nbformat.read(path, as_version=4), RUNNER["executed"](path)
    assert path.stat().st_size < LARGEST
    assert kinds(fresh) == kinds(kept), "make notebooks"
    assert any("image/png" in output for cell in kinds(fresh) for output in cell)


def kinds(notebook):
    """The kinds of each output of each code cell.

    What a cell prints or draws may differ in its last digit or pixel, and what it prints may come in pieces.
    """
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert all(output.output_type != "error" for output in cell.outputs)
            outputs = [sorted(output.get("data", {output.output_type: ""})) for output in cell.outputs]
            found.append([kind for kind, _ in itertools.groupby(outputs)])
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_badge_opens_it_and_its_first_cell_installs_the_same_repository(path):
    badge, install, *_ = nbformat.read(path, as_version=4).cells
    (repository,) = re.findall(r"colab\.research\.google\.com/github/([\w-]+/[\w-]+)/blob", badge.source)
    assert f"https://colab.research.google.com/github/{repository}/blob/main/notebooks/{path.name}" in badge.source
    assert f"%pip install --quiet git+https://github.com/{repository}" in install.source
    assert repository in (ROOT / "notebooks" / "README.md").read_text()


@pytest.mark.thorough
def test_a_notebook_that_fails_is_noticed(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    nbformat.write(notebook, tmp_path / "fails.ipynb")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        RUNNER["executed"](tmp_path / "fails.ipynb")


def test_containers_install_as_the_makefile_does():
    makefile = (ROOT / "Makefile").read_text()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    dockerfile = (ROOT / "Dockerfile").read_text()
    commented = (ROOT / ".devcontainer" / "devcontainer.json").read_text()
    devcontainer = json.loads(re.sub(r"^//.*$", "", commented, flags=re.MULTILINE))
    for command in (dockerfile, devcontainer["postCreateCommand"]):
        for target in re.findall(r"make ([a-z]+)\b(?= EXTRAS|$)", command, flags=re.MULTILINE):
            assert f"\n{target}: " in makefile
    assert "RUN make install EXTRAS=${EXTRAS}" in dockerfile
    assert devcontainer["postCreateCommand"] == "make dev"
    assert set(re.findall(r"EXTRAS=([a-z]\w*)", dockerfile + makefile)) <= set(extras)
    for said in (dockerfile, commented):
        assert "Not tried" in said
