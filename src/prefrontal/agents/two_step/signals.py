"""What cognitive models hold in mind in each trial: the signals that are looked for in brains."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

Signals = dict[str, Float[Array, ""]]
"""Of one trial, by name: some of `DESCRIBED`."""


class Described(NamedTuple):
    """What a signal is."""

    description: str
    units: str


DESCRIBED = {
    "choice_probability": Described("Probability of the first-stage choice that was made, before it", "probability"),
    "choice_entropy": Described("Entropy of the first-stage choice, before it", "nat"),
    "choice2_probability": Described("Probability of the second-stage choice that was made, before it", "probability"),
    "choice2_entropy": Described("Entropy of the second-stage choice, before it", "nat"),
    "chosen_value_model_free": Described("Model-free value of the first-stage choice, Q1(a)", "reward"),
    "unchosen_value_model_free": Described("Model-free value of the other first-stage choice", "reward"),
    "chosen_value_model_based": Described(
        "Model-based value of the first-stage choice, sum over s of P(s|a) max Q2(s, .)", "reward"
    ),
    "unchosen_value_model_based": Described("Model-based value of the other first-stage choice", "reward"),
    "chosen_value": Described("Value of the first-stage choice: w times model-based, 1 - w times model-free", "reward"),
    "unchosen_value": Described("The same of the other first-stage choice", "reward"),
    "second_value": Described("Value of the second-stage choice, Q2(s, a2), before the outcome", "reward"),
    "stage2_error_model_free": Described(
        "Prediction error on reaching the second stage: Q2(s, a2) less the model-free value of the choice; above 0 "
        "where it is better than expected",
        "reward",
    ),
    "stage2_error_model_based": Described("The same, less the model-based value of the choice", "reward"),
    "stage2_error": Described("The same, less the weighted value of the choice, by the fitted w", "reward"),
    "reward_error": Described(
        "Prediction error at the outcome: reward less Q2(s, a2); above 0 where it is better than expected", "reward"
    ),
    "belief": Described("Probability, before the outcome, that the state reached is the better one", "probability"),
    "belief_change": Described(
        "The same after the outcome less before, without the chance of a reversal; above 0 after reward", "probability"
    ),
    "outcome_surprise": Described(
        "Minus the log probability of the outcome under the belief before it; infinite of what was held to be "
        "impossible",
        "nat",
    ),
    "belief_surprise": Described(
        "Bayesian surprise: Kullback-Leibler divergence of the belief after the outcome from that before", "nat"
    ),
}
"""Every signal, in the order in which tables have them. Each is of the trial in whose row it stands, before learning
from it."""


def of_values(
    model_free: Float[Array, "2"],
    model_based: Float[Array, "2"],
    weighted: Float[Array, "2"],
    chosen: Float[Array, "2"],
    reached: Float[Array, ""],
    reward: Float[Array, ""],
) -> Signals:
    """The signals of values before a trial.

    Arguments:
        model_free, model_based, weighted: of the two first-stage choices.
        chosen: one-hot.
        reached: the value of the second-stage choice in its state.
        reward: of the trial.
    """
    signals: Signals = {"second_value": reached, "reward_error": reward - reached}
    for name, values in (("_model_free", model_free), ("_model_based", model_based), ("", weighted)):
        signals[f"chosen_value{name}"] = values @ chosen
        signals[f"unchosen_value{name}"] = values @ (1 - chosen)
        signals[f"stage2_error{name}"] = reached - values @ chosen
    return signals


def of_belief(before: Float[Array, ""], after: Float[Array, ""], outcome: Float[Array, ""]) -> Signals:
    """The signals of a belief that the state reached is the better one.

    Arguments:
        before, after: the outcome.
        outcome: its probability under the belief before.
    """
    return {
        "belief": before,
        "belief_change": after - before,
        "outcome_surprise": -jnp.log(outcome),
        "belief_surprise": _divergence(after, before) + _divergence(1 - after, 1 - before),
    }


def _divergence(after: Float[Array, ""], before: Float[Array, ""]) -> Float[Array, ""]:
    ratio = jnp.where(after > 0, after, 1.0) / jnp.where(before > 0, before, 1.0)
    return jnp.where(after > 0, after * jnp.log(ratio), 0.0)
