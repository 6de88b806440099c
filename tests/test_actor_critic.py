"""The agent with a separate actor and critic: its contract, its equations in NumPy, and what its actor may learn."""

import re
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import AgentContract
from numpy_actor_critic import NumpyLSTM

from prefrontal.agents.actor_critic import ActorCriticAgent
from prefrontal.configs import ActorCriticConfig, RiskConfig
from prefrontal.errors import UserError
from prefrontal.learning.gradient import plain_gradient, unrolled_gradient
from prefrontal.learning.losses import actor_critic_loss, discounted_returns
from prefrontal.rollouts.episodes import agent_inputs, begin, rollout
from prefrontal.runs.arrays import named_arrays
from prefrontal.tasks.risk import Risk

TASK = Risk(RiskConfig(num_forced_pairs=2, num_free_trials=4))


def network(**options) -> ActorCriticAgent:
    """Every parameter moved at random: none is zero, and the heads matter."""
    config = ActorCriticConfig(actor_size=5, critic_size=7, **options)
    agent, rng = ActorCriticAgent(config, TASK, key=jax.random.key(0)), np.random.default_rng(0)
    moved, rest = eqx.partition(agent, eqx.is_inexact_array)
    moved = jax.tree.map(lambda w: w + jnp.asarray(0.5 * rng.normal(size=w.shape), jnp.float32), moved)
    return eqx.combine(moved, rest)


class TestActorCriticAgent(AgentContract):
    task = TASK
    agent = network()


class TestActorCriticAgentWithoutBiases(AgentContract):
    task = TASK
    agent = network(initial_state="zero", head_bias=False)


def numpy_network(weights: dict[str, np.ndarray], part: str, other: str) -> NumpyLSTM:
    """One of the two networks, with a head of each kind (one of them unused)."""
    own = {name.removeprefix(f"{part}."): array for name, array in weights.items() if name.startswith(f"{part}.")}
    own = {name.removeprefix("initial_state."): array for name, array in own.items()}
    units = len(own["bias"]) // 4
    own |= {"policy": np.zeros((units, 3)), "value": np.zeros(units)} | {
        name: array for name, array in weights.items() if name.startswith(other)
    }
    return NumpyLSTM(own, None)


@pytest.mark.parametrize("options", [{}, {"initial_state": "zero", "head_bias": False, "discount": 0.6}])
def test_it_is_its_equations(options):
    """Against loops in double precision: the critic sees the reward, the actor its prediction error and no more."""
    agent, discount = network(**options), options.get("discount", 0.9)
    weights, played = named_arrays(agent), jax.jit(lambda key: rollout(agent, TASK, key))(jax.random.key(3))
    critic, actor = numpy_network(weights, "critic", "value"), numpy_network(weights, "actor", "policy")
    observation, action, reward = (np.asarray(x) for x in (played.observation, played.action, played.reward))
    _, value = critic.forward(critic.inputs(observation, action, reward, 0), critic.initial_state())
    error = np.zeros(len(reward))
    for t in range(1, len(reward)):
        error[t] = reward[t - 1] + discount * value[t] - value[t - 1]
    seen = actor.inputs(observation, action, np.append(error[1:], 0.0), 0)
    seen[0, observation.shape[1]] = 0.0
    logits, _ = actor.forward(seen, actor.initial_state())
    assert np.ptp(error) > 0.1
    np.testing.assert_allclose(played.value, value, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(played.logits, logits, rtol=1e-4, atol=1e-5)
    activity = np.concatenate([[s[-1] for s in actor.steps], [s[-1] for s in critic.steps]], axis=1)
    np.testing.assert_allclose(played.activity, activity, rtol=1e-4, atol=1e-5)


@pytest.mark.thorough
def test_each_network_learns_from_its_own_error():
    """The critic has no gradient of the policy's loss, the actor none of the value's; both ways to it agree."""
    agent, start = network(), begin(network(), TASK, jax.random.key(1))
    keys = jax.random.split(jax.random.key(2), TASK.num_steps)

    def gradients(policy_cost: float, value_cost: float) -> list[dict[str, np.ndarray]]:
        def loss(heads, trajectory, end):
            returns = discounted_returns(trajectory.reward, 0.9)
            _, terms = actor_critic_loss(
                *heads, trajectory.action, returns, trajectory.active, value_cost=1.0, entropy_cost=0.0
            )
            return policy_cost * terms.policy + value_cost * terms.value, None

        ways = (unrolled_gradient, plain_gradient)
        learn = eqx.filter_jit(lambda way: way(agent, TASK, start, keys, loss, starts=True).gradient)
        return [named_arrays(learn(way)) for way in ways]

    for costs, learns in (((1.0, 0.0), ("actor", "policy")), ((0.0, 1.0), ("critic", "value"))):
        unrolled, plain = gradients(*costs)
        norm = np.sqrt(sum(np.sum(g**2) for g in plain.values()))
        for name, gradient in unrolled.items():
            assert np.any(gradient) == name.startswith(learns), name
            np.testing.assert_allclose(gradient, plain[name], atol=1e-5 * norm)


def test_the_actor_sees_no_reward():
    """With the critic's units silent and its value constant, a reward reaches the actor as a prediction error alone."""
    agent = network()
    record = SimpleNamespace(observation=jnp.eye(4)[jnp.array([0, 3, 0, 3])], action=jnp.array([2, 0, 2, 1]))

    def logits(reward: jax.Array, shift: float) -> jax.Array:
        inputs = agent_inputs(record.observation, record.action, reward, 3)

        def tap(name: str, signal: jax.Array) -> jax.Array:
            return signal.at[5:].set(0.0) if name == "activity" else signal + shift * (inputs_at.step == 2)

        state, outputs = agent.init(), []
        for t in range(4):
            inputs_at = jax.tree.map(lambda leaf: leaf[t], inputs)  # noqa: B023
            output, state = agent.run(inputs_at, state, tap)
            outputs.append(output.logits)
        return jnp.stack(outputs)

    paid = logits(jnp.array([0.0, 3.0, 0.0, 0.0]), 0.0)
    told = logits(jnp.zeros(4), 3.0)
    np.testing.assert_allclose(paid, told, rtol=1e-5, atol=1e-5)
    assert np.abs(paid - logits(jnp.zeros(4), 0.0)).max() > 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"actor_size": 0}, "`actor_size` must be a whole number of at least 1, got 0."),
        ({"critic_size": 0}, "`critic_size` must be a whole number of at least 1, got 0."),
        ({"discount": 1.1}, "`discount` must be a probability from 0 to 1, got 1.1."),
        ({"initial_state": "one"}, "`initial_state` must be one of learned, zero, got 'one'."),
        ({"value_scale": -1.0}, "`value_scale` must be at least 0, got -1.0."),
    ],
)
def test_what_cannot_be_is_refused(change, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        ActorCriticConfig(**change)
