"""Models that learn nothing of values: win-stay-lose-shift and biased chance."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from prefrontal.agents.two_step.base import (
    NEVER,
    AbstractTwoStepModel,
    Trial,
    one_hot,
    second_learned,
    second_logits,
)
from prefrontal.agents.two_step.parameters import (
    Beta,
    Parameter,
    free,
    precision,
    share,
    signed,
)


class LastTrial(eqx.Module):
    """What a `WinStayLoseShift` remembers."""

    choice: Float[Array, "2"]
    """One-hot; zero before the first trial."""
    rewarded: Float[Array, ""]
    """1 when the last trial was rewarded, 0 otherwise."""
    second_stage: Float[Array, "2 option"]


class WinStayLoseShift(AbstractTwoStepModel):
    r"""Repeats its choice with one probability after a reward and leaves it with another after none.

        P(stay | reward) = stay,     P(stay | no reward) = 1 - shift,     P(a) = 1/2 on the first trial

    Second-stage choices are those of `Hybrid`. With 0 or 1 it is sure: what it never does has log odds of `NEVER`, so
    that the likelihood of whoever does it all the same is next to nothing, and finite.

    Reference:
        Nowak, Sigmund (1993), Nature 364:56 (the strategy).
    """

    stay: Float[Array, ""] = free(0.9, Parameter("stay", 0.0, 1.0, Beta(1.1, 1.1), (0.6, 0.95)))
    """Probability of repeating a rewarded choice, 0 to 1."""
    shift: Float[Array, ""] = free(0.9, Parameter("shift", 0.0, 1.0, Beta(1.1, 1.1), (0.6, 0.95)))
    """Probability of leaving an unrewarded choice, 0 to 1."""
    second_learning_rate: Float[Array, ""] = free(0.5, share("α2", of_second_choice=True))
    second_inverse_temperature: Float[Array, ""] = free(5.0, precision("β2", of_second_choice=True))
    second_options: int = eqx.field(static=True, default=1)

    def init(self) -> LastTrial:
        return LastTrial(choice=jnp.zeros(2), rewarded=jnp.zeros(()), second_stage=jnp.zeros((2, self.second_options)))

    def choose(self, beliefs: LastTrial) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        log_odds_of_stay = jnp.where(beliefs.rewarded > 0, _logit(self.stay), -_logit(self.shift))
        return log_odds_of_stay * beliefs.choice, jnp.zeros(())

    def choose_second(self, beliefs: LastTrial, state: Int[Array, ""]) -> Float[Array, " option"]:
        return second_logits(beliefs.second_stage, self.second_inverse_temperature, state)

    def learn(self, beliefs: LastTrial, trial: Trial) -> LastTrial:
        return LastTrial(
            choice=one_hot(trial.choice, 2),
            rewarded=jnp.where(trial.reward > 0, 1.0, 0.0),
            second_stage=second_learned(beliefs.second_stage, self.second_learning_rate, trial),
        )


class RandomChoice(AbstractTwoStepModel):
    """Chooses by a fixed bias, whatever happens. Second-stage choices are those of `Hybrid`."""

    bias: Float[Array, ""] = free(0.0, signed("bias", typical=(-1.0, 1.0)))
    """Log odds of choice 1."""
    second_learning_rate: Float[Array, ""] = free(0.5, share("α2", of_second_choice=True))
    second_inverse_temperature: Float[Array, ""] = free(5.0, precision("β2", of_second_choice=True))
    second_options: int = eqx.field(static=True, default=1)

    def init(self) -> Float[Array, "2 option"]:
        return jnp.zeros((2, self.second_options))

    def choose(self, beliefs: Float[Array, "2 option"]) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        return jnp.stack([jnp.zeros(()), self.bias]), jnp.zeros(())

    def choose_second(self, beliefs: Float[Array, "2 option"], state: Int[Array, ""]) -> Float[Array, " option"]:
        return second_logits(beliefs, self.second_inverse_temperature, state)

    def learn(self, beliefs: Float[Array, "2 option"], trial: Trial) -> Float[Array, "2 option"]:
        return second_learned(beliefs, self.second_learning_rate, trial)


def _logit(probability: Float[Array, ""]) -> Float[Array, ""]:
    """Log odds; of 0 and 1 those of what is never done and of what always is, so that they and gradients are finite."""
    between = (probability > 0) & (probability < 1)
    inner = jnp.where(between, probability, 0.5)  # a logarithm that is not taken must have a gradient all the same
    return jnp.where(between, jnp.log(inner) - jnp.log1p(-inner), jnp.where(probability > 0, -NEVER, NEVER))
