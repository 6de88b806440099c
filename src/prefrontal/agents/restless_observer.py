"""Observers of restless arms, as agents: the ideal one, and Thompson sampling."""

from collections.abc import Sequence
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr
from jaxtyping import Array, Float

from prefrontal.agents.base import GREEDY, AbstractAgent, AgentInput, AgentOutput
from prefrontal.configs import RestlessConfig

Policy = Literal["greedy", "thompson"]
Belief = Float[Array, "volatility place"]
IMAGES = 3
"""Reflections at each bound that a step may take."""


class RestlessObserver(AbstractAgent):
    r"""It knows that p walks, and infers p from the rewards, and which of several volatilities the episode has.

    With b the joint probability of the volatility s and of p, which is uniform at first, and w whether the pull tells
    for the first arm (its reward, or the other's lack of one):

        b(s, p)  ~  P(w | p) b(s, p)
        b(s, q)  =  sum_p P_s(p -> q) b(s, p)          the walk, reflected at 0 and 1

    p lies in the middle of one of `num_places` equal intervals. Both arms tell as much of p, so that the greedy choice
    is optimal; Thompson sampling pulls the first arm with probability P(p > 1/2). Activity: the mean of p and the
    probability of each volatility. Value: the expected reward of the better arm.

    References:
        Wang et al. (2016), arXiv 1611.05763, section 3.1.4 (Thompson sampling with a fixed volatility).
        Thompson (1933), Biometrika 25:285.
    """

    walk: Float[Array, "volatility place next_place"]
    policy: Policy = eqx.field(static=True)

    def __init__(
        self,
        volatilities: Sequence[float] | Float[Array, " volatility"],
        policy: Policy = "greedy",
        *,
        num_places: int = 100,
    ):
        """
        Arguments:
            volatilities: what an episode's may be, each as likely as the others.
            policy: how it chooses.
            num_places: values of p.
        """
        self.walk = jax.vmap(lambda volatility: _walk(volatility, num_places))(jnp.asarray(volatilities, jnp.float32))
        self.policy = policy

    def init(self) -> Belief:
        shape = self.walk.shape[:2]
        return jnp.full(shape, jnp.float32(1 / (shape[0] * shape[1])))

    def __call__(self, inputs: AgentInput, state: Belief) -> tuple[AgentOutput, Belief]:
        reward = jnp.where(jnp.argmax(inputs.previous_action) == 0, inputs.previous_reward, 1 - inputs.previous_reward)
        belief = jnp.where(inputs.step > 0, self.learn(state, reward), state)
        place = belief.sum(axis=0)
        mean = place @ _places(place.shape[0])
        if self.policy == "greedy":
            logits = GREEDY * jnp.stack([mean, 1 - mean])
        else:
            # An interval that holds 1/2 in its middle belongs to either arm alike. Told by whole numbers: whether the
            # difference of two floats is zero depends on how a processor rounds.
            beyond = jnp.sign(2 * jnp.arange(place.shape[0]) + 1 - place.shape[0])
            first = place @ ((beyond + 1) / 2)
            logits = jnp.log(jnp.maximum(jnp.stack([first, 1 - first]), 1e-30))
        activity = jnp.concatenate([mean[None], belief.sum(axis=1)])
        return AgentOutput(logits=logits, value=jnp.maximum(mean, 1 - mean), activity=activity), belief

    def learn(self, belief: Belief, reward: Float[Array, ""]) -> Belief:
        """Beliefs about the next trial, after the first arm has paid `reward`, or the second 1 less it."""
        p = _places(belief.shape[1])
        seen = belief * jnp.where(reward > 0.5, p, 1 - p)
        return jnp.einsum("sp,spq->sq", seen / seen.sum(), self.walk)


def ideal_observer(config: RestlessConfig) -> RestlessObserver:
    """The agent that earns the most that can be earned without being told the volatility."""
    drawn = (config.low_volatility, config.high_volatility)
    known = {"drawn": drawn, "low": drawn[:1], "high": drawn[1:]}
    return RestlessObserver(known[config.volatility])


def _places(num: int) -> Float[Array, " place"]:
    return (jnp.arange(num) + 0.5) / num


def _walk(volatility: Float[Array, ""], num_places: int) -> Float[Array, "place next_place"]:
    """The chance that a step from the middle of an interval ends in each."""
    ends = jnp.arange(num_places + 1) / num_places
    # A step reaches x directly, or x's image in a bound, or an image's image: 2 k + x and 2 k - x.
    turns = 2.0 * jnp.arange(-IMAGES, IMAGES + 1)[:, None]
    images = jnp.stack([turns + ends, turns - ends])
    reached = ndtr((images[None] - _places(num_places)[:, None, None, None]) / volatility)
    steps = jnp.abs(jnp.diff(reached, axis=-1)).sum(axis=(1, 2))
    return steps / steps.sum(axis=1, keepdims=True)
