"""The figure of the reversal task: responses to experienced and to inferred cues, and the latent state in activity."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prefrontal.errors import counted
from prefrontal.figures.parts import (
    grid,
    letter,
    names_below,
    page,
    published_by,
    published_mark,
    seed_column,
    seeds_of,
)
from prefrontal.figures.style import MINUS, PALETTE, save_figure, style
from prefrontal.runs.results import read_results

COLOR = {"rewarded": PALETTE["rewarded"], "unrewarded": PALETTE["unrewarded"]}
GROUPS = {"before": "before\nreversal", "experienced": "after:\nexperienced", "inferred": "after:\ninferred"}
STEPS = ("fixation", "stimulus", "response", "outcome")


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("seeds", "prediction_error", "latent_state"))
    return save_figure(inferred_value_figure(results, title), folder / "figure")


def inferred_value_figure(results: Mapping[str, Any], title: str) -> Figure:
    """Responses at the stimulus; responses at every step; the plane of components; the latent state at reversals.

    Arguments:
        results: as in `results.json` of wang2018-inferred-value.
        title: the figure's title.
    """
    with style():
        caption = (
            f"{seeds_of(results)}, {counted(results['test_blocks'], 'block')} each, weights frozen. Bars: mean over "
            f"seeds, 95 % interval, a dot a seed. c: seed {results['seeds'][0]}."
            + published_by(results, results["published_source"])
        )
        figure, used = page(7.2, 5.6, title, caption)
        rows = grid(figure, 2, 2, top=used + 0.45, left=0.78, right=0.25, wspace=0.42, hspace=0.55)
        panels = [figure.add_subplot(rows[place]) for place in ((0, 0), (0, 1), (1, 0), (1, 1))]
        stimulus_responses(results["prediction_error"], panels[0])
        responses_by_step(results["prediction_error"], panels[1])
        latent_plane(results, panels[2])
        latent_flip(results["latent_state"], panels[3])
        for ax, name in zip(panels, "abcd", strict=True):
            letter(ax, name, -0.19)
    return figure


def stimulus_responses(responses: Mapping[str, Any], ax: Axes) -> None:
    """The prediction error when the stimulus appears, in each condition, beside the published ones."""
    for group, name in enumerate(GROUPS):
        for side, outcome in ((-0.2, "rewarded"), (0.2, "unrewarded")):
            part = responses[f"{name}_{outcome}"]
            seed_column(ax, group + side, part, COLOR[outcome], width=0.34)
            published_mark(ax, group + side, part["published"], width=0.34)
    ax.axhline(0, color="black", linewidth=0.8)
    names_below(ax, list(GROUPS.values()))
    ax.set_ylabel("Prediction error\nat the stimulus")
    handles = [Line2D([], [], marker="s", linestyle="", color=color) for color in COLOR.values()]
    # Before a reversal the names tell of the contingency that has just ended: nothing has told of the new one.
    names = ["rewarded cue", "unrewarded cue"]
    if any(part["published"] is not None for part in responses.values()):
        handles.append(Line2D([], [], color=PALETTE["published"], linewidth=2))
        names.append("published")
    ax.legend(
        handles,
        names,
        loc="lower center",
        bbox_to_anchor=(0.5, 0.97),
        ncols=3,
        handletextpad=0.5,
        columnspacing=0.9,
        handlelength=1.2,
        fontsize=7,
    )


def responses_by_step(responses: Mapping[str, Any], ax: Axes) -> None:
    """The prediction errors that arrive with each step of the second trial: means over seeds."""
    for name, dashes in (("experienced", "-"), ("inferred", (0, (3, 1.5)))):
        for outcome, color in COLOR.items():
            mean = np.mean(np.array(responses[f"{name}_{outcome}"]["by_step"], float), axis=0)
            ax.plot(range(4), mean, color=color, linestyle=dashes, marker="o", markersize=3)
    ax.axhline(0, color="lightgrey", linewidth=0.6, zorder=0)
    ax.set_xticks(range(4), STEPS)
    ax.set_xlim(-0.2, 3.2)
    ax.set_ylabel("Prediction error,\nsecond trial after reversal")
    handles = [Line2D([], [], color="black", linestyle=dashes) for dashes in ("-", (0, (3, 1.5)))]
    ax.legend(handles, ["experienced cue", "inferred cue"], loc="lower center", bbox_to_anchor=(0.5, 0.97), ncols=2)


def latent_plane(results: Mapping[str, Any], ax: Axes) -> None:
    """The first seed's activity at the outcomes, in the plane of its first two components, by the rewarded cue."""
    plane = results["latent_state"]["components"][0]
    points, state = np.array(plane["projected"]), np.array(plane["rewarded_cue"])
    for cue, color in ((0, "#0072B2"), (1, "#E69F00")):
        looks = {"markersize": 2, "markeredgewidth": 0, "alpha": 0.5, "rasterized": True}
        ax.plot(*points[state == cue].T, "o", color=color, label=f"cue {cue} rewarded", **looks)
    first, second = plane["variance_share"]
    ax.set_xlabel(f"Component 1 ({100 * first:.0f} %)")
    ax.set_ylabel(f"Component 2 ({100 * second:.0f} %)")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 0.97), ncols=2, handletextpad=0.1, markerscale=2)


def latent_flip(state: Mapping[str, Any], ax: Axes) -> None:
    """Where activity lies between the two latent states around a reversal: a line a seed, their mean thick."""
    trials, positions = np.array(state["trial"]), np.array(state["position"], float)
    ax.plot(trials, positions.T, color=PALETTE["ours"], linewidth=0.7, alpha=0.4)
    ax.plot(trials, positions.mean(axis=0), color=PALETTE["ours"], linewidth=2, marker="o", markersize=3)
    ax.axhline(0, color="lightgrey", linewidth=0.6, zorder=0)
    ax.axvline(-0.5, color="dimgrey", linewidth=0.8, linestyle=":")
    ax.set_xticks(trials, [f"{trial + (trial >= 0)}".replace("-", MINUS) for trial in trials])
    ax.set_xlabel(f"Trial before ({MINUS}) or after the reversal")
    ax.set_ylabel("Activity at the outcome\nalong the axis of the state")
    ax.set_yticks([-1, 0, 1], ["old state", "0", "new state"])
