"""Figures of your own results: fits, behaviour, learning. Each is returned, a Matplotlib figure; nothing is saved.

Save one with `save_figure`, or with its own `savefig`. A notebook shows it when it is the last line of a cell.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from prefrontal.agents.two_step import find_model
from prefrontal.analysis.behaviour import Trials, stay_probability
from prefrontal.analysis.published import PRINTED
from prefrontal.analysis.summary import NUM_LAGS, behaviour, printed
from prefrontal.errors import UserError, check_choice, counted
from prefrontal.figures.behaviour import MOST_GROUPS, behaviour_figure
from prefrontal.figures.fits import MOST_DOTS, comparison_figure, estimates_figure, labels_of, selection_figure
from prefrontal.figures.panels import OUTCOMES, TRANSITIONS, WINDOWS
from prefrontal.figures.rewards import reference_lines
from prefrontal.figures.style import PALETTE, style
from prefrontal.fitting.comparison import Comparison
from prefrontal.fitting.fit import Fit
from prefrontal.fitting.hierarchical import Posterior
from prefrontal.fitting.intervals import fit_intervals
from prefrontal.fitting.model_selection import ModelSelection
from prefrontal.learning.training import TrainedAgents

Tables = pd.DataFrame | Mapping[str, pd.DataFrame]
"""A trial table, or several by the name of the group."""


def plot_fit(fit: Fit | Posterior, title: str | None = None) -> Figure:
    """Every subject's parameters, a panel a parameter, with their 95 % intervals (see `fit_intervals`): subjects in the
    same rows everywhere, sorted by the first parameter; or a histogram, where there are more than forty.

    Arguments:
        fit: of `fit_model` or `fit_hierarchy`; of the latter, posterior means are drawn.
        title: the figure's title. None: model, method and subjects.

    Returns:
        The figure.

    Example:
        >>> figure = pf.plot_fit(pf.fit_model(table, "win-stay-lose-shift", num_starts=2))
        >>> [ax.get_xlabel() for ax in figure.axes][:1]
        ['stay']
    """
    posterior = isinstance(fit, Posterior)
    if title is None:
        count = counted(len(fit.table), "subject")
        title = (
            f"{fit.model}, hierarchical: {count}; posterior means"
            if posterior
            else f"{fit.model}, {fit.method}: {count}"
        )
    declared = find_model(fit.model).parameters(fit.task, fit.fixed)
    labels = labels_of({name: declared[name] for name in fit.parameters})
    return estimates_figure(fit.table, fit_intervals(fit), labels, title)


def plot_comparison(comparison: Comparison, title: str = "Models compared") -> Figure:
    """How models compare: the sum of BIC over subjects above the best model's, and how many subjects each fits best.

    Arguments:
        comparison: of `compare_fits`.
        title: the figure's title.

    Returns:
        The figure.

    Example:
        >>> fits = [pf.fit_model(table, name, num_starts=2) for name in ("win-stay-lose-shift", "biased-random")]
        >>> figure = pf.plot_comparison(pf.compare_fits(fits))
        >>> figure.axes[0].get_xlabel()
        "Sum of BIC above the best model's"
    """
    return comparison_figure(comparison.bic, title)


def plot_selection(selection: ModelSelection, title: str = "Who uses which model") -> Figure:
    """How frequent models are in the population, and which of them each subject uses.

    Arguments:
        selection: of `select_models`, or `compare_fits(...).selection`.
        title: the figure's title.

    Returns:
        The figure.

    Example:
        >>> fits = [pf.fit_model(table, name, num_starts=2) for name in ("win-stay-lose-shift", "biased-random")]
        >>> figure = pf.plot_selection(pf.compare_fits(fits).selection)
        >>> figure.axes[1].get_xlabel()
        'Subjects, sorted by the model they use (6)'
    """
    return selection_figure(selection, title)


def plot_stay(tables: Tables, title: str = "", *, trials: Trials = "all") -> Figure:
    """Stay probability after each kind of trial: a panel a group, bars over its subjects and a dot a subject.

    Arguments:
        tables: a trial table (see `prefrontal.trials.table`), or several by the name of the group.
        title: the figure's title.
        trials: "all" pairs of consecutive trials, or only the "first" of each session; see `stay_probability`.

    Returns:
        The figure.

    Raises:
        UserError: when a table is no trial table, or there is none.

    Example:
        >>> figure = pf.plot_stay({"simulated": table}, "Six subjects")
        >>> [ax.get_title() for ax in figure.axes]
        ['simulated']
    """
    groups = _by_name(tables)
    stays = {name: stay_probability(table, trials=trials) for name, table in groups.items()}
    with style():
        figure = Figure(figsize=(max(3.6, min(7.2, 0.6 + 2.2 * len(stays))), 2.9), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, len(stays), squeeze=False, sharey=True)[0]
        for ax, (name, stay) in zip(axes, stays.items(), strict=True):
            for group, outcome in enumerate(OUTCOMES):
                for transition, place in zip(TRANSITIONS, (group - 0.22, group + 0.22), strict=True):
                    values = stay[f"{transition}_{outcome}"].dropna().to_numpy(float)
                    ax.bar(place, values.mean() if len(values) else 0, 0.4, color=PALETTE[transition], alpha=0.6)
                    beside = np.linspace(-0.1, 0.1, len(values)) if len(values) > 1 else np.zeros(len(values))
                    if len(values) <= MOST_DOTS:
                        ax.plot(place + beside, values, "o", color=PALETTE["ours"], markersize=2.6, mew=0, alpha=0.8)
            ax.set_title(name, fontsize=8, parse_math=False)
            ax.set_xticks([0, 1], ["after\nreward", "after\nno reward"])
            ax.tick_params(axis="x", length=0)
            ax.set_ylim(0, 1.03)
        axes[0].set_ylabel("Stay probability" + (", first trials" if trials == "first" else ""))
        handles = [Patch(color=PALETTE[name], alpha=0.6, label=f"{name} transition") for name in TRANSITIONS]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
        if title:
            figure.suptitle(title, fontsize=10, weight="bold")
    return figure


def plot_behaviour(
    tables: Tables, title: str = "", *, num_lags: int = NUM_LAGS, published: Sequence[str] = ()
) -> Figure:
    """Groups side by side: stay probabilities, the weights of the multi-back regression by lag, and its indices.

    Arguments:
        tables: a trial table (see `prefrontal.trials.table`), or several by the name of the group, six at most.
        title: the figure's title.
        num_lags: lags of the multi-back regression.
        published: groups known from print to stand beside them: "rats", "networks".

    Returns:
        The figure.

    Raises:
        UserError: when a table is no trial table, has no trials that follow one another, or there are too many.

    Example:
        >>> figure = pf.plot_behaviour(table, num_lags=2)
        >>> len(figure.axes)
        3
    """
    groups = _by_name(tables)
    if len(groups) + len(published) > MOST_GROUPS:
        got = len(groups) + len(published)
        raise UserError(f"`tables` must be {MOST_GROUPS} at most to fit on a page, got {got}. Draw fewer.")
    for name in published:
        check_choice("published", name, list(PRINTED))
    measured = [behaviour(name, table, num_lags=num_lags) for name, table in groups.items()]
    return behaviour_figure([*measured, *(printed(PRINTED[name]) for name in published)], title)


def plot_learning(
    trained: TrainedAgents,
    title: str = "",
    *,
    measure: str = "reward",
    levels: Mapping[str, float] = MappingProxyType({}),
) -> Figure:
    """How training went: the running mean of a measure of each episode, a thin line a seed, and their mean thick.

    Arguments:
        trained: of `train_agents`.
        title: the figure's title.
        measure: which of `trained.metrics`, such as "reward", the reward of an episode.
        levels: values to hold it against, by name, such as what guessing earns: {"chance": 5.0}. Dashed lines.

    Returns:
        The figure.

    Raises:
        UserError: when there is no such measure.

    Example:
        >>> trained = pf.train_agents(task, pf.RecurrentConfig(hidden_size=2), pf.recipe("robust", num_episodes=50))
        >>> pf.plot_learning(trained, levels={"chance": 5.0}).axes[0].get_xlabel()
        'Training episodes'
    """
    if measure not in trained.metrics:
        raise UserError(f"`measure` must be one of {', '.join(trained.metrics)}, got {measure}.")
    values = trained.metrics[measure]
    window = max(1, values.shape[1] // WINDOWS)
    with style():
        figure = Figure(figsize=(3.8, 2.8), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.subplots()
        running = np.stack([np.convolve(row, np.full(window, 1 / window), "valid") for row in values])
        episodes = np.arange(running.shape[1]) + (window + 1) / 2
        looks: dict[str, Any] = {"color": PALETTE["ours"]}
        for row in running if len(running) > 1 else ():
            (thin,) = ax.plot(episodes, row, **looks, alpha=0.4, linewidth=0.6)
            thin.set_label("" if thin is not ax.lines[0] else "one seed")
        several = f"mean of {len(running)} seeds" if len(running) > 1 else f"seed {trained.seeds[0]}"
        ax.plot(episodes, running.mean(axis=0), **looks, linewidth=1.8, label=several)
        ax.set_ylim(*_with_room([*ax.get_ylim(), *levels.values()]))
        if levels:
            reference_lines(levels, ax)
        figure.legend(loc="outside lower center", ncols=2)
        ax.set_xlabel("Training episodes")
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        ax.set_ylabel(measure.replace("_", " ").capitalize() + (f"\nrunning mean of {window:,}" if window > 1 else ""))
        if title:
            ax.set_title(title)
    return figure


def _with_room(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return low - 0.03 * (high - low), high + 0.03 * (high - low)


def _by_name(tables: Tables) -> dict[str, pd.DataFrame]:
    groups = {"all": tables} if isinstance(tables, pd.DataFrame) else dict(tables)
    if not groups:
        raise UserError("`tables` must hold a trial table or more, got none. Read one first: `read_trials`.")
    return groups
