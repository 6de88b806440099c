"""Prediction errors around a reversal of two cues: of the cue that was met since, and of the one that was not."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from prefrontal.analysis.prediction_errors import temporal_difference_errors
from prefrontal.configs.reversal import STEPS_PER_TRIAL
from prefrontal.rollouts.episodes import Trajectory

CONDITIONS = (
    "before_rewarded",
    "before_unrewarded",
    "experienced_rewarded",
    "experienced_unrewarded",
    "inferred_rewarded",
    "inferred_unrewarded",
)
"""Before: the first trial after a reversal, when nothing has told of it; the cue that was rewarded so far, and the
other. After: the second trial; the cue met in the first (experienced) or the other one (inferred), and whether it is
rewarded now."""


class ReversalTrials(NamedTuple):
    """A recorded test, trial by trial."""

    cue: Int[np.ndarray, "episode trial"]
    rewarded_cue: Int[np.ndarray, "episode trial"]
    errors: Float[np.ndarray, "episode trial step"]
    """The prediction errors that arrive with each step of a trial; NaN for the first step of an episode, which no
    value precedes."""


def reversal_trials(trajectory: Trajectory, discount: float) -> ReversalTrials:
    """The trials of a test on the reversal task, leaves (episode, time)."""
    event = trajectory.event
    error = temporal_difference_errors(trajectory.reward, trajectory.value, discount)
    arriving = np.concatenate([np.full((len(error), 1), np.nan), error], axis=1)
    return ReversalTrials(
        cue=np.asarray(event.cue)[:, 1::STEPS_PER_TRIAL],
        rewarded_cue=np.asarray(event.rewarded_cue)[:, ::STEPS_PER_TRIAL],
        errors=arriving.reshape(len(error), -1, STEPS_PER_TRIAL),
    )


def responses(trials: ReversalTrials, trials_per_block: int) -> dict[str, Float[np.ndarray, " step"]]:
    """The mean prediction error at each step of a trial, in each of `CONDITIONS`, at blocks that began with a reversal.

    The first block of an episode is left out: nothing came before it. NaN where a condition never occurred.

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 3, and Figure 4b.
    """
    first = np.arange(trials_per_block, trials.cue.shape[1], trials_per_block)
    now, past = trials.rewarded_cue[:, first], trials.rewarded_cue[:, first - 1]
    reversed_ = now != past
    met, then = trials.cue[:, first], trials.cue[:, first + 1]
    chosen = {
        "before_rewarded": (met == past, first),
        "before_unrewarded": (met != past, first),
        "experienced_rewarded": ((then == met) & (then == now), first + 1),
        "experienced_unrewarded": ((then == met) & (then != now), first + 1),
        "inferred_rewarded": ((then != met) & (then == now), first + 1),
        "inferred_unrewarded": ((then != met) & (then != now), first + 1),
    }
    steps = trials.errors.shape[-1]
    return {
        name: np.mean(trials.errors[:, trial][reversed_ & mask], axis=0)
        if (reversed_ & mask).any()
        else np.full(steps, np.nan)
        for name, (mask, trial) in chosen.items()
    }


def inferred_ratio(response: dict[str, float]) -> float:
    """How large the inferred cue's response is against the experienced one's: the difference between what the newly
    rewarded and the newly unrewarded cue evoke, inferred over experienced. 1 is full inference, 0 is none."""
    difference = {
        name: response[f"{name}_rewarded"] - response[f"{name}_unrewarded"] for name in ("inferred", "experienced")
    }
    return difference["inferred"] / difference["experienced"] if difference["experienced"] else float("nan")
