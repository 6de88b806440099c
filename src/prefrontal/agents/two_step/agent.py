"""Any cognitive model of the two-step task as an agent."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Int

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.agents.two_step.base import NEVER, AbstractTwoStepModel, Trial
from prefrontal.configs.two_step import Encoding
from prefrontal.tasks.two_step import FIXATE


class TwoStepMemory(eqx.Module):
    """A model's beliefs, and the trial under way."""

    beliefs: Any
    choice: Int[Array, ""]
    state: Int[Array, ""]
    reached: Bool[Array, ""]
    """Whether a second-stage state was reached since the last first stage."""


class TwoStepAgent(AbstractAgent):
    """A trial-by-trial model that plays the two-step task in any encoding, or is replayed on somebody's choices.

    It sees what a network sees. It answers a fixation cue with the fixation, and a second stage by the model where that
    has options there, with either choice otherwise; a trial spoilt by an invalid response teaches it nothing. Activity:
    the beliefs, flattened.

    Example:
        >>> config = pf.TwoStepConfig(num_trials=10)
        >>> player = pf.TwoStepAgent(pf.BayesOptimal.of_task(config), config.encoding)
        >>> pf.rollout(player, config.make(), jax.random.key(0)).reward.shape
        (30,)
    """

    model: AbstractTwoStepModel
    encoding: Encoding = eqx.field(static=True)

    def init(self) -> TwoStepMemory:
        zero = jnp.int32(0)
        return TwoStepMemory(beliefs=self.model.init(), choice=zero, state=zero, reached=jnp.bool_(False))

    def __call__(self, inputs: AgentInput, state: TwoStepMemory) -> tuple[AgentOutput, TwoStepMemory]:
        return self.answer(inputs, state, lambda beliefs: beliefs)

    def answer(
        self, inputs: AgentInput, state: TwoStepMemory, change: Callable[[Any], Any]
    ) -> tuple[AgentOutput, TwoStepMemory]:
        """What it answers where something may `change` the beliefs that it has come to, before it chooses by them."""
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
        second_choice = action if self.model.second_options > 1 else jnp.int32(0)
        trial = Trial(choice=choice, state=reached, second_choice=second_choice, reward=inputs.previous_reward)
        learned = self.model.learn(state.beliefs, trial)
        beliefs = jax.tree.map(lambda new, old: jnp.where(learns, new, old), learned, state.beliefs)
        beliefs = change(beliefs)
        logits, value = self.model.choose(beliefs)
        if self.encoding != "trial":
            logits = jnp.where(second_stage, self._second_logits(beliefs, shown - 1), logits)
        if fixation:
            fixates = jnp.full(3, NEVER).at[FIXATE].set(0.0)
            logits = jnp.where(shown < 0, fixates, jnp.append(logits, NEVER))
        output = AgentOutput(logits=logits, value=value, activity=ravel_pytree(beliefs)[0])
        return output, TwoStepMemory(beliefs=beliefs, choice=choice, state=reached, reached=second_stage)

    def _second_logits(self, beliefs: Any, state: Int[Array, ""]) -> Float[Array, "2"]:
        if self.model.second_options == 1:
            return jnp.zeros(2)
        return self.model.choose_second(beliefs, jnp.maximum(state, 0))
