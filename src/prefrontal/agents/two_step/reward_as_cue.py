"""Reward as a cue: habits that look like planning."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from prefrontal.agents.two_step.base import AbstractTwoStepModel, Trial, one_hot, second_learned, second_logits
from prefrontal.agents.two_step.parameters import free, precision, share, signed


class CuedValues(eqx.Module):
    """What a `RewardAsCue` has learned."""

    first_stage: Float[Array, "4 2"]
    """Value of each choice after each cue."""
    cue: Float[Array, "4"]
    """One-hot, state and outcome of the last trial; zero before the first."""
    second_stage: Float[Array, "2 option"]
    last_choice: Float[Array, "2"]


class RewardAsCue(AbstractTwoStepModel):
    r"""Treats the last trial's state s' and outcome o' as the cue for the next choice, and learns by habit what pays.

        Q(s', o', a) += α1 (r - Q(s', o', a)),     P(a) = softmax(β1 (Q(s', o', a) + p [a was the last choice]))

    No planning, and yet the stay probabilities of a planner. Second-stage choices are those of `Hybrid`.

    Differs from the paper: perseveration, which every learning model here has, so that comparing them compares how
    they learn. At p = 0 it is the paper's.

    Reference:
        Akam, Costa, Dayan (2015), PLoS Comput Biol 11:e1004648.
    """

    first_learning_rate: Float[Array, ""] = free(0.05, share("α1"))
    inverse_temperature: Float[Array, ""] = free(6.0, precision("β1"))
    perseveration: Float[Array, ""] = free(0.0, signed("p"))
    second_learning_rate: Float[Array, ""] = free(0.5, share("α2", of_second_choice=True))
    second_inverse_temperature: Float[Array, ""] = free(5.0, precision("β2", of_second_choice=True))
    second_options: int = eqx.field(static=True, default=1)

    def init(self) -> CuedValues:
        return CuedValues(
            first_stage=jnp.zeros((4, 2)),
            cue=jnp.zeros(4),
            second_stage=jnp.zeros((2, self.second_options)),
            last_choice=jnp.zeros(2),
        )

    def choose(self, beliefs: CuedValues) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        values = beliefs.cue @ beliefs.first_stage
        return self.inverse_temperature * (values + self.perseveration * beliefs.last_choice), jnp.max(values)

    def choose_second(self, beliefs: CuedValues, state: Int[Array, ""]) -> Float[Array, " option"]:
        return second_logits(beliefs.second_stage, self.second_inverse_temperature, state)

    def learn(self, beliefs: CuedValues, trial: Trial) -> CuedValues:
        chosen = one_hot(trial.choice, 2)
        met = beliefs.cue[:, None] * chosen
        cue = one_hot(2 * trial.state + (trial.reward > 0), 4)
        return CuedValues(
            first_stage=beliefs.first_stage + self.first_learning_rate * met * (trial.reward - beliefs.first_stage),
            cue=cue,
            second_stage=second_learned(beliefs.second_stage, self.second_learning_rate, trial),
            last_choice=chosen,
        )
