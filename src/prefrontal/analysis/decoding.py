"""What can be read out of activity by a linear decoder, judged on episodes that it was not fitted to."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped

from prefrontal.errors import UserError

PENALTIES = np.logspace(-4, 4, 9)
"""Ridge penalties tried, for units of variance 1."""


@dataclass(frozen=True)
class Decoded:
    """What a decoder made of activity that it was not fitted to."""

    score: float
    """r^2 of a continuous variable: 1 is perfect, 0 no better than its mean, below 0 worse.
    Balanced accuracy of a class: the mean over classes of the share recognised."""
    predicted: Shaped[np.ndarray, "sample *output"]
    """For every sample, by the decoder fitted without its episode."""


def decode(
    activity: Float[np.ndarray, "sample unit"],
    variable: np.ndarray,
    episode: np.ndarray,
    *,
    num_folds: int = 5,
) -> Decoded:
    """Read a continuous variable out of activity by ridge regression, cross-validated over episodes.

    The steps of one episode are never split between fitting and testing: they resemble each other. In each fold the
    penalty is the best of `PENALTIES` on the fitting episodes alone, by leave-one-out.

    Arguments:
        activity: (sample, unit).
        variable: (sample,), numbers; or (sample, output), several at once.
        episode: (sample,), which episode each is from.
        num_folds: parts that the episodes are divided into; each is tested once.

    Returns:
        The r² of the predictions, and these, each by a decoder that had not seen the sample's episode.

    Raises:
        UserError: when there are fewer episodes than folds, or the lengths differ.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> variable, episode = rng.normal(size=60), np.repeat(np.arange(6), 10)
        >>> activity = variable[:, None] + 0.1 * rng.normal(size=(60, 2))
        >>> round(pf.decode(activity, variable, episode).score, 1)
        1.0
    """
    predicted = np.zeros(np.shape(variable))
    for fitted, tested in _folds(activity, variable, episode, num_folds):
        predicted[tested] = ridge(activity[fitted], variable[fitted], activity[tested])
    spread = np.sum((variable - variable.mean(axis=0)) ** 2)
    score = 1 - np.sum((variable - predicted) ** 2) / spread if spread > 0 else np.nan
    return Decoded(float(score), predicted)


def classify(
    activity: Float[np.ndarray, "sample unit"],
    label: np.ndarray,
    episode: np.ndarray,
    *,
    num_folds: int = 5,
) -> Decoded:
    """Read a class out of activity by logistic regression, cross-validated over episodes.

    Classes weigh the same, however frequent. For the arguments see `decode`.

    Arguments:
        activity: (sample, unit).
        label: (sample,), the class of each.
        episode: (sample,), which episode each is from.
        num_folds: parts that the episodes are divided into; each is tested once.

    Returns:
        Balanced accuracy, and the class predicted for every sample by a decoder that had not seen its episode.

    Raises:
        UserError: when there are fewer episodes than folds, or the lengths differ.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> label, episode = np.tile([0, 1], 30), np.repeat(np.arange(6), 10)
        >>> activity = label[:, None] + 0.1 * rng.normal(size=(60, 2))
        >>> pf.classify(activity, label, episode).score
        1.0
    """
    from sklearn.linear_model import LogisticRegression  # slow to import
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
    predicted = np.empty_like(label)
    for fitted, tested in _folds(activity, label, episode, num_folds):
        predicted[tested] = model.fit(activity[fitted], label[fitted]).predict(activity[tested])
    return Decoded(float(balanced_accuracy_score(label, predicted)), predicted)


def ridge(
    activity: Float[np.ndarray, "sample unit"],
    variable: Shaped[np.ndarray, "sample *output"],
    new: Float[np.ndarray, "other unit"],
) -> Float[np.ndarray, "other *output"]:
    r"""Predictions by ridge regression on units of variance 1, with a constant that is not penalised and the one of
    `PENALTIES` whose predictions of samples left out one by one have the least squared error.

    With X' X = V S V' of the scaled activity X of N samples, a sample left out is missed by its residual over 1 - h,
    h = 1/N + sum_j (X V)_j^2 / (S_j + penalty): all penalties share one decomposition. scikit-learn's
    `RidgeCV(PENALTIES)` gives the same in some fifty times the time.

    Arguments:
        activity: to fit to.
        variable: what is to be read out of it; one number a sample, or several.
        new: activity to read it out of.
    """
    mean, scale = activity.mean(axis=0, dtype=np.float64), activity.std(axis=0, dtype=np.float64)
    scale[scale == 0] = 1.0
    samples = (activity - mean) / scale
    target = np.asarray(variable, np.float64).reshape(len(variable), -1)
    centre = target.mean(axis=0)
    spectrum, axes = np.linalg.eigh(samples.T @ samples)
    turned = samples @ axes
    onto = turned.T @ (target - centre)
    shrinkage = 1 / (np.maximum(spectrum, 0)[:, None] + PENALTIES)
    leverage = 1 / len(samples) + turned**2 @ shrinkage
    weights = shrinkage[:, :, None] * onto[:, None]  # (axis, penalty, output)
    residuals = (target - centre)[:, None] - np.tensordot(turned, weights, axes=1)
    errors = np.mean((residuals / (1 - leverage)[:, :, None]) ** 2, axis=(0, 2))
    weights = axes @ weights[:, np.argmin(errors)]
    return (centre + (new - mean) / scale @ weights).reshape(len(new), *np.shape(variable)[1:])


def _folds(
    activity: np.ndarray, variable: np.ndarray, episode: np.ndarray, num_folds: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The places of the samples to fit to and to test, fold by fold."""
    from sklearn.model_selection import GroupKFold  # slow to import

    if not len(activity) == len(variable) == len(episode):
        lengths = f"{len(activity)}, {len(variable)} and {len(episode)}"
        raise UserError(f"`activity`, `variable` and `episode` must be of one length, got {lengths}.")
    if (num := len(np.unique(episode))) < num_folds:
        raise UserError(f"`num_folds` must be at most the {num} episodes, got {num_folds}. Record more episodes.")
    yield from GroupKFold(num_folds).split(activity, groups=episode)
