"""Models that infer which second-stage state is better: the latent-state model and the ideal observer."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from prefrontal.agents.base import GREEDY
from prefrontal.agents.two_step.base import (
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
    known,
    precision,
    scalar,
    share,
    signed,
)
from prefrontal.agents.two_step.signals import Signals, of_belief
from prefrontal.configs.two_step import TwoStepConfig


class Inference(eqx.Module):
    """What a model that infers believes."""

    state_0_better: Float[Array, ""]
    """Probability that second-stage state 0 is the better one."""
    second_stage: Float[Array, "2 option"]
    last_choice: Float[Array, "2"]


def infer(
    belief: Float[Array, ""], trial: Trial, better: Float[Array, ""], worse: Float[Array, ""]
) -> Float[Array, ""]:
    """Bayes' rule: the probability that state 0 is better, after `trial`, of `belief` before it."""
    pays = jnp.stack([better, worse])
    outcome = jnp.where(trial.reward > 0, pays, 1 - pays)
    return posterior(belief, jnp.where(trial.state == 0, outcome, outcome[::-1]))


def inferred_signals(
    belief: Float[Array, ""], trial: Trial, better: Float[Array, ""], worse: Float[Array, ""]
) -> Signals:
    """Belief and surprise in `trial`, of a model that takes the states to pay `better` and `worse`."""
    own, learned = (jnp.where(trial.state == 0, p, 1 - p) for p in (belief, infer(belief, trial, better, worse)))
    pays = own * better + (1 - own) * worse
    return of_belief(own, learned, jnp.where(trial.reward > 0, pays, 1 - pays))


def posterior(belief: Any, likelihood: Any) -> Any:
    """Bayes' rule: how probable a hypothesis is after something happened, believed before with probability `belief`.
    What was held to be impossible either way teaches nothing.

    Arguments:
        belief: 0 to 1, any shape; an array of JAX or of NumPy.
        likelihood: of what happened, if the hypothesis holds and if it does not, (2, ...); of the same library.
    """
    library = jnp if isinstance(likelihood, jax.Array) else np
    joint = likelihood * library.stack([belief, 1 - belief])
    total = library.sum(joint, axis=0)
    return library.where(total > 0, joint[0] / library.where(total > 0, total, 1.0), belief)


def may_reverse(belief: Any, reversal_probability: Any) -> Any:
    """The same for the next trial, before which the states may have changed places. Numbers or arrays."""
    return belief * (1 - reversal_probability) + (1 - belief) * reversal_probability


class LatentState(AbstractTwoStepModel):
    r"""Believes that one second-stage state is good and the other bad, and that they change places now and then.

    With p the probability that state 0 is good, after reaching state s with reward r:

        p = P(r | s, 0 good) p / Σ_k P(r | s, k good) P(k good),     p = p (1 - h) + (1 - p) h
        P(0) = (1 - ε) logistic(β1 (2 p - 1 + p' (last choice))) + ε / 2

    where the good state pays with probability g and the bad one with 1 - g, and p' stands for perseveration, added to
    the last choice as in `Hybrid`. Choice 0 leads commonly to state 0. Second-stage choices are those of `Hybrid`.

    Differs from the paper: the choice is a softmax, smooth in the parameters, where the paper takes the likelier
    state's choice but for lapses. With β1 very large, p' = 0 and ε above 0 it is the paper's; ε is no free parameter.

    Reference:
        Akam, Costa, Dayan (2015), PLoS Comput Biol 11:e1004648 (g: .8 without second-stage choices, .625 with them).
    """

    reversal_probability: Float[Array, ""] = free(0.1, Parameter("h", 0.0, 0.5, Beta(1.1, 1.1), (0.02, 0.2)))
    """h, 0 to .5."""
    inverse_temperature: Float[Array, ""] = free(3.0, precision("β1"))
    perseveration: Float[Array, ""] = free(0.0, signed("p"))
    second_learning_rate: Float[Array, ""] = free(0.5, share("α2", of_second_choice=True))
    second_inverse_temperature: Float[Array, ""] = free(5.0, precision("β2", of_second_choice=True))
    good_reward_probability: Float[Array, ""] = known(0.8)
    lapse: Float[Array, ""] = known(0.0)
    second_options: int = eqx.field(static=True, default=1)

    def init(self) -> Inference:
        return Inference(
            state_0_better=scalar(0.5), second_stage=jnp.zeros((2, self.second_options)), last_choice=jnp.zeros(2)
        )

    def choose(self, beliefs: Inference) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        certainty = beliefs.state_0_better - 0.5
        preference = jnp.stack([certainty, -certainty]) + self.perseveration * beliefs.last_choice
        logits = self.inverse_temperature * preference
        good, better = self.good_reward_probability, jnp.maximum(beliefs.state_0_better, 1 - beliefs.state_0_better)
        return _with_lapse(logits, self.lapse), good * better + (1 - good) * (1 - better)

    def choose_second(self, beliefs: Inference, state: Int[Array, ""]) -> Float[Array, " option"]:
        return second_logits(beliefs.second_stage, self.second_inverse_temperature, state)

    def learn(self, beliefs: Inference, trial: Trial) -> Inference:
        good = self.good_reward_probability
        return Inference(
            state_0_better=may_reverse(infer(beliefs.state_0_better, trial, good, 1 - good), self.reversal_probability),
            second_stage=second_learned(beliefs.second_stage, self.second_learning_rate, trial),
            last_choice=one_hot(trial.choice, 2),
        )

    def signals(self, beliefs: Inference, trial: Trial) -> Signals:
        good = self.good_reward_probability
        return inferred_signals(beliefs.state_0_better, trial, good, 1 - good)


def _with_lapse(logits: Float[Array, "2"], lapse: Float[Array, ""]) -> Float[Array, "2"]:
    """The logits of (1 - ε) softmax(logits) + ε / 2: themselves where ε is zero."""
    guessing = jnp.log(jnp.maximum(lapse, 1e-300 if logits.dtype == jnp.float64 else 1e-37) / 2)
    chosen = logits - jnp.logaddexp(logits[0], logits[1]) + jnp.log1p(-lapse)
    return jnp.where(lapse > 0, jnp.logaddexp(chosen, guessing), logits)


class BayesOptimal(AbstractTwoStepModel):
    r"""The ideal observer: it knows the task and infers which second-stage state is better.

    With p the probability that state 0 is better, after reaching state s with reward r:

        p = P(r | s, 0 better) p / Σ_k P(r | s, k better) P(k better),     p = p (1 - h) + (1 - p) h
        P(a) = softmax(β1 (E[r | a] + p' [a was the last choice]))

    where h is the reversal probability and p' perseveration. As it comes, it chooses what leads to the greater expected
    reward (β1 = 1e6, p' = 0); no choice tells more than the other, so that being greedy is optimal. Fitted to others'
    choices, β1 and p' are free and what it knows of the task is not.

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 4 (the model-based agent).

    Example:
        >>> config = pf.TwoStepConfig(num_trials=10, encoding="trial")
        >>> ideal = pf.TwoStepAgent(pf.BayesOptimal.of_task(config), config.encoding)
        >>> pf.rollout(ideal, config.make(), jax.random.key(0)).reward.shape
        (10,)
    """

    inverse_temperature: Float[Array, ""] = free(GREEDY, precision("β1"))
    perseveration: Float[Array, ""] = free(0.0, signed("p"))
    common_probability: Float[Array, ""] = known(0.8)
    better_reward_probability: Float[Array, ""] = known(0.9)
    worse_reward_probability: Float[Array, ""] = known(0.1)
    reversal_probability: Float[Array, ""] = known(0.025)
    initial_belief: Float[Array, ""] = known(0.5)
    """Probability, before the first trial's chance of a reversal, that state 0 is better."""
    second_options: int = eqx.field(static=True, default=1, init=False)

    @classmethod
    def of_task(cls, config: TwoStepConfig) -> "BayesOptimal":
        """The ideal observer of the task that `config` describes."""
        return cls(
            common_probability=scalar(config.common_probability),
            better_reward_probability=scalar(config.better_reward_probability),
            worse_reward_probability=scalar(config.worse_reward_probability),
            reversal_probability=scalar(config.reversal_probability),
            initial_belief=scalar({"first": 1.0, "second": 0.0}.get(config.better_state, 0.5)),
        )

    def init(self) -> Inference:
        belief = may_reverse(self.initial_belief, self.reversal_probability)
        return Inference(state_0_better=belief, second_stage=jnp.zeros((2, 1)), last_choice=jnp.zeros(2))

    def choose(self, beliefs: Inference) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        difference = (2 * beliefs.state_0_better - 1) * (self.better_reward_probability - self.worse_reward_probability)
        mean = (self.better_reward_probability + self.worse_reward_probability) / 2
        states = mean + jnp.stack([difference, -difference]) / 2
        rewards = self.common_probability * states + (1 - self.common_probability) * states[::-1]
        return self.inverse_temperature * (rewards + self.perseveration * beliefs.last_choice), jnp.max(rewards)

    def choose_second(self, beliefs: Inference, state: Int[Array, ""]) -> Float[Array, " option"]:
        return jnp.zeros(1)

    def learn(self, beliefs: Inference, trial: Trial) -> Inference:
        better, worse = self.better_reward_probability, self.worse_reward_probability
        belief = infer(beliefs.state_0_better, trial, better, worse)
        return Inference(
            state_0_better=may_reverse(belief, self.reversal_probability),
            second_stage=beliefs.second_stage,
            last_choice=one_hot(trial.choice, 2),
        )

    def signals(self, beliefs: Inference, trial: Trial) -> Signals:
        better, worse = self.better_reward_probability, self.worse_reward_probability
        return inferred_signals(beliefs.state_0_better, trial, better, worse)
