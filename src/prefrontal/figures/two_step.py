"""The figure of the two-step task: stay probabilities and learning curves."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prefrontal.errors import counted
from prefrontal.figures.panels import LearningCurves, learning_curves, stay_bars, training_curves
from prefrontal.figures.parts import Above
from prefrontal.figures.style import save_figure, style
from prefrontal.runs.results import read_results


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("seeds", "stay_probability", "reward_per_episode"))
    curves = None if "weights" in results else training_curves(folder, results, ideal="bayes_optimal")
    figure = two_step_figure(results, curves, title, source=results["published_source"] or "")
    return save_figure(figure, folder / "figure")


def two_step_figure(
    result: Mapping[str, Any],
    curves: LearningCurves | None,
    title: str,
    *,
    source: str = "Wang et al. (2018), Figure 5c",
) -> Figure:
    """Stay probabilities and learning curves side by side.

    Arguments:
        result: as for `stay_bars`; those of the first trial of each episode are drawn where they are looked at.
        curves: as for `learning_curves`; None: of networks whose training is not known.
        title: the figure's title.
        source: where the published values are from; told where there are any.
    """
    with style():
        bars = [trials for trials in ("stay_probability", "first_transition") if trials in result]
        below = 2.5 if curves and len(bars) > 1 else 0.0  # the learning curves have a row of their own
        width = 7.2 if curves or len(bars) > 1 else 4.0
        above = Above(width, title, _caption(result, curves, source))
        height = 3.1 + below + above.height
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        for number, trials in enumerate(bars):
            left = 0.55 + 3.6 * number
            place = (left / width, (0.85 + below) / height, 3.0 / width, 2.0 / height)
            stay_bars(result, figure.add_axes(place), trials=trials)
            _letter(figure, "ab"[number], left, 2.92 + below)
        if curves:
            left = 0.85 if below else 4.5
            across, up = (4.6, 1.4) if below else (1.58, 2.0)
            learning_curves(curves, figure.add_axes((left / width, 0.85 / height, across / width, up / height)))
            _letter(figure, "abc"[len(bars)], left, 2.92 if not below else 2.32)
        above.write(figure)
    return figure


def _letter(figure: Figure, name: str, left: float, up: float) -> None:
    width, height = figure.get_size_inches()
    figure.text((left - 0.35) / width, up / height, name, fontsize=11, weight="bold")


def _caption(result: Mapping[str, Any], curves: LearningCurves | None, source: str) -> str:
    num_seeds = len(result["stay_probability"]["common_rewarded"]["per_seed"])
    caption = counted(num_seeds, "seed")
    if curves:
        caption += f" of {counted(int(curves.episodes[-1]), 'training episode')}"
    first = "first_transition" in result
    caption += f"; tested with frozen weights (a{', b' if first else ''})."
    if source and any(part["published"] is not None for part in result["stay_probability"].values()):
        caption += f" Published values: {source}."
    if first:
        known = any(part["published"] is not None for part in result["first_transition"].values())
        source = f"; published: {result['first_transition_source']}" if known else ""
        caption += f" b: after the first trial of an episode only{source}."
    return caption
