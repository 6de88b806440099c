"""The contract of cognitive models of the two-step task, and the second stage that they share."""

from abc import abstractmethod
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Float, Int

from prefrontal.agents.two_step.signals import Signals

NEVER = -1e9
"""Logit of an action that is never taken."""


class Trial(eqx.Module):
    """What happened in a trial."""

    choice: Int[Array, ""]
    """First-stage choice, 0 or 1."""
    state: Int[Array, ""]
    """Second-stage state reached, 0 or 1; 0 is the common one after choice 0."""
    second_choice: Int[Array, ""]
    """Second-stage choice, 0 or 1; 0 where there is nothing to choose."""
    reward: Float[Array, ""]


class AbstractTwoStepModel(eqx.Module):
    """A model that thinks in trials: what it believes, how it chooses, how it learns. `TwoStepAgent` lets it play,
    and `prefrontal.fitting` finds its parameters.

    Its parameters and the facts that it knows of the task are arrays (see `parameters.free` and `parameters.known`).
    """

    second_options: eqx.AbstractVar[int]
    """What there is to choose from in each second-stage state: 1, nothing, or 2, as in Daw et al. (2011)."""

    @abstractmethod
    def init(self) -> Any:
        """Beliefs before the first trial of a session."""

    @abstractmethod
    def choose(self, beliefs: Any) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        """Logits of the two first-stage choices, and the reward expected of the better one."""

    @abstractmethod
    def choose_second(self, beliefs: Any, state: Int[Array, ""]) -> Float[Array, " option"]:
        """Logits of the options in the second-stage state `state`, (second_options,)."""

    @abstractmethod
    def learn(self, beliefs: Any, trial: Trial) -> Any:
        """Beliefs after `trial`."""

    def signals(self, beliefs: Any, trial: Trial) -> Signals:
        """What it holds in mind in `trial`, given the beliefs before: values and prediction errors, or beliefs and
        surprise (see `signals.DESCRIBED`). A model that has none of these has no signals."""
        return {}


def one_hot(index: Int[Array, ""], size: int) -> Float[Array, " place"]:
    """1 at `index`, 0 elsewhere."""
    return jax.nn.one_hot(index, size)


def second_logits(
    values: Float[Array, "2 option"], inverse_temperature: Float[Array, ""], state: Int[Array, ""]
) -> Float[Array, " option"]:
    """β2 Q2(s, ·)."""
    return inverse_temperature * (one_hot(state, 2) @ values)


def second_learned(
    values: Float[Array, "2 option"], learning_rate: Float[Array, ""], trial: Trial
) -> Float[Array, "2 option"]:
    """Q2(s, a2) += α2 (r - Q2(s, a2))."""
    met = one_hot(trial.state, 2)[:, None] * one_hot(trial.second_choice, values.shape[1])
    return values + learning_rate * met * (trial.reward - values)
