"""Daw's hybrid of model-free and model-based values, whose special cases are the purely model-free and model-based."""

from typing import Any

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
from prefrontal.agents.two_step.parameters import free, known, precision, share, signed
from prefrontal.agents.two_step.signals import Signals, of_values


class HybridValues(eqx.Module):
    """What a hybrid has learned."""

    first_stage: Float[Array, "2"]
    """Model-free values of the choices, Q1."""
    second_stage: Float[Array, "2 option"]
    """Values of the second-stage options, Q2."""
    last_choice: Float[Array, "2"]
    """One-hot; zero before the first trial."""


def no_values(second_options: int) -> HybridValues:
    """All zero, as at the start of a session."""
    return HybridValues(first_stage=jnp.zeros(2), second_stage=jnp.zeros((2, second_options)), last_choice=jnp.zeros(2))


def planned_values(beliefs: HybridValues, common_probability: Float[Array, ""]) -> Float[Array, "2"]:
    """Σ_s P(s|a) max_a2 Q2(s, a2)."""
    best = jnp.max(beliefs.second_stage, axis=1)
    return common_probability * best + (1 - common_probability) * best[::-1]


def hybrid_values(
    beliefs: HybridValues, weight: Float[Array, ""], common_probability: Float[Array, ""]
) -> Float[Array, "2"]:
    """Q(a) = w Σ_s P(s|a) max_a2 Q2(s, a2) + (1 - w) Q1(a)."""
    return weight * planned_values(beliefs, common_probability) + (1 - weight) * beliefs.first_stage


def hybrid_signals(
    beliefs: HybridValues, weight: Float[Array, ""], common_probability: Float[Array, ""], trial: Trial
) -> Signals:
    """Values and prediction errors of a hybrid in `trial`."""
    second = one_hot(trial.second_choice, beliefs.second_stage.shape[1])
    return of_values(
        beliefs.first_stage,
        planned_values(beliefs, common_probability),
        hybrid_values(beliefs, weight, common_probability),
        chosen=one_hot(trial.choice, 2),
        reached=one_hot(trial.state, 2) @ beliefs.second_stage @ second,
        reward=trial.reward,
    )


class Hybrid(AbstractTwoStepModel):
    r"""Model-free and model-based values, weighted: the model of Daw et al. (2011).

    After choice a, second-stage state s, choice a2 there and reward r, with d1 = Q2(s, a2) - Q1(a) and
    d2 = r - Q2(s, a2) of the values before:

        Q1(a) += α1 (d1 + λ d2),     Q2(s, a2) += α2 d2
        Q(a)   = w Σ_s P(s|a) max_a2 Q2(s, a2) + (1 - w) Q1(a)
        P(a)   = softmax(β1 (Q(a) + p [a was the last choice])),     P(a2|s) = softmax(β2 Q2(s, a2))

    All values start at zero. Weight 0 is model-free SARSA(λ), weight 1 model-based. Where the second stage offers no
    choice, there is no a2, and β2 has no meaning.

    Reference:
        Daw, Gershman, Seymour, Dayan, Dolan (2011), Neuron 69:1204, Experimental Procedures.

    Example:
        >>> config = pf.TwoStepConfig(num_trials=10, encoding="trial")
        >>> planner = pf.TwoStepAgent(pf.Hybrid(weight=1.0), config.encoding)
        >>> pf.rollout(planner, config.make(), jax.random.key(0)).reward.shape
        (10,)
    """

    first_learning_rate: Float[Array, ""] = free(0.5, share("α1"))
    """α1, 0 to 1."""
    second_learning_rate: Float[Array, ""] = free(0.5, share("α2"))
    """α2, 0 to 1."""
    trace: Float[Array, ""] = free(0.0, share("λ"))
    """λ, 0 to 1."""
    weight: Float[Array, ""] = free(0.5, share("w"))
    """w, 0 (model-free) to 1 (model-based)."""
    inverse_temperature: Float[Array, ""] = free(5.0, precision("β1"))
    """β1, at least 0."""
    second_inverse_temperature: Float[Array, ""] = free(5.0, precision("β2", of_second_choice=True))
    """β2, at least 0."""
    perseveration: Float[Array, ""] = free(0.0, signed("p"))
    """p, in units of reward."""
    common_probability: Float[Array, ""] = known(0.8)
    second_options: int = eqx.field(static=True, default=1)

    def init(self) -> HybridValues:
        return no_values(self.second_options)

    def choose(self, beliefs: HybridValues) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        values = hybrid_values(beliefs, self.weight, self.common_probability)
        return self.inverse_temperature * (values + self.perseveration * beliefs.last_choice), jnp.max(values)

    def choose_second(self, beliefs: HybridValues, state: Int[Array, ""]) -> Float[Array, " option"]:
        return second_logits(beliefs.second_stage, self.second_inverse_temperature, state)

    def learn(self, beliefs: HybridValues, trial: Trial) -> HybridValues:
        chosen = one_hot(trial.choice, 2)
        reached = one_hot(trial.state, 2) @ beliefs.second_stage @ one_hot(trial.second_choice, self.second_options)
        first_error, second_error = sarsa_errors(beliefs.first_stage, reached, trial.reward)
        first_change = self.first_learning_rate * (first_error + self.trace * second_error)
        return HybridValues(
            first_stage=beliefs.first_stage + first_change * chosen,
            second_stage=second_learned(beliefs.second_stage, self.second_learning_rate, trial),
            last_choice=chosen,
        )

    def signals(self, beliefs: HybridValues, trial: Trial) -> Signals:
        return hybrid_signals(beliefs, self.weight, self.common_probability, trial)


def sarsa_errors(expected: Any, reached: Any, reward: Any) -> tuple[Any, Any]:
    """The two prediction errors of a trial: what was reached less what was expected of the choice, and the reward less
    what was reached. Numbers, or arrays of JAX or NumPy, of one shape."""
    return reached - expected, reward - reached
