"""Cognitive models and the ideal observer of the two-step task, as agents."""

from abc import abstractmethod
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Int

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.configs.two_step import Encoding, TwoStepConfig
from prefrontal.tasks.two_step import FIXATE

NEVER = -1e9
"""Logit of an action that is never taken."""
GREEDY = 1e6
"""Inverse temperature that leaves only exact ties to chance."""


class AbstractTwoStepModel(eqx.Module):
    """A model that thinks in trials: what it believes, how it chooses, how it learns. `TwoStepAgent` lets it play."""

    @abstractmethod
    def init(self) -> Any:
        """Beliefs before the first trial."""

    @abstractmethod
    def choose(self, beliefs: Any) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        """Logits of the two first-stage choices, and the reward expected of the better one."""

    @abstractmethod
    def learn(self, beliefs: Any, choice: Int[Array, ""], state: Int[Array, ""], reward: Float[Array, ""]) -> Any:
        """Beliefs after a trial: its choice (0 or 1), the second-stage state reached (0 or 1), its reward."""


class TwoStepMemory(eqx.Module):
    """A model's beliefs, and the trial under way."""

    beliefs: Any
    choice: Int[Array, ""]
    state: Int[Array, ""]
    reached: Bool[Array, ""]
    """Whether a second-stage state was reached since the last first stage."""


class TwoStepAgent(AbstractAgent):
    """A trial-by-trial model that plays the two-step task in any encoding, or is replayed on somebody's choices.

    It sees what a network sees. It answers a fixation cue with the fixation and a second stage with either choice; a
    trial spoilt by an invalid response teaches it nothing. Activity: the beliefs, flattened.
    """

    model: AbstractTwoStepModel
    encoding: Encoding = eqx.field(static=True)

    def init(self) -> TwoStepMemory:
        zero = jnp.int32(0)
        return TwoStepMemory(beliefs=self.model.init(), choice=zero, state=zero, reached=jnp.bool_(False))

    def __call__(self, inputs: AgentInput, state: TwoStepMemory) -> tuple[AgentOutput, TwoStepMemory]:
        fixation = self.encoding == "fixation"
        shown = jnp.argmax(inputs.observation) - fixation
        second_stage = (shown > 0) & (jnp.max(inputs.observation) > 0)
        action = jnp.argmax(inputs.previous_action).astype(jnp.int32)
        if self.encoding == "trial":
            trial_over = inputs.step > 0
            choice, reached = action, shown - 1
        else:
            trial_over = state.reached & ~second_stage
            choice = jnp.where(second_stage, action, state.choice)
            reached = jnp.where(second_stage, shown - 1, state.state)

        learns = trial_over & (action != FIXATE)
        learned = self.model.learn(state.beliefs, choice, reached, inputs.previous_reward)
        beliefs = jax.tree.map(lambda new, old: jnp.where(learns, new, old), learned, state.beliefs)
        logits, value = self.model.choose(beliefs)
        if self.encoding == "stage":
            logits = jnp.where(second_stage, 0.0, logits)
        elif fixation:
            fixates = jnp.full(3, NEVER).at[FIXATE].set(0.0)
            chooses = jnp.append(jnp.where(second_stage, 0.0, logits), NEVER)
            logits = jnp.where(shown < 0, fixates, chooses)
        output = AgentOutput(logits=logits, value=value, activity=ravel_pytree(beliefs)[0])
        return output, TwoStepMemory(beliefs=beliefs, choice=choice, state=reached, reached=second_stage)


class BayesOptimal(AbstractTwoStepModel):
    r"""The ideal observer: it knows the task and infers which second-stage state is better.

    With p the probability that state 0 is better, after reaching state s with reward r:

        p = P(r | s, 0 better) p / sum_k P(r | s, k better) P(k better),     p = p (1 - h) + (1 - p) h

    where h is the reversal probability. It chooses what leads to the greater expected reward; no choice tells more than
    the other, so that being greedy is optimal.

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 4 (the model-based agent).
    """

    common_probability: Float[Array, ""]
    better_reward_probability: Float[Array, ""]
    worse_reward_probability: Float[Array, ""]
    reversal_probability: Float[Array, ""]
    initial_belief: Float[Array, ""]

    def __init__(self, config: TwoStepConfig):
        self.common_probability = jnp.float32(config.common_probability)
        self.better_reward_probability = jnp.float32(config.better_reward_probability)
        self.worse_reward_probability = jnp.float32(config.worse_reward_probability)
        self.reversal_probability = jnp.float32(config.reversal_probability)
        self.initial_belief = jnp.float32({"first": 1.0, "second": 0.0}.get(config.better_state, 0.5))

    def init(self) -> Float[Array, ""]:
        return self._may_reverse(self.initial_belief)

    def choose(self, beliefs: Float[Array, ""]) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        difference = (2 * beliefs - 1) * (self.better_reward_probability - self.worse_reward_probability)
        mean = (self.better_reward_probability + self.worse_reward_probability) / 2
        states = mean + jnp.stack([difference, -difference]) / 2
        rewards = self.common_probability * states + (1 - self.common_probability) * states[::-1]
        return GREEDY * rewards, jnp.max(rewards)

    def learn(
        self, beliefs: Float[Array, ""], choice: Int[Array, ""], state: Int[Array, ""], reward: Float[Array, ""]
    ) -> Float[Array, ""]:
        pays = jnp.stack([self.better_reward_probability, self.worse_reward_probability])
        outcome = jnp.where(reward > 0, pays, 1 - pays)
        likelihood = jnp.where(state == 0, outcome, outcome[::-1])
        joint = likelihood * jnp.stack([beliefs, 1 - beliefs])
        return self._may_reverse(joint[0] / jnp.sum(joint))

    def _may_reverse(self, belief: Float[Array, ""]) -> Float[Array, ""]:
        return belief * (1 - self.reversal_probability) + (1 - belief) * self.reversal_probability


class HybridValues(eqx.Module):
    """What a `Hybrid` has learned."""

    first_stage: Float[Array, "2"]
    """Model-free values of the choices."""
    second_stage: Float[Array, "2"]
    """Values of the second-stage states."""
    last_choice: Float[Array, "2"]
    """One-hot; zero before the first trial."""


class Hybrid(AbstractTwoStepModel):
    r"""Model-free and model-based values, weighted: the model of Daw et al. (2011) without second-stage choices.

    After choice a, second-stage state s and reward r, with d1 = Q2(s) - Q1(a) and d2 = r - Q2(s) of the values before:

        Q1(a) += alpha1 (d1 + lambda d2),     Q2(s) += alpha2 d2
        Q(a)   = w sum_s P(s|a) Q2(s) + (1 - w) Q1(a)
        P(a)   = softmax(beta (Q(a) + p [a was the last choice]))

    All values start at zero. Weight 0 is model-free SARSA(lambda), weight 1 model-based.

    Reference:
        Daw, Gershman, Seymour, Dayan, Dolan (2011), Neuron 69:1204, Experimental Procedures.
    """

    first_learning_rate: float = 0.5
    """alpha1, 0 to 1."""
    second_learning_rate: float = 0.5
    """alpha2, 0 to 1."""
    trace: float = 0.0
    """lambda, 0 to 1."""
    weight: float = 0.5
    """w, 0 (model-free) to 1 (model-based)."""
    inverse_temperature: float = 5.0
    """beta, at least 0."""
    perseveration: float = 0.0
    """p."""
    common_probability: float = 0.8

    def init(self) -> HybridValues:
        return HybridValues(first_stage=jnp.zeros(2), second_stage=jnp.zeros(2), last_choice=jnp.zeros(2))

    def choose(self, beliefs: HybridValues) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        second = beliefs.second_stage
        planned = self.common_probability * second + (1 - self.common_probability) * second[::-1]
        values = self.weight * planned + (1 - self.weight) * beliefs.first_stage
        logits = self.inverse_temperature * (values + self.perseveration * beliefs.last_choice)
        return logits, jnp.max(values)

    def learn(
        self, beliefs: HybridValues, choice: Int[Array, ""], state: Int[Array, ""], reward: Float[Array, ""]
    ) -> HybridValues:
        chosen, reached = jax.nn.one_hot(choice, 2), jax.nn.one_hot(state, 2)
        first_error = reached @ beliefs.second_stage - chosen @ beliefs.first_stage
        second_error = reward - reached @ beliefs.second_stage
        first_change = self.first_learning_rate * (first_error + self.trace * second_error)
        return HybridValues(
            first_stage=beliefs.first_stage + first_change * chosen,
            second_stage=beliefs.second_stage + self.second_learning_rate * second_error * reached,
            last_choice=chosen,
        )


class RandomChoice(AbstractTwoStepModel):
    """Chooses by a fixed bias, whatever happens."""

    bias: float = 0.0
    """Log odds of choice 1."""

    def init(self) -> Float[Array, ""]:
        return jnp.zeros(())

    def choose(self, beliefs: Float[Array, ""]) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        return jnp.stack([jnp.zeros(()), jnp.asarray(self.bias, jnp.float32)]), beliefs

    def learn(
        self, beliefs: Float[Array, ""], choice: Int[Array, ""], state: Int[Array, ""], reward: Float[Array, ""]
    ) -> Float[Array, ""]:
        return beliefs
