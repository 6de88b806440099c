"""The ideal observer of the volatility task, as an agent."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from prefrontal.agents.base import GREEDY, AbstractAgent, AgentInput, AgentOutput
from prefrontal.configs.volatility import Retying, VolatilityConfig

Belief = Float[Array, "switch volatile better"]


class VolatilityObserver(AbstractAgent):
    r"""It knows the process that networks are trained on and infers, from who won, all that is hidden.

    With b the joint probability of the switch probability k (on a grid, even in log k), of whether the world is
    volatile, and of which arm is better, after arm w has won:

        b(k, v, s)  ~  P(w | v, s) b(k, v, s)
        b(k, v, s)  =  (1 - h_v) b(k, v, s) + h_v b(k, v, 1 - s)         the arms change places
        b(k, v, s)  =  (1 - k) b(k, v, s) + k b(k, not v, s)             volatility changes

    where h is 0 while stable and the volatile probability otherwise. What it chooses does not change what it learns, so
    that the best choice is the arm with the greater expected prize. Activity: the probability that the world is
    volatile, and the probability that arm 1 wins. Value: the expected prize of the choice.

    References:
        Behrens, Woolrich, Walton, Rushworth (2007), Nat Neurosci 10:1214 (the idea).
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 2 (this process).
    """

    switch_probability: Float[Array, " switch"]
    reversal_probability: Float[Array, "2"]
    """Stable, volatile."""
    wins: Float[Array, "volatile better arm"]
    """Chance that an arm wins."""
    retying: Retying = eqx.field(static=True)

    def __init__(self, config: VolatilityConfig | None = None, *, num_switch: int = 20):
        config = config or VolatilityConfig()
        width = (config.log_switch_high - config.log_switch_low) / num_switch
        self.switch_probability = jnp.exp(config.log_switch_low + width * (jnp.arange(num_switch) + 0.5))
        self.reversal_probability = jnp.array([0.0, config.volatile_probability])
        better = jnp.array([config.stable_reward_probability, config.volatile_reward_probability])
        self.wins = jnp.where(jnp.eye(2, dtype=bool), better[:, None, None], 1 - better[:, None, None])
        self.retying = config.retying

    def init(self) -> Belief:
        shape = (self.switch_probability.shape[0], 2, 2)
        return jnp.full(shape, jnp.float32(1 / (4 * shape[0])))

    def __call__(self, inputs: AgentInput, state: Belief) -> tuple[AgentOutput, Belief]:
        action = jnp.argmax(inputs.previous_action)
        winner = jnp.where(inputs.previous_reward > 0, action, 1 - action)
        belief = jnp.where(inputs.step > 0, self.learn(state, winner), state)
        arm_wins = jnp.einsum("kvs,vsa->a", belief, self.wins)
        expected = arm_wins * inputs.observation
        output = AgentOutput(
            logits=GREEDY * expected,
            value=jnp.max(expected),
            activity=jnp.stack([belief[:, 1].sum(), arm_wins[1]]),
        )
        return output, belief

    def learn(self, belief: Belief, winner: Int[Array, ""]) -> Belief:
        """Beliefs about the next trial, after `winner`, 0 or 1, has won this one; who was sure that it would not learns
        nothing from that."""
        joint = belief * self.wins[..., winner]
        total = joint.sum()
        joint = jnp.where(total > 0, joint / jnp.where(total > 0, total, 1.0), belief)
        h = self.reversal_probability[:, None]
        joint = (1 - h) * joint + h * joint[..., ::-1]
        other = joint[:, ::-1]
        if self.retying == "draw":
            other = jnp.broadcast_to(other.mean(axis=-1, keepdims=True), other.shape)
        k = self.switch_probability[:, None, None]
        return (1 - k) * joint + k * other
