"""Phase portraits and flow fields of networks that were fitted to behaviour."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prefrontal.agents.two_step.network import TwoStepNetwork
from prefrontal.figures.parts import Above
from prefrontal.figures.style import PALETTE, style
from prefrontal.fitting.networks.portraits import flow_field, trial_fixed_points, trial_kinds

KINDS = (("common", 1), ("common", 0), ("uncommon", 1), ("uncommon", 0))
"""The lines of a portrait: transition and reward."""
NUM_BINS = 12
FEWEST = 3
"""Trials of a bin that is drawn."""
COLUMNS = 4
NUM_ARROWS = 8
"""Along each side of a panel."""
STABILITY = {"attractor": "o", "saddle": "X", "repeller": "s", "marginal": "D"}


def plot_portrait(portrait: pd.DataFrame, title: str = "Phase portrait") -> Figure:
    """How the preference changes from one trial to the next, a panel a choice, a curve a kind of trial: each dot is a
    trial, each line its means in bins.

    Arguments:
        portrait: of `phase_portrait`.
        title: the figure's title.

    Returns:
        The figure.

    Example:
        >>> figure = pf.plot_portrait(pf.phase_portrait(pf.Hybrid(), table[table["subject"] == 0]))
        >>> len(figure.axes)
        2
    """
    caption = "Each dot a trial, lines: means in bins. Where a line crosses zero, such trials leave the preference be."
    with style():
        above = Above(7.2, title, caption)
        height = 2.9 + above.height
        figure = Figure(figsize=(7.2, height), layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(rect=(0, 0, 1, 1 - (above.height + 0.05) / height))  # pyright: ignore
        panels = figure.subplots(1, 2, sharex=True, sharey=True)
        for choice, ax in enumerate(panels):
            ax.axhline(0, color=PALETTE["chance"], linewidth=0.8, linestyle=(0, (4, 2)))
            for transition, reward in KINDS:
                own = portrait["choice"].eq(choice) & portrait["reward"].eq(reward)
                own &= portrait["common"].astype(bool).eq(transition == "common")
                _curve(ax, portrait.loc[own], transition, reward)
            ax.set_title(f"after choice {choice}")
            ax.set_xlabel("Log odds of choice 1")
        panels[0].set_ylabel("Change by the trial")
        lines = [Line2D([], [], color=PALETTE[kind], linestyle="-" if reward else ":") for kind, reward in KINDS]
        names = [f"{kind}, {'rewarded' if reward else 'not'}" for kind, reward in KINDS]
        panels[1].legend(lines, names, loc="center left", bbox_to_anchor=(1.02, 0.5))
        above.write(figure)
    return figure


def _curve(ax: Axes, trials: pd.DataFrame, transition: str, reward: int) -> None:
    x, y = trials["log_odds"].to_numpy(float), trials["change"].to_numpy(float)
    color = PALETTE[transition]
    looks = {"markeredgewidth": 0.0} if reward else {"markeredgewidth": 0.4, "fillstyle": "none"}
    ax.plot(x, y, "o", color=color, markersize=2.2, alpha=0.4, **looks)  # pyright: ignore[reportArgumentType]
    if len(x) < FEWEST:
        return
    order = np.argsort(x, kind="stable")
    bins = [part for part in np.array_split(order, min(NUM_BINS, len(x) // FEWEST)) if len(part)]
    means = np.array([[x[part].mean(), y[part].mean()] for part in bins])
    ax.plot(*means.T, color=color, linestyle="-" if reward else ":", linewidth=1.4)


def plot_flow(network: TwoStepNetwork, title: str = "Flow of two units") -> Figure:
    """Where each kind of trial takes a network of two units: a panel a kind, arrows for a trial, symbols for fixed
    points, shading for the preference.

    Arguments:
        network: a gru or an rnn of two units.
        title: the figure's title.

    Returns:
        The figure.

    Raises:
        UserError: when it is another network.

    Example:
        >>> network = pf.TwoStepNetwork("gru", 2, key=jax.random.key(0))
        >>> len(pf.plot_flow(network).axes)
        8
    """
    flow, points, kinds = flow_field(network, NUM_ARROWS), trial_fixed_points(network), trial_kinds(network)
    caption = (
        "Output of the first unit (across) and the second. Arrows: what a trial does. Shading: log odds, purple for "
        "choice\u00a01, orange for choice\u00a00. Circle: where such trials lead, an attractor; cross: saddle; "
        "square: repeller."
    )
    names = [name for name in kinds if name != "choice2" or network.second_options > 1]
    with style():
        above = Above(7.2, title, caption)
        rows = -(-len(kinds) // COLUMNS)
        height = 1.95 * rows + above.height
        figure = Figure(figsize=(7.2, height), layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(rect=(0, 0, 1, 1 - (above.height + 0.05) / height))  # pyright: ignore
        side = np.linspace(-1, 1, 41)
        grid = np.stack(np.meshgrid(side, side), axis=-1)
        odds = grid @ np.asarray(network.first) + float(network.first_bias)
        most = float(np.abs(odds).max()) or 1.0
        for place, ax in enumerate(figure.subplots(rows, COLUMNS).flat):
            kind = kinds.iloc[place]
            ax.imshow(odds, origin="lower", extent=(-1, 1, -1, 1), cmap="PuOr", vmin=-1.6 * most, vmax=1.6 * most)
            own = (flow[list(kinds)] == kind).all(axis=1)
            there = (points[list(kinds)] == kind).all(axis=1)
            arrows = flow.loc[own, ["unit_0", "unit_1", "change_0", "change_1"]].to_numpy(float).T
            ax.quiver(*arrows, angles="xy", scale_units="xy", scale=1.0, width=0.006, color=PALETTE["ours"])
            for point in points.loc[there].itertuples():
                if max(abs(point.unit_0), abs(point.unit_1)) <= 1:
                    mark = STABILITY[point.stability]
                    ax.plot(point.unit_0, point.unit_1, mark, color=PALETTE["unrewarded"], markersize=6)
            ax.set_title(" ".join(f"{name} {kind[name]}" for name in names), fontsize=7)
            ax.set(xlim=(-1, 1), ylim=(-1, 1), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
            if place % COLUMNS:
                ax.set_yticklabels([])
            if place // COLUMNS < rows - 1:
                ax.set_xticklabels([])
        above.write(figure)
    return figure
