"""The figure of the two-step task: stay probabilities and learning curves."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

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
        width = 3.85 * len(bars) + (3.35 if curves else 0.3)
        above = Above(width, title, _caption(result, curves, source))
        height = 3.3 + above.height
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        for number, trials in enumerate(bars):
            left = (3.85 * number + 0.5) / width
            stay_bars(result, figure.add_axes((left, 1 / height, 3.24 / width, 2.05 / height)), trials=trials)
        if curves:
            left = (3.85 * len(bars) + 0.5) / width
            learning_curves(curves, figure.add_axes((left, 1 / height, 1.73 / width, 2.05 / height)))
        for number, letter in enumerate("abc"[: len(bars) + bool(curves)]):
            figure.text((3.85 * number + 0.25) / width, 3.12 / height, letter, fontsize=11, weight="bold")
        above.write(figure)
    return figure


def _caption(result: Mapping[str, Any], curves: LearningCurves | None, source: str) -> str:
    num_seeds = len(result["stay_probability"]["common_rewarded"]["per_seed"])
    caption = "1 seed" if num_seeds == 1 else f"{num_seeds} seeds"
    if curves:
        num_episodes = int(curves.episodes[-1])
        caption += " of 1 training episode" if num_episodes == 1 else f" of {num_episodes:,} training episodes"
    first = "first_transition" in result
    caption += f"; tested with frozen weights (a{', b' if first else ''})."
    if source and any(part["published"] is not None for part in result["stay_probability"].values()):
        caption += f" Published values: {source}."
    if first:
        known = any(part["published"] is not None for part in result["first_transition"].values())
        source = f"; published: {result['first_transition_source']}" if known else ""
        caption += f" b: after the first trial of an episode only{source}."
    return caption
