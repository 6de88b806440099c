"""The hybrid as hBayesDM parameterises it, for results that are to be held against that package's."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from prefrontal.agents.two_step.base import (
    AbstractTwoStepModel,
    Trial,
    one_hot,
    second_learned,
    second_logits,
)
from prefrontal.agents.two_step.hybrid import HybridValues, hybrid_signals, hybrid_values, no_values
from prefrontal.agents.two_step.parameters import Beta, Gamma, Parameter, free, known, share
from prefrontal.agents.two_step.signals import Signals


def _positive(symbol: str, *, of_second_choice: bool = False) -> Parameter:
    return Parameter(symbol, 0.0, float("inf"), Gamma(1.2, 5.0), typical=(2.0, 8.0), of_second_choice=of_second_choice)


class HybridHBayesDM(AbstractTwoStepModel):
    r"""`Hybrid` as the models `ts_par4`, `ts_par6` and `ts_par7` of hBayesDM have it. It differs in two things.

    The trace carries the error that is left after the second stage has learned, and perseveration stands outside the
    inverse temperature and cannot be negative (π = β1 p of `Hybrid`, 0 to 5):

        Q1(a) += α1 (Q2(s, a2) - Q1(a)),     Q2(s, a2) += α2 (r - Q2(s, a2)),     Q1(a) += λ α1 (r - Q2(s, a2)), each
                                                                                  with the values that it finds
        P(a = 1) = logistic(β1 (Q(1) - Q(0)) + π (1 if the last choice was 1, -1 if it was 0, 0 before any))

    Inverse temperatures have no upper bound.

    Reference:
        Ahn, Haines, Zhang (2017), Comput Psychiatry 1:24 (hBayesDM, `ts_par7`).
    """

    first_learning_rate: Float[Array, ""] = free(0.5, share("α1"))
    second_learning_rate: Float[Array, ""] = free(0.5, share("α2"))
    trace: Float[Array, ""] = free(1.0, share("λ"))
    weight: Float[Array, ""] = free(0.5, share("w"))
    inverse_temperature: Float[Array, ""] = free(1.0, _positive("β1"))
    second_inverse_temperature: Float[Array, ""] = free(1.0, _positive("β2", of_second_choice=True))
    perseveration: Float[Array, ""] = free(0.5, Parameter("π", 0.0, 5.0, Beta(1.1, 1.1), (0.0, 1.5)))
    """π, the log odds that it adds for the last choice."""
    common_probability: Float[Array, ""] = known(0.7)
    second_options: int = eqx.field(static=True, default=2)

    def init(self) -> HybridValues:
        return no_values(self.second_options)

    def choose(self, beliefs: HybridValues) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        values = hybrid_values(beliefs, self.weight, self.common_probability)
        return self.inverse_temperature * values + self.perseveration * beliefs.last_choice, jnp.max(values)

    def choose_second(self, beliefs: HybridValues, state: Int[Array, ""]) -> Float[Array, " option"]:
        return second_logits(beliefs.second_stage, self.second_inverse_temperature, state)

    def learn(self, beliefs: HybridValues, trial: Trial) -> HybridValues:
        chosen, taken = one_hot(trial.choice, 2), one_hot(trial.second_choice, self.second_options)
        second_stage = second_learned(beliefs.second_stage, self.second_learning_rate, trial)
        before, after = (one_hot(trial.state, 2) @ values @ taken for values in (beliefs.second_stage, second_stage))
        first_change = self.first_learning_rate * (before - beliefs.first_stage + self.trace * (trial.reward - after))
        return HybridValues(
            first_stage=beliefs.first_stage + first_change * chosen, second_stage=second_stage, last_choice=chosen
        )

    def signals(self, beliefs: HybridValues, trial: Trial) -> Signals:
        return hybrid_signals(beliefs, self.weight, self.common_probability, trial)
