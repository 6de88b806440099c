"""The gradient of the papers' network by the package's C, against the general one and against plain differentiation."""

import os
import subprocess
import sys
import warnings

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_gradient import TOLERANCE, assert_close, assert_same_play, randomised, situation_at

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


@pytest.fixture
def fresh():
    """Nothing is known of compilers, before and after."""
    caches = (native.compiler, native._lstm_backward)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


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


def steps_without_c(agent, task, calls):
    situation, keys = begin(agent, task, jax.random.key(1)), jax.random.split(jax.random.key(2), 4)
    found = fastest_gradient(agent, task, situation, keys, loss, starts=True)
    assert_close(
        named_arrays(found.gradient),
        named_arrays(unrolled_gradient(agent, task, situation, keys, loss, starts=True).gradient),
    )
    assert not calls


@pytest.mark.parametrize("how", ["off", "none"])
def test_without_a_compiler_nothing_is_said(how, fresh, calls, monkeypatch, tmp_path):
    monkeypatch.setenv(*(("PREFRONTAL_NATIVE", "off") if how == "off" else ("PATH", str(tmp_path))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        steps_without_c(*network(4), calls)
    assert native.compiler() is None


@pytest.mark.parametrize(
    "script",
    ["exit 1", "echo 'cc: no such header' >&2; exit 1", 'while [ "$1" != -o ]; do shift; done; echo none > "$2"'],
)
def test_a_compiler_that_fails_is_told_once(script, fresh, calls, monkeypatch, tmp_path):
    """One that says nothing, one that says why, and one whose work cannot be loaded."""
    mine = tmp_path / "mycc"
    mine.write_text(f"#!/bin/sh\n{script}\n")
    mine.chmod(0o755)
    monkeypatch.setenv("CC", str(mine))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    agent, task = network(4)
    with pytest.warns(RuntimeWarning, match="mycc could not make the faster gradient.*CC to another compiler"):
        steps_without_c(agent, task, calls)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        steps_without_c(agent, task, calls)
    assert not list(tmp_path.rglob("*.half"))


@needs_compiler
@pytest.mark.parametrize("home", ["kept", "not to be written"])
def test_where_the_library_is_kept(home, fresh, monkeypatch, tmp_path):
    folder = tmp_path / "cache"
    if home != "kept":
        folder.write_text("a file where a folder would be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    units = 2 if home == "kept" else 3  # a name is given once in a process
    assert native.lstm_backward(7, units) is not None
    libraries = list(tmp_path.rglob(f"lstm_backward_7_{units}_*.so"))
    assert len(libraries) == (home == "kept")
    if home == "kept":
        assert libraries[0].parents[1] == folder / "prefrontal" / "native"


@needs_compiler
def test_older_instructions_are_kept_to(fresh, monkeypatch, tmp_path):
    """What holds JAX to them holds the C, so that other machines' numbers can be had here."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    names = {}
    for flags in ("", "--xla_cpu_max_isa=AVX2 --xla_other=1", "--xla_cpu_max_isa=SSE4_2"):
        monkeypatch.setenv("XLA_FLAGS", flags)
        native._lstm_backward.cache_clear()
        names[native._instructions()] = native.lstm_backward(3, 4).target
    assert len(set(names.values())) == 3


@needs_compiler
@pytest.mark.parametrize(("asked", "options"), [("{cc} -DX=1", ["-DX=1"]), ("no-such-compiler", []), ("", [])])
def test_the_compiler_is_that_of_cc(asked, options, fresh, monkeypatch):
    """With options, too; where that is none, the usual ones."""
    usual = native.compiler()
    native.compiler.cache_clear()
    monkeypatch.setenv("CC", asked.format(cc=usual[0]))
    assert native.compiler() == (usual[0], *options)


@needs_compiler
def test_many_processes_may_compile_at_once(tmp_path):
    code = "from prefrontal.learning import native; print(native.lstm_backward(5, 6).target)"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    several = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = {process.communicate()[0] for process in several}
    assert len(told) == 1
    assert [process.returncode for process in several] == [0, 0, 0]
    assert len(list(tmp_path.rglob("*.so"))) == 1
