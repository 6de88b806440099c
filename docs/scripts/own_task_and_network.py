"""A task and a network of your own: checked, trained, tested, and drawn as it learned.

python docs/scripts/own_task_and_network.py
"""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

import prefrontal as pf


class LeverState(eqx.Module):
    """Which of the levers pays, and how often one was pulled."""

    paying: Int[Array, ""]
    pulls: Int[Array, ""]


class LeverEvent(eqx.Module):
    """What is kept of a step, for analysis."""

    right: Bool[Array, ""]


class Levers(pf.AbstractTask):
    """One of some levers pays 1 at every pull, always the same within an episode; the others never do."""

    num_actions: int
    observation_size: int = 1
    num_steps: int = 10

    def init(self, key: PRNGKeyArray, previous: LeverState | None = None) -> LeverState:
        return LeverState(jax.random.randint(key, (), 0, self.num_actions), jnp.int32(0))

    def observe(self, state: LeverState) -> Float[Array, " observation"]:
        return jnp.zeros(1)  # nothing tells

    def step(
        self, state: LeverState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[LeverState, Float[Array, ""], LeverEvent]:
        right = action == state.paying
        return LeverState(state.paying, state.pulls + 1), right.astype(jnp.float32), LeverEvent(right)

    def is_active(self, state: LeverState) -> Bool[Array, ""]:
        return state.pulls < self.num_steps


class LeakyNetwork(pf.AbstractAgent):
    """Units that forget: h' = (1 - leak) h + leak tanh(W [inputs, h]), read out by a policy and a value."""

    kernel: eqx.nn.Linear
    readout: eqx.nn.Linear
    leak: float

    def init(self) -> Float[Array, " unit"]:
        return jnp.zeros(self.kernel.out_features)

    def __call__(
        self, inputs: pf.AgentInput, state: Float[Array, " unit"]
    ) -> tuple[pf.AgentOutput, Float[Array, " unit"]]:
        seen = jnp.concatenate([inputs.observation, inputs.previous_action, inputs.previous_reward[None], state])
        state = (1 - self.leak) * state + self.leak * jnp.tanh(self.kernel(seen))
        read = self.readout(state)
        return pf.AgentOutput(logits=read[:-1], value=read[-1], activity=state), state


@dataclass(frozen=True)
class LeakyConfig(pf.AgentConfig):
    """The numbers of a `LeakyNetwork`."""

    num_units: int = 16
    leak: float = 0.5

    def make(self, task: pf.AbstractTask, key: PRNGKeyArray) -> LeakyNetwork:
        kernel_key, readout_key = jax.random.split(key)
        num_inputs = task.observation_size + task.num_actions + 1
        return LeakyNetwork(
            kernel=eqx.nn.Linear(num_inputs + self.num_units, self.num_units, key=kernel_key),
            readout=eqx.nn.Linear(self.num_units, task.num_actions + 1, key=readout_key),
            leak=self.leak,
        )


task = Levers(num_actions=3)
pf.check_task(task)
training = pf.recipe("robust", num_episodes=6_000)
trained = pf.train_agents(task, LeakyConfig(), training, seeds=range(2))
for seed, agent in zip(trained.seeds, trained, strict=True):
    played = pf.evaluate(agent, task, jax.random.key(0), num_episodes=100)
    print(f"seed {seed}: {played.reward.sum(axis=1).mean():.1f} of at most 9 a test episode; chance is 3.3")
    print("  pulls right, first to last:", *(f"{share:.2f}" for share in played.event.right.mean(axis=0)))
print(f"Learning: {trained.metrics['reward'][:, -100:].mean():.1f} in the last 100 training episodes")
print(*pf.save_figure(pf.plot_learning(trained, "Levers"), "levers", formats=["png"]))
