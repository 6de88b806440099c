"""What can be read out of activity by a linear decoder, judged on episodes that it was not fitted to."""

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
    from sklearn.linear_model import RidgeCV  # slow to import

    predicted = _cross_validated(RidgeCV(PENALTIES), activity, variable, episode, num_folds)
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

    model = LogisticRegression(class_weight="balanced", max_iter=1000)
    predicted = _cross_validated(model, activity, label, episode, num_folds)
    return Decoded(float(balanced_accuracy_score(label, predicted)), predicted)


def _cross_validated(
    model: object, activity: np.ndarray, variable: np.ndarray, episode: np.ndarray, num_folds: int
) -> np.ndarray:
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if not len(activity) == len(variable) == len(episode):
        lengths = f"{len(activity)}, {len(variable)} and {len(episode)}"
        raise UserError(f"`activity`, `variable` and `episode` must be of one length, got {lengths}.")
    if (num := len(np.unique(episode))) < num_folds:
        raise UserError(f"`num_folds` must be at most the {num} episodes, got {num_folds}. Record more episodes.")
    scaled = make_pipeline(StandardScaler(), model)
    return np.asarray(cross_val_predict(scaled, activity, variable, groups=episode, cv=GroupKFold(num_folds)))
