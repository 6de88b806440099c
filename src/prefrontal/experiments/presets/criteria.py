"""What a study has to know of an experiment beside its config: above all, what it asks of a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prefrontal.experiments.presets.base import Published


@dataclass(frozen=True)
class TwoStepCriteria:
    """Of a network on the two-step task, judged by its stay probabilities and its reward."""

    learned_reward: float
    """A seed has learned when its mean reward per test episode is at least this."""
    published_first: Mapping[str, Published] = field(default_factory=dict)
    """Stay probabilities after the first trial of an episode only, by measure. Empty: they are not looked at."""


@dataclass(frozen=True)
class WeightCriteria:
    """Of networks on the two-step task, judged by the regression of their choices on the kinds of past trials."""

    least_model_based: float
    """Every network is to have at least this model-based index."""
    most_model_free: float
    """And no more than this model-free index, either way."""


@dataclass(frozen=True)
class EmergenceCriteria:
    """Of networks tested with the weights that they had along their training."""

    least_model_based: float
    """A network has become model-based when its model-based index is at least this."""


@dataclass(frozen=True)
class LearningCriteria:
    """Of networks that learn one sooner, one later."""

    threshold: float
    """Reward per trial, 0 to 1, that tells a network that has learned from one that has not."""
    window: int
    """The reward is a running mean over so many episodes."""


@dataclass(frozen=True)
class InformativeArmCriteria:
    """Of a network that may pay for information, judged by whether it does and then uses it."""

    least_share: float
    """Share of episodes in which it must ask first, and of the later pulls that must be the target."""
    least_reward: float
    """Mean reward per episode that it must reach."""


@dataclass(frozen=True)
class RestlessCriteria:
    """Of networks against algorithms that learn at one rate, whose behaviour is fitted for a rate of their own."""

    block_episodes: int
    """Episodes of one volatility whose choices are fitted together."""


@dataclass(frozen=True)
class HarlowCriteria:
    """Of a network on Harlow's task, judged on objects that it was not trained on."""

    least_second: float
    """A seed has learned when it is right in at least this share of second trials."""


@dataclass(frozen=True)
class Setting:
    """A learning rate and a discount to train with."""

    learning_rate: float
    discount: float


@dataclass(frozen=True)
class BanditCriteria:
    """Of networks of several settings on each distribution of arms; the best of each are tested on every distribution.

    The networks that earn most in the first half of the test episodes of their own distribution are chosen; what is
    reported of them is measured in the second half.
    """

    settings: Mapping[str, tuple[Setting, ...]]
    """What is tried, by distribution."""
    num_best: int
    """Networks chosen for each distribution."""


def published_stays(
    values: Sequence[float], tolerances: Sequence[float], source: str, *, first: bool = False
) -> dict[str, Published]:
    """Published stay probabilities by measure, in the order of `analysis.behaviour.TRIAL_KINDS`.

    Arguments:
        values: after common and uncommon transitions, rewarded; then the same unrewarded.
        tolerances: how near ours has to come to each.
        source: where they are from.
        first: whether they are of the first trial of an episode only.
    """
    kinds = ("common_rewarded", "uncommon_rewarded", "common_unrewarded", "uncommon_unrewarded")
    prefix = "stay, first, " if first else "stay, "
    return {
        kind: Published(prefix + kind.replace("_", " "), value, tolerance, source)
        for kind, value, tolerance in zip(kinds, values, tolerances, strict=True)
    }
