"""The pages that tell measured numbers agree with what the networks that come with the package do."""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from prefrontal import cli
from prefrontal.experiments import EXPERIMENTS, find_experiment
from prefrontal.runs.shipped import MEASURED, SHIPPED, shipped_names, shipped_results, shipped_verdicts

SCRIPTS = Path(__file__).parents[1] / "scripts"
TESTED = sorted(path.parent.name for path in SHIPPED.glob(f"*/{MEASURED}"))


@pytest.fixture(scope="module")
def script() -> ModuleType:
    sys.path.insert(0, str(SCRIPTS))
    try:
        return importlib.import_module("make_tables")
    finally:
        sys.path.remove(str(SCRIPTS))


def test_cards_gallery_and_readme_are_made_of_what_was_measured(script):
    pages = script.pages()
    assert {path.parent.name for path in pages if path.parent.parent == SHIPPED} == set(shipped_names())
    for path, text in pages.items():
        assert path.read_text(encoding="utf-8") == text, "run scripts/make_tables.py"
    for name in EXPERIMENTS:
        assert f"\n## {name}\n" in pages[script.GALLERY]
    assert pages[script.GALLERY].count(script.HEADING) == len(TESTED)


def test_all_that_can_be_tested_with_these_networks_is():
    assert [e.name for e in EXPERIMENTS.values() if (e.networks or e.name) in shipped_names()] == [
        name for name in EXPERIMENTS if name in TESTED
    ]
    assert set(TESTED) <= set(EXPERIMENTS)


@pytest.mark.parametrize("name", TESTED)
def test_what_was_measured_is_of_the_experiment_as_it_is_now(name):
    """The published numbers of the preset, and verdicts that its numbers and tolerances give."""
    experiment, results = find_experiment(name), shipped_results(name)
    assert results["experiment"] == name
    rows = {row["name"]: row for row in results["verdicts"]}
    assert len(rows) == len(results["verdicts"])
    published = {**experiment.published, **getattr(experiment.criteria, "published_first", {})}
    for number in published.values():
        if number.name in rows:
            assert rows[number.name]["published"] == pytest.approx(number.value, rel=1e-5)
    assert not published or any(number.name in rows for number in published.values()) or name.endswith("rpe")
    for row in rows.values():
        if row["tolerance"] is not None and row["passed"] is not None:
            apart = abs(row["measured"] - row["published"])
            assert row["passed"] == (apart <= row["tolerance"]), row
        low, high = row.get("interval95", (None, None))
        if None not in (low, high):
            assert low <= row["measured"] <= high


@pytest.mark.parametrize("name", ["wang2018-two-step", "wang2018-optogenetics", "reference-first-try"])
@pytest.mark.thorough
def test_list_and_evaluate_say_the_same(name, tmp_path, capsys, monkeypatch):
    """The same verdicts, and the same numbers but for what another processor rounds otherwise."""
    monkeypatch.setenv("COLUMNS", "80")
    cli.main(["evaluate", name, "--pretrained", "--out", str(tmp_path / "out")])
    found = json.loads((tmp_path / "out" / "results.json").read_text())["verdicts"]
    told = shipped_results(name)["verdicts"]
    assert [row["name"] for row in found] == [row["name"] for row in told]
    assert [row["passed"] for row in found] == [row["passed"] for row in told]
    for now, then in zip(found, told, strict=True):
        assert now["measured"] == pytest.approx(then["measured"], rel=0.02, abs=0.01)
    passed = [row["passed"] for row in found]
    capsys.readouterr()
    cli.main(["list"])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.split()[:1] == [name]]
    assert line.split()[-1] == f"{passed.count(True)}/{passed.count(True) + passed.count(False)}"


def test_verdicts_are_counted_and_measurements_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr("prefrontal.runs.shipped.SHIPPED", tmp_path)
    (tmp_path / "task").mkdir()
    rows = [("slope, yes or NO", True), ("ratio", False), ("seeds", True), ("r^2", None)]
    written = {"verdicts": [{"name": name, "passed": passed} for name, passed in rows]}
    (tmp_path / "task" / MEASURED).write_text(json.dumps(written))
    assert shipped_verdicts("task") == (2, 3)
    assert shipped_verdicts("none") is None
