"""What an experiment shows of its results, whatever they are: figures, report, row of a sweep."""

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

from matplotlib.figure import Figure
from rich.console import Console

from prefrontal.configs import InterventionConfig
from prefrontal.experiments import Experiment
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.studies.base import withheld
from prefrontal.runs.results import read_results, write_results

MEASURED = ("mean", "per_seed", "interval95", "measured", "median", "ideal", "bayes_optimal")
"""What an analysis may fail to measure."""
DONE = InterventionConfig(silence=(0, 1))


@contextmanager
def figures_kept() -> Iterator[list[Figure]]:
    """The figures drawn meanwhile: they are not saved."""
    figures: list[Figure] = []

    def keep(figure: Figure, path: Path, name: str) -> Path:
        if not any(figure is kept for kept in figures):
            figures.append(figure)
        return path

    with mock.patch("prefrontal.figures.style._save", keep):
        yield figures


def words_of(figure: Figure) -> str:
    """All that is written in it, in one line."""
    texts = [text for ax in figure.axes for text in (ax.title, ax.xaxis.label, ax.yaxis.label, *ax.texts)]
    legends = [ax.get_legend() for ax in figure.axes if ax.get_legend()] + figure.legends
    texts += [*figure.texts, *(text for legend in legends for text in legend.get_texts())]
    if figure._suptitle is not None:
        texts.append(figure._suptitle)
    return " ".join(" ".join(text.get_text() for text in texts).split())


def printed(experiment: Experiment, results: dict[str, Any]) -> str:
    """The report, in one line, of a terminal of 80 columns."""
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    study_of(experiment).report(results, console)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    return " ".join(text.split())


def unmeasured(value: Any, key: str = "") -> Any:
    """Results in which nothing could be measured."""
    if isinstance(value, dict):
        return {name: value[name] if name == "config" else unmeasured(value[name], name) for name in value}
    if isinstance(value, list):
        return [unmeasured(item, key) for item in value]
    return None if key in MEASURED else value


def check_shown(experiment: Experiment, folder: Path) -> None:
    """Check what is shown of the results in `folder` if they were of another task, under an intervention; and that
    results in which nothing could be measured are told without a fault."""
    results = read_results(folder)
    other = {"intervention": asdict(DONE), "changed": ["--task.num-trials 7"], "comparable": False}
    write_results(folder, withheld({**results, **other}))
    with figures_kept() as figures:
        study_of(experiment).draw(folder)
    assert figures
    for figure in figures:
        words = words_of(figure)
        for part in (experiment.name, "with --task.num-trials 7. Tested with --silence 0 1"):
            assert part in words
        assert experiment.title not in words
        assert "ublished" not in words
    if experiment.tests_agents:
        told = printed(experiment, read_results(folder))
        assert "--silence 0 1" in told
        assert "left out: this is another task (--task.num-trials 7) and with --silence 0 1." in told
        assert " yes " not in told
        assert " NO " not in told
    write_results(folder, results)
    printed(experiment, unmeasured(results))
    for value in study_of(experiment).summary(unmeasured(results)).values():
        assert isinstance(value, float | int)
    assert any(map(math.isnan, study_of(experiment).summary(unmeasured(results)).values()))
