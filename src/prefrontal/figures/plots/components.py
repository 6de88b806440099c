"""Activity seen along its principal components."""

from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prefrontal.analysis.projections import Components, principal_components
from prefrontal.errors import UserError
from prefrontal.figures.style import PALETTE, style

COLORS = [PALETTE[name] for name in ("common", "uncommon", "bayes_optimal", "published", "oracle", "rewarded")]
MOST_DOTS = 4_000
"""So many samples are drawn, evenly spaced among all."""


def plot_components(
    activity: Float[Any, "*axes unit"],
    by: Shaped[Any, "*axes"] | None = None,
    title: str = "",
    *,
    components: Components | None = None,
    legend: str = "",
) -> Figure:
    """Activity on its first two principal components, a dot a sample.

    Arguments:
        activity: (..., unit), such as `Trajectory.activity`, or some of its steps; all leading axes are samples.
        by: what colours the dots, (...): a few labels, or numbers, which are given a scale. None: nothing.
        title: the figure's title.
        components: the axes, where they are not to be those of this activity: see `principal_components`.
        legend: what `by` is, over its labels or beside its scale.

    Returns:
        The figure.

    Raises:
        UserError: when there are fewer than two samples or units, or `by` has not a value for each sample.

    Example:
        >>> played = pf.evaluate(agent, task, jax.random.key(0), num_episodes=4)
        >>> figure = pf.plot_components(played.activity, by=played.action, legend="action")
        >>> figure.axes[0].get_xlabel().split(",")[0]
        'Component 1'
    """
    activity = np.asarray(activity, float)
    if activity.ndim < 2 or activity.shape[-1] < 2:
        raise UserError(f"`activity` must have samples of two units or more, got shape {activity.shape}.")
    found = principal_components(activity, 2) if components is None else components
    if len(found.axes) < 2:
        raise UserError(f"`components` must be two or more, got {len(found.axes)}. Ask for two.")
    values = None if by is None else np.asarray(by)
    if values is not None and values.shape != activity.shape[:-1]:
        raise UserError(f"`by` must have a value for each sample, {activity.shape[:-1]}, got {values.shape}.")
    every = -(-activity[..., 0].size // MOST_DOTS)
    places = found.project(activity)[..., :2].reshape(-1, 2)[::every]
    with style():
        figure = Figure(figsize=(4.2, 3.2), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.subplots()
        looks: dict[str, Any] = {"s": 6, "linewidths": 0, "alpha": 0.6}
        if values is None:
            ax.scatter(*places.T, color=PALETTE["ours"], **looks)
        elif len(labels := np.unique(values)) <= len(COLORS):
            for label, color in zip(labels, COLORS, strict=False):
                ax.scatter(*places[values.ravel()[::every] == label].T, color=color, label=str(label), **looks)
            figure.legend(loc="outside right upper", markerscale=2, title=legend or None)
        else:
            drawn = ax.scatter(*places.T, c=values.ravel()[::every], cmap="viridis", **looks)
            figure.colorbar(drawn, ax=ax, label=legend)
        for number, label in enumerate((ax.set_xlabel, ax.set_ylabel)):
            label(f"Component {number + 1}, {found.variance_share[number]:.0%} of the variance")
        if title:
            ax.set_title(title, parse_math=False)
    return figure
