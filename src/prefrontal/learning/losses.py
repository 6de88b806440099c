"""The advantage actor-critic loss of one sequence: no batch axis, sums over time."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from prefrontal.rollouts.hoisting import time_scan


def discounted_returns(
    reward: Float[Array, " time"], discount: Float[Array, ""] | float, bootstrap: Float[Array, ""] | float = 0.0
) -> Float[Array, " time"]:
    r"""The return of every step, R_t = r_t + discount R_{t+1}, from R_T = `bootstrap`.

    Arguments:
        reward: r_t, paid for the action of step t.
        discount: 0 to 1.
        bootstrap: the value of the state that the sequence ends in; 0 where the episode ends.

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, "Learning".
    """

    def step(later: Array, now: Array) -> tuple[Array, Array]:
        total = now + discount * later
        return total, total

    _, returns = time_scan(step, jnp.asarray(bootstrap, reward.dtype), reward, reverse=True)
    return returns


class LossTerms(NamedTuple):
    """The three sums over time that make the loss, before their weights."""

    policy: Float[Array, ""]
    value: Float[Array, ""]
    entropy: Float[Array, ""]


def actor_critic_loss(
    logits: Float[Array, "time action"],
    value: Float[Array, " time"],
    action: Int[Array, " time"],
    returns: Float[Array, " time"],
    active: Bool[Array, " time"],
    *,
    value_cost: Float[Array, ""] | float,
    entropy_cost: Float[Array, ""] | float,
    baseline: Float[Array, " time"] | None = None,
    log_epsilon: float = 0.0,
) -> tuple[Float[Array, ""], LossTerms]:
    r"""The loss of one sequence, with sg(.) for a constant:

        L = sum_t [ -log pi(a_t) sg(R_t - b_t) + value_cost 1/2 (sg(R_t) - V_t)^2 - entropy_cost H(pi_t) ]

    Arguments:
        logits: of the policy pi.
        value: V_t.
        action: a_t, 0 to A - 1.
        returns: R_t, see `discounted_returns`.
        active: steps that count.
        value_cost: beta_v of the paper, whose gradient beta_v (R_t - V_t) dV_t is that of half the squared error.
        entropy_cost: beta_e of the paper.
        baseline: b_t. None: V_t.
        log_epsilon: added to the probabilities in the logarithms.

    Returns:
        The loss and its terms.

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, "Learning"; Mnih et al. (2016), ICML.
    """
    returns = jax.lax.stop_gradient(returns)
    log_policy = jax.nn.log_softmax(logits)
    policy = jnp.exp(log_policy)
    if log_epsilon:
        log_policy = jnp.log(policy + log_epsilon)
    chosen = jnp.sum(log_policy * jax.nn.one_hot(action, logits.shape[-1]), axis=-1)
    advantage = jax.lax.stop_gradient(returns - (value if baseline is None else baseline))
    entropy = -jnp.sum(policy * log_policy, axis=-1)
    terms = LossTerms(
        policy=-jnp.sum(chosen * advantage, where=active),
        value=0.5 * jnp.sum((returns - value) ** 2, where=active),
        entropy=jnp.sum(entropy, where=active),
    )
    return terms.policy + value_cost * terms.value - entropy_cost * terms.entropy, terms
