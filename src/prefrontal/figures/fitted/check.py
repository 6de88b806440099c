"""The figure of generative checks: what fitted models do, drawn over what those did whom they were fitted to."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.figures.parts import Above
from prefrontal.figures.style import PALETTE, style
from prefrontal.fitting.checks import FitCheck

ROW, BELOW = 1.75, 0.75
"""Inches: a row of panels, and the labels and the legend below them."""
ONE_BACK = {"stay": "stay", "reward": "reward", "transition": "trans.", "reward_x_transition": "reward\nx trans."}
SIMULATED = {"color": PALETTE["published"], "linewidth": 1.6}


def plot_check(
    checks: FitCheck | Sequence[FitCheck], title: str = "Do fitted models behave like those fitted?"
) -> Figure:
    """What each model does when it plays with everybody's parameters, over what those did whom it was fitted to: a row
    a model; stay probabilities, weights of the one-back and of the multi-back regression.

    Arguments:
        checks: of `check_fit`, one or several.
        title: the figure's title.

    Returns:
        The figure.

    Example:
        >>> fit = pf.fit_model(table, "win-stay-lose-shift", num_starts=2)
        >>> len(pf.plot_check(pf.check_fit(table, fit, num_simulations=3)).axes)
        3
    """
    checks = [checks] if isinstance(checks, FitCheck) else list(checks)
    caption = (
        "Bars, lines: observed means, with 95 % intervals. Diamonds, bands: simulated means, and where 95 % of "
        "simulated studies lie. Distance: of both, in standard deviations of studies; near 1 if the model is right."
    )
    with style():
        above = Above(7.2, title, caption)
        height = ROW * len(checks) + BELOW + above.height
        figure = Figure(figsize=(7.2, height), layout="constrained")
        FigureCanvasAgg(figure)
        legend = 0.28 / height
        room = 1 - legend - (above.height + 0.05) / height
        figure.get_layout_engine().set(rect=(0, legend, 1, room), h_pad=0.08)  # pyright: ignore
        axes = figure.subplots(len(checks), 3, squeeze=False, width_ratios=(1, 1, 1.25))
        for place, (check, (left, middle, right)) in enumerate(zip(checks, axes, strict=True)):
            _bars(left, check.table.loc["stay"], {kind: _kind(kind) for kind in TRIAL_KINDS}, transitions=True)
            left.set_ylim(0, 1.03)
            _bars(middle, check.table.loc["one_back"], ONE_BACK)
            _lags(right, check.table.loc["multi_back"])
            left.set_ylabel("Stay probability")
            for ax in (middle, right):
                ax.set_ylabel("Weight (log odds)")
                ax.axhline(0, color="black", linewidth=0.6, zorder=0)
                ax.yaxis.set_major_locator(MaxNLocator(5))
            left.set_title(f"{check.model}: distance {check.distance:.1f}, p = {check.p:.2f}", loc="left", fontsize=8)
            if place == len(checks) - 1:
                right.set_xlabel("Trials ago")
            else:
                for ax in (left, middle, right):
                    ax.set_xticklabels([])
        for ax in axes[:, 1:].T:
            limits = np.array([one.get_ylim() for one in ax])
            for one in ax:
                one.set_ylim(limits[:, 0].min(), limits[:, 1].max())
        above.write(figure)
        figure.legend(handles=_handles(), loc="lower center", ncols=5, fontsize=7, columnspacing=1.2)
    return figure


def _bars(ax: Axes, rows: pd.DataFrame, names: Mapping[str, str], *, transitions: bool = False) -> None:
    """Observed: bars and intervals. Simulated, beside their middle: diamonds, and where 95 % of studies lie."""
    for place, name in enumerate(names):
        row = rows.loc[name]
        color = PALETTE[name.split("_")[0]] if transitions else PALETTE["chance"]
        ax.bar(place, row["observed"], 0.7, color=color, alpha=0.4, gid=f"observed-{name}")
        ax.vlines(place - 0.14, row["observed_low"], row["observed_high"], color=PALETTE["ours"], linewidth=1.2)
        ax.vlines(place + 0.14, row["low"], row["high"], **SIMULATED)
        ax.plot([place + 0.14], [row["simulated"]], "D", color=PALETTE["published"], markersize=3.5)
    ax.set_xticks(range(len(names)), list(names.values()), fontsize=6.5)
    ax.tick_params(axis="x", length=0)


def _lags(ax: Axes, rows: pd.DataFrame) -> None:
    """Observed: a line a kind of trial. Simulated: a band each."""
    for kind in TRIAL_KINDS:
        own = rows.loc[[name for name in rows.index if str(name).rpartition("_")[0] == kind]]
        transition, outcome = kind.split("_")
        lag, color = np.arange(1, len(own) + 1), PALETTE[transition]
        rewarded = outcome == "rewarded"
        ax.fill_between(
            lag, own["low"].to_numpy(float), own["high"].to_numpy(float), color=color, linewidth=0, alpha=0.25
        )
        ax.plot(
            lag, own["observed"], color=color, linestyle="-" if rewarded else (0, (3, 1.5)), marker="o", markersize=3.2,
            markerfacecolor=color if rewarded else "white", linewidth=1, gid=f"observed-{kind}",
        )  # fmt: skip
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def _kind(kind: str) -> str:
    return (
        kind.replace("_", "\n")
        .replace("unrewarded", "no rew.")
        .replace("rewarded", "reward")
        .replace("uncommon", "unc.")
    )


def _handles() -> list[Line2D | Patch]:
    outcomes: tuple[tuple[str, Any, str], ...] = (
        ("rewarded", "-", PALETTE["ours"]),
        ("unrewarded", (0, (3, 1.5)), "white"),
    )
    return [
        *(Patch(color=PALETTE[name], alpha=0.6, label=f"{name} transition") for name in ("common", "uncommon")),
        *(
            Line2D(
                [],
                [],
                color=PALETTE["ours"],
                linestyle=dashes,
                marker="o",
                markersize=3.2,
                markerfacecolor=face,
                label=name,
            )
            for name, dashes, face in outcomes
        ),
        Line2D([], [], color=PALETTE["published"], linewidth=1.6, marker="D", markersize=3.5, label="simulated"),
    ]
