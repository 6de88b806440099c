"""The panels: each draws one result on the axes it is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Real
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from prefrontal.errors import UserError
from prefrontal.figures.rewards import count_episodes, reference_lines, reward_axis
from prefrontal.figures.style import PALETTE, style
from prefrontal.runs.results import read_learning

OUTCOMES = ("rewarded", "unrewarded")
TRANSITIONS = ("common", "uncommon")

MARKS: dict[str, dict[str, Any]] = {
    "seed": {"linestyle": "", "marker": "o", "markersize": 4, "color": PALETTE["ours"]},
    "interval": {"linestyle": "", "marker": "|", "markersize": 8, "color": PALETTE["ours"]},
    "bayes_optimal": {"linestyle": "", "marker": "D", "markersize": 4, "color": PALETTE["bayes_optimal"]},
}
"""What stands on and beside our bars, as the legend shows it."""
LABELS = {
    "seed": "one seed",
    "interval": "95 % interval of the mean",
    "published": "published",
    "bayes_optimal": "Bayes-optimal",
}
OUTLINE: dict[str, Any] = {"facecolor": "none", "edgecolor": PALETTE["published"], "linewidth": 1.2}
"""How published bars look."""

WINDOWS = 50
"""A learning curve is a running mean over one window in so many of the training."""
MAX_POINTS = 400
"""Points drawn of one learning curve: as many as print can show."""


@dataclass(frozen=True)
class LearningCurves:
    """Reward as training goes, and what it is held against."""

    episodes: Real[np.ndarray, " episode"]
    """Training episodes completed at each point, ascending."""
    reward: Real[np.ndarray, "seed episode"]
    """Reward of each seed in one episode, at each point."""
    chance: float
    """Reward per episode of random choices."""
    bayes_optimal: float
    """Reward per episode of the agent that infers the better state as well as can be."""
    oracle: float
    """Reward per episode of an agent that knows the better state."""

    def __post_init__(self) -> None:
        if not self.reward.size:
            raise UserError(f"`reward` must not be empty, got shape {self.reward.shape}. Train first.")

    @property
    def window(self) -> int:
        """Points that one running mean covers."""
        return max(1, len(self.episodes) // WINDOWS)

    def smoothed(self) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, "seed point"]]:
        """The mean episode and the mean reward of each whole window, thinned to about `MAX_POINTS`."""
        kernel = np.full(self.window, 1 / self.window)
        points = len(self.episodes) - self.window + 1
        # From the end backwards, so that the curve ends where training does.
        drawn = np.arange(points - 1, -1, -max(1, points // MAX_POINTS))[::-1]
        every = np.stack([np.convolve(row, kernel, "valid") for row in (self.episodes, *self.reward)])
        return every[0, drawn], every[1:, drawn]


def stay_bars(result: Mapping[str, Any], ax: Axes, *, trials: str = "stay_probability") -> None:
    """Stay probabilities after each kind of trial: ours as bars with a dot a seed and their interval, beside
    the published ones and the Bayes-optimal agent's.

    The axis shows all of 0 to 1 and a margin, so that no dot is hidden; what of an interval lies beyond 0 or
    1 is cut off.

    Arguments:
        result: as in `results.json`, of which it reads "stay_probability": for each transition and outcome
            "per_seed", "mean", "interval95", and "published" and "bayes_optimal", which may be null.
        ax: where to draw.
        trials: the entry to read instead: "first_transition" is of the first trial of each episode only.
    """
    with style():
        shown = set()
        for group, outcome in enumerate(OUTCOMES):
            for transition, slot in zip(TRANSITIONS, (group - 0.25, group + 0.25), strict=True):
                part = result[trials][f"{transition}_{outcome}"]
                shown |= _stay_slot(part, ax, slot, f"{transition}_{outcome}", PALETTE[transition])
        ax.axhline(0, color="black", linewidth=0.8, zorder=3)
        ax.spines["bottom"].set_visible(False)
        ax.spines["left"].set_bounds(0, 1)
        ax.set_xlim(-0.5, 1.5)
        ax.set_ylim(-0.04, 1.05)
        ax.set_yticks(np.linspace(0, 1, 6))
        ax.set_xticks([0, 1], ["after reward", "after no reward"])
        ax.tick_params(axis="x", length=0, pad=16)
        slots = [group + side for group in (0, 1) for side in (-0.25, 0.25)]
        ax.set_xticks(slots, TRANSITIONS * 2, minor=True)
        ax.tick_params(axis="x", which="minor", length=0, pad=2)
        ax.set_ylabel("Stay probability" + (", first trial" if trials == "first_transition" else ""))
        handles: dict[str, Artist] = {kind: Line2D([], [], **looks) for kind, looks in MARKS.items()}
        handles["published"] = Patch(**OUTLINE)
        _legend(ax, {label: handles[kind] for kind, label in LABELS.items() if kind in shown})


def _stay_slot(part: Mapping[str, Any], ax: Axes, slot: float, name: str, color: str) -> set[str]:
    """Draw one condition around x = `slot`; returns which of the `MARKS` it has."""
    mean, published, bayes_optimal = (_number(part[key]) for key in ("mean", "published", "bayes_optimal"))
    seeds = np.array(part["per_seed"], np.float64)
    interval = np.clip(np.array(part["interval95"], np.float64), 0, 1)
    shown = set()
    if np.isnan(mean):
        ax.text(slot - 0.075, 0.02, "no such\ntrials", ha="center", fontsize=6.5, color="dimgrey")
    else:
        ax.bar(slot - 0.075, mean, 0.26, color=color, alpha=0.5, gid=f"ours-{name}")
    if np.isfinite(published):
        ax.bar(slot + 0.125, published, 0.05, **OUTLINE, gid=f"published-{name}")
        # A bar of height 0 would not be seen.
        ends, looks = [slot + 0.1, slot + 0.15], {"color": PALETTE["published"], "linewidth": 2.0}
        ax.plot(ends, [published] * 2, **looks, solid_capstyle="butt", clip_on=False, zorder=4)
        shown.add("published")
    # Seeds that behave alike stand side by side, never on top of each other.
    beside = np.linspace(-0.115, 0.115, len(seeds)) if len(seeds) > 1 else np.zeros(1)
    dot = {"color": color, "markersize": np.clip(27 / len(seeds), 2.0, 3.4), "markeredgecolor": "white"}
    for kind, x, y, looks in (
        ("interval", [slot + 0.08] * 2, interval, {"linestyle": "-", "marker": "_", "markersize": 4}),
        ("seed", slot - 0.075 + beside, seeds, dot | {"markeredgewidth": 0.3}),
        ("bayes_optimal", [slot + 0.2], np.array([bayes_optimal]), {}),
    ):
        if np.isfinite(y).any():
            mark: dict[str, Any] = MARKS[kind] | looks
            ax.plot(x, y, **mark, clip_on=False, zorder=4, gid=f"{kind}-{name}")
            shown.add(kind)
    return shown


def learning_curves(curves: LearningCurves, ax: Axes) -> None:
    """Reward per episode as training goes: a thin line a seed, their mean thick, beside chance, the
    Bayes-optimal agent and an oracle. Nothing is cut off: see `reward_axis`.

    Arguments:
        curves: what to draw. Each seed's curve is a running mean, over the window that the axis label states.
        ax: where to draw. The lines are named to the right of the axes: leave about 1.5 cm.
    """
    with style():
        episodes, seeds = curves.smoothed()
        several = len(seeds) > 1
        ours: dict[str, Any] = {"color": PALETTE["ours"], "clip_on": False}
        if len(episodes) == 1:
            ours |= {"marker": "o", "markersize": 3}
        legend = {}
        for number, seed in enumerate(seeds if several else []):
            thin = ax.plot(episodes, seed, **ours, alpha=0.35, linewidth=0.6, gid=f"seed-{number}")
            legend["one seed"] = thin[0]
        thick = ax.plot(episodes, seeds.mean(axis=0), **ours, linewidth=1.8, gid="mean")
        legend[f"mean of {len(seeds)} seeds" if several else "one seed"] = thick[0]
        _legend(ax, legend)

        references = {"oracle": curves.oracle, "Bayes-optimal": curves.bayes_optimal, "chance": curves.chance}
        reward_axis(ax, seeds, references)
        ax.set_xlim(0, curves.episodes[-1])
        reference_lines(references, ax)
        span = round(curves.window * curves.episodes[-1] / len(curves.episodes))
        smoothing = f"\n(running mean of {span:,})" if span > 1 else ""
        ax.set_ylabel(f"Reward per episode{smoothing}")
        count_episodes(ax)


def training_curves(folder: Path, results: Mapping[str, Any], *, ideal: str) -> LearningCurves:
    """How reward rose in the training of the tested seeds.

    Arguments:
        folder: where `learning.csv` lies.
        results: what `results.json` holds; chance, an ideal agent and an oracle are in its "reward_per_episode".
        ideal: the ideal agent's name there.
    """
    learning = read_learning(folder).pivot(index="seed", columns="episode", values="reward").loc[results["seeds"]]
    reward = results["reward_per_episode"]
    return LearningCurves(
        episodes=learning.columns.to_numpy(),
        reward=learning.to_numpy(),
        chance=reward["chance"],
        bayes_optimal=reward[ideal],
        oracle=reward["oracle"],
    )


def _legend(ax: Axes, handles: Mapping[str, Artist]) -> None:
    inches = ax.get_window_extent().height / ax.figure.dpi
    below = (0.5, -0.42 / inches)
    ax.legend(handles.values(), handles.keys(), loc="upper center", bbox_to_anchor=below, ncols=2, handlelength=1.6)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
