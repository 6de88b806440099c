"""Small recurrent networks that think in pulls, to be fitted to those of people, animals and agents."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from prefrontal.agents.bandit_models import AbstractBanditModel
from prefrontal.agents.base import AbstractTappedAgent, AgentInput, AgentOutput, Tap
from prefrontal.agents.cells import AbstractCell, AbstractCellState, make_cell
from prefrontal.configs.recurrent import FittedCellName


class BanditNetwork(AbstractBanditModel):
    r"""A recurrent network of a few units in a bandit model's place. With h the units' output, k the arm of the last
    pull, and r its reward less `centre`, in units of `scale`,

        h <- cell([e_k, r e_k], h),     h = 0 before the first pull;     e_k one-hot
        P(k) = softmax(h V + v)_k

    Preferences: h V + v, log odds.

    Reference:
        Ji-An, Benna & Mattar (2025), Nature 644:993 (networks of a few units fitted to pulls of four arms).

    Example:
        >>> network = pf.BanditNetwork("gru", 2, num_arms=4, key=jax.random.key(0))
        >>> player, bandit = pf.BanditNetworkAgent(network), pf.BanditConfig(num_trials=10, num_arms=4).make()
        >>> pf.rollout(player, bandit, jax.random.key(1)).activity.shape
        (10, 2)
    """

    cell: AbstractCell
    arms: Float[Array, "unit arm"]
    """V."""
    arms_bias: Float[Array, " arm"]
    """v."""
    centre: Float[Array, ""]
    scale: Float[Array, ""]

    def __init__(
        self,
        cell: FittedCellName,
        num_units: int,
        *,
        num_arms: int = 2,
        centre: float = 0.0,
        scale: float = 1.0,
        key: PRNGKeyArray,
    ):
        """
        Arguments:
            cell: "gru", "lstm", "rnn" or "sgru", a switching GRU.
            num_units: recurrent units.
            num_arms: arms.
            centre: the reward that is shown as 0.
            scale: the difference of rewards that is shown as 1.
            key: random key of its weights.
        """
        cell_key, arms_key = jax.random.split(key)
        self.cell = make_cell(
            cell, 2 * num_arms, num_units, initialiser="glorot-uniform", forget_bias=1.0, key=cell_key
        )
        self.arms = num_units**-0.5 * jax.random.normal(arms_key, (num_units, num_arms))
        self.arms_bias = jnp.zeros(num_arms)
        self.centre, self.scale = jnp.float32(centre), jnp.float32(scale)

    @property
    def readout(self) -> list[Array]:
        """The weights from units to choices."""
        return [self.arms]

    def init(self) -> AbstractCellState:
        return self.cell.init()

    def preferences(self, beliefs: AbstractCellState) -> Float[Array, " arm"]:
        return beliefs.h @ self.arms + self.arms_bias

    def choose(self, beliefs: AbstractCellState) -> tuple[Float[Array, " arm"], Float[Array, ""]]:
        return self.preferences(beliefs), jnp.zeros(())

    def learn(self, beliefs: AbstractCellState, choice: Int[Array, ""], reward: Float[Array, ""]) -> AbstractCellState:
        return self.follow(beliefs, choice, (reward - self.centre) / self.scale)

    def follow(self, beliefs: Any, choice: Int[Array, ""], shown: Float[Array, ""]) -> Any:
        """Beliefs after a pull whose reward is `shown` as r."""
        return self.cell(pull_code(choice, shown, len(self.arms_bias)), beliefs)


def pull_code(
    arm: Int[Array, "*axes"], reward: Float[Array, "*axes"], num_arms: int
) -> Float[Array, "*axes arm_and_reward"]:
    """What a cell is shown of a pull: [e_k, r e_k]."""
    pulled = jax.nn.one_hot(arm, num_arms, dtype=reward.dtype)
    return jnp.concatenate([pulled, reward[..., None] * pulled], axis=-1)


class BanditNetworkAgent(AbstractTappedAgent):
    """A `BanditNetwork` that plays a bandit, or is replayed on somebody's pulls. Activity: the units' output, which can
    be changed from outside.

    Example:
        >>> network = pf.BanditNetwork("gru", 2, key=jax.random.key(0))
        >>> lesioned = pf.silenced(pf.BanditNetworkAgent(network), [1])
        >>> bandit = pf.BanditConfig(num_trials=10).make()
        >>> float(jnp.abs(pf.rollout(lesioned, bandit, jax.random.key(1)).activity[:, 1]).max())
        0.0
    """

    network: BanditNetwork

    def init(self) -> AbstractCellState:
        return self.network.init()

    def run(self, inputs: AgentInput, state: AbstractCellState, tap: Tap) -> tuple[AgentOutput, AbstractCellState]:
        choice = jnp.argmax(inputs.previous_action).astype(jnp.int32)
        learned = self.network.learn(state, choice, inputs.previous_reward)
        beliefs: Any = jax.tree.map(lambda new, old: jnp.where(inputs.step > 0, new, old), learned, state)
        beliefs = replace(beliefs, h=tap("activity", beliefs.h))
        logits, value = self.network.choose(beliefs)
        return AgentOutput(logits=logits, value=value, activity=beliefs.h), beliefs
