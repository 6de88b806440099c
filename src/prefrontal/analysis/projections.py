"""Low-dimensional views of activity."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from prefrontal.errors import UserError


@dataclass(frozen=True)
class Components:
    """Principal components of some activity. Made by `principal_components`.

    Example:
        >>> components = pf.principal_components(np.array([[0.0, 1.0], [1.0, 0.0], [2.0, -1.0]]))
        >>> components.variance_share.round(3).tolist(), round(components.dimensionality, 3)
        ([1.0, 0.0], 1.0)
    """

    mean: Float[np.ndarray, " unit"]
    axes: Float[np.ndarray, "component unit"]
    """Orthonormal; by falling variance. The largest weight of each is positive, so that equal data give equal axes."""
    variance_share: Float[np.ndarray, " component"]
    """Of all variance, 0 to 1."""

    def project(self, activity: Float[Any, "*axes unit"]) -> Float[np.ndarray, "*axes component"]:
        """Where `activity` lies on the axes."""
        return (np.asarray(activity) - self.mean) @ self.axes.T

    @property
    def dimensionality(self) -> float:
        """The participation ratio of the variances, (sum v)^2 / sum v^2: how many components share the variance.

        Exact when all components were asked for. Reference: Gao et al. (2017), bioRxiv 214262.
        """
        return float(self.variance_share.sum() ** 2 / np.sum(self.variance_share**2))


def principal_components(activity: Float[Any, "*axes unit"], num_components: int | None = None) -> Components:
    """The orthogonal axes along which `activity` varies most.

    Arguments:
        activity: (..., unit); all leading axes are samples.
        num_components: how many; None for all there are.

    Returns:
        The components: `project` says where activity lies on them.

    Raises:
        UserError: with fewer than two samples, or when more components are asked for than there are.

    Example:
        >>> played = pf.evaluate(agent, task, jax.random.key(0), num_episodes=3)
        >>> components = pf.principal_components(played.activity, 2)
        >>> components.project(played.activity).shape
        (3, 10, 2)
    """
    from sklearn.decomposition import PCA  # slow to import

    samples = np.asarray(activity, np.float64).reshape(-1, activity.shape[-1])
    most = min(samples.shape)
    if len(samples) < 2:
        raise UserError(f"`activity` must have at least two samples, got {len(samples)}. Record more steps.")
    if num_components is not None and not 1 <= num_components <= most:
        raise UserError(f"`num_components` must be from 1 to {most}, got {num_components}.")
    fitted = PCA(num_components, svd_solver="full").fit(samples)
    axes, share = np.asarray(fitted.components_), np.asarray(fitted.explained_variance_ratio_)
    signs = np.sign(np.take_along_axis(axes, np.abs(axes).argmax(axis=1, keepdims=True), axis=1))
    return Components(np.asarray(fitted.mean_), signs * axes, share)


def coding_axes(
    activity: Float[np.ndarray, "*axes unit"], variables: Mapping[str, np.ndarray]
) -> dict[str, Float[np.ndarray, " unit"]]:
    """The direction of activity along which each of `variables` moves it, the others held.

    Every unit is regressed on all variables, standardised, and a constant. The slopes on one variable are its axis,
    scaled to length 1. Axes of different variables need not be orthogonal.

    Arguments:
        activity: (..., unit); all leading axes are samples.
        variables: by name, (...).

    Reference:
        Mante, Sussillo, Shenoy, Newsome (2013), Nature 503:78, Supplementary Information, section 6.5.

    Raises:
        UserError: when a variable is constant or not of the shape of the samples.
    """
    samples = np.asarray(activity, np.float64).reshape(-1, activity.shape[-1])
    columns = []
    for name, values in variables.items():
        if values.shape != activity.shape[:-1]:
            raise UserError(f"`{name}` must have the shape {activity.shape[:-1]}, got {values.shape}.")
        column = np.asarray(values, np.float64).ravel()
        if np.ptp(column) == 0:
            raise UserError(f"`{name}` must vary, got {column[0]:g} in every sample. Leave it out.")
        columns.append((column - column.mean()) / column.std())
    design = np.column_stack([np.ones(len(samples)), *columns])
    slopes = np.linalg.lstsq(design, samples, rcond=None)[0][1:]
    return {name: axis / np.linalg.norm(axis) for name, axis in zip(variables, slopes, strict=True)}
