"""The gradient of the papers' network by the package's C, against the general one and against plain differentiation."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_gradient import TOLERANCE, assert_close, assert_same_play, randomised, situation_at

from prefrontal.agents.encoders import AbstractEncoder
from prefrontal.agents.interventions import silenced
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs import RecurrentConfig, TwoStepConfig
from prefrontal.learning import lstm_gradient, native
from prefrontal.learning.gradient import plain_gradient, unrolled_gradient
from prefrontal.learning.losses import actor_critic_loss, discounted_returns
from prefrontal.learning.lstm_gradient import fastest_gradient
from prefrontal.rollouts.episodes import begin
from prefrontal.runs.arrays import named_arrays
from prefrontal.tasks import TwoStep

needs_compiler = pytest.mark.skipif(native.compiler() is None, reason="there is no C compiler here")


@pytest.fixture
def calls(monkeypatch):
    """The sizes for which the C was called, in order."""
    made, call = [], lstm_gradient._call

    def noting(weights, steps, before):
        made.append((steps[3].shape[-1], steps[1].shape[-1], steps[1].shape[1]))
        return call(weights, steps, before)

    monkeypatch.setattr(lstm_gradient, "_call", noting)
    return made


def loss(heads, trajectory, end):
    returns = discounted_returns(trajectory.reward, 0.8, 0.3)
    costs = {"value_cost": 0.4, "entropy_cost": 0.3, "baseline": trajectory.value}
    return actor_critic_loss(*heads, trajectory.action, returns, trajectory.active, **costs)


def network(units=8, encoding="stage", trials=5, seed=0, **config):
    task = TwoStep(TwoStepConfig(num_trials=trials, encoding=encoding))
    agent = RecurrentAgent(RecurrentConfig(hidden_size=units, **config), task, key=jax.random.key(seed))
    return randomised(agent, seed, 0.4 if units < 10 else 0.03), task  # large ones are chaotic then, and rounding grows


@eqx.filter_jit
def gradient_by(way, agent, task, situation, keys, starts, **options):
    return way(agent, task, situation, keys, loss, starts=starts, **options)


@needs_compiler
@pytest.mark.parametrize(
    ("units", "steps", "encoding", "config"),
    [
        (1, 1, "trial", {"initial_state": "learned"}),
        (3, 7, "stage", {"initial_state": "zero", "head_bias": False}),
        (16, 60, "fixation", {"time_input": "normalised"}),
        (48, 128, "trial", {"head_bias": False}),  # as many as are multiplied at a time
        (50, 129, "fixation", {}),
        (131, 300, "stage", {"initial_state": "zero"}),
    ],
)
def test_it_equals_plain_differentiation(units, steps, encoding, config, calls):
    agent, task = network(units, encoding, trials=300, seed=units, **config)
    keys = jax.random.split(jax.random.key(steps), steps)
    for starts in (True, False):
        situation = situation_at(agent, task, starts=starts)
        fast, plain = (
            gradient_by(way, agent, task, situation, keys, jnp.bool_(starts))
            for way in (fastest_gradient, plain_gradient)
        )
        assert_same_play(fast, plain)
        assert_close(named_arrays(fast.gradient), named_arrays(plain.gradient))
    assert calls == [(agent.encoder.size, units, 1)]  # traced once, and the C in it


def lanes_of(num, units=48):
    """Networks of as many seeds, stacked, with a situation each and keys."""
    agents = [network(units, "trial", seed=seed)[0] for seed in range(num)]
    task = network(units, "trial")[1]
    situations = [begin(agent, task, jax.random.key(seed)) for seed, agent in enumerate(agents)]
    stacked = [jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees) for trees in (agents, situations)]
    return *stacked, task, jax.random.split(jax.random.key(9), (num, 5))


@needs_compiler
def test_a_lane_has_the_same_bits_alone_and_among_others(calls):
    agents, situations, task, keys = lanes_of(4)

    @eqx.filter_jit
    def together(agents, situations, keys):
        return jax.vmap(lambda a, s, k: fastest_gradient(a, task, s, k, loss, starts=True).gradient)(
            agents, situations, keys
        )

    some = together(agents, situations, keys)
    others = jax.tree.map(lambda leaf: leaf[jnp.array([2, 2, 2, 2])], (agents, situations, keys))
    alone = together(*others)
    for one, other in zip(jax.tree.leaves(some), jax.tree.leaves(alone), strict=True):
        np.testing.assert_array_equal(one[2], other[0])
        np.testing.assert_array_equal(other[3], other[0])
        assert np.abs(one[1] - one[2]).max() > TOLERANCE
    assert (6, 48, 4) in calls


@needs_compiler
@pytest.mark.parametrize("units", [5, 48])
def test_episodes_that_share_weights_are_lanes_too(units, calls):
    """Of one network, and of several side by side."""
    agents, situations, task, _ = lanes_of(2, units)
    episodes = jax.random.split(jax.random.key(4), (2, 3, 5))

    def of(way):
        def one(agent, situation, keys):
            return jax.vmap(lambda k: way(agent, task, situation, k, loss, starts=True).gradient)(keys)

        first = jax.tree.map(lambda leaf: leaf[0], (agents, situations, episodes))
        return eqx.filter_jit(one)(*first), eqx.filter_jit(jax.vmap(one))(agents, situations, episodes)

    for fast, general in zip(of(fastest_gradient), of(unrolled_gradient), strict=True):
        assert_close(named_arrays(fast), named_arrays(general))
    assert {(6, units, 3), (6, units, 6)} <= set(calls)


@needs_compiler
def test_lanes_may_be_mapped_any_number_of_times():
    agents, situations, task, _ = lanes_of(4, 5)
    keys = jax.random.split(jax.random.key(4), (2, 2, 3, 2, 5))

    def of(way):
        one = lambda agent, situation, keys: way(agent, task, situation, keys, loss, starts=True).gradient  # noqa: E731
        episodes = jax.vmap(jax.vmap(one, in_axes=(None, None, 0)), in_axes=(None, None, 0))
        networks = [jax.tree.map(lambda leaf: leaf.reshape(2, 2, *leaf.shape[1:]), t) for t in (agents, situations)]
        each, all_same = jax.vmap(jax.vmap(episodes)), jax.vmap(jax.vmap(episodes), in_axes=(None, None, 0))
        first = [jax.tree.map(lambda leaf: leaf[0], t) for t in networks]
        return eqx.filter_jit(each)(*networks, keys), eqx.filter_jit(all_same)(*first, keys)

    for fast, general in zip(of(fastest_gradient), of(unrolled_gradient), strict=True):
        assert_close(named_arrays(fast), named_arrays(general))


class Short(AbstractEncoder):
    """Somebody's own, in half precision."""

    size: int = eqx.field(static=True)

    def __call__(self, inputs):
        return jnp.ravel(inputs.observation).astype(jnp.bfloat16)


@needs_compiler
def test_an_encoder_may_be_of_another_precision(calls):
    task = TwoStep(TwoStepConfig(num_trials=5, encoding="stage"))
    key = jax.random.key(0)
    size = jnp.size(begin(network(4)[0], task, key).inputs.observation)
    agent = randomised(RecurrentAgent(RecurrentConfig(hidden_size=4), task, key=key, encoder=Short(size)), 0, 0.4)
    situation, keys = begin(agent, task, jax.random.key(1)), jax.random.split(jax.random.key(2), 6)
    fast, plain = (gradient_by(way, agent, task, situation, keys, True) for way in (fastest_gradient, plain_gradient))
    assert_close(named_arrays(fast.gradient), named_arrays(plain.gradient))
    assert calls


class Doubled(RecurrentAgent):
    """Somebody's own, with the same arrays."""

    def answer(self, state, tap):
        output, state = super().answer(state, tap)
        return eqx.tree_at(lambda o: o.logits, output, 2 * output.logits), state


def special(kind):
    task = TwoStep(TwoStepConfig(num_trials=5, encoding="stage"))
    config, key = RecurrentConfig(hidden_size=4), jax.random.key(0)
    if kind == "subclass":
        return Doubled(config, task, key=key), task
    if kind == "lesion":
        return silenced(RecurrentAgent(config, task, key=key), jnp.array([True, False, False, False])), task
    changes = {"gru": {"cell": "gru"}, "rnn": {"cell": "rnn"}, "encoder": {"encoder": "mlp", "encoder_layers": (3,)}}
    return RecurrentAgent(RecurrentConfig(hidden_size=4, **changes.get(kind, {})), task, key=key), task


@pytest.mark.parametrize("kind", ["subclass", "lesion", "gru", "rnn", "encoder", "later", "double"])
def test_other_agents_go_the_general_way(kind, calls):
    agent, task = special(kind)
    options = {"time_shift": 2} if kind == "later" else {}
    if kind == "double":
        with jax.enable_x64(True):
            agent = jax.tree.map(lambda leaf: leaf.astype(jnp.float64) if eqx.is_inexact_array(leaf) else leaf, agent)
            assert not lstm_gradient._is_standard(agent)
        return
    situation, keys = begin(agent, task, jax.random.key(1)), jax.random.split(jax.random.key(2), 4)
    fast, plain = (
        gradient_by(way, agent, task, situation, keys, True, **options) for way in (fastest_gradient, plain_gradient)
    )
    assert_close(named_arrays(fast.gradient), named_arrays(plain.gradient))
    assert not calls


@needs_compiler
@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_what_is_no_number_is_seen(bad):
    """So that a training that breaks down is told of."""
    agent, task = network(5)
    agent = eqx.tree_at(lambda a: a.cell.kernel, agent, agent.cell.kernel.at[-1, 3].set(bad))
    situation = begin(agent, task, jax.random.key(1))
    found = gradient_by(fastest_gradient, agent, task, situation, jax.random.split(jax.random.key(2), 6), True)
    assert not np.isfinite(np.concatenate([leaf.ravel() for leaf in jax.tree.leaves(found.gradient)])).all()
