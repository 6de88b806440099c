"""The memory for episodes: its dictionary against a list, its agent against its equations and against the network
without it, training that carries it, and what outlasts an episode in a test."""

import re
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import AgentContract, assert_same_bits
from test_gradient import assert_close, randomised

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.agents.episodic import EpisodicAgent
from prefrontal.agents.interventions import intervened, silenced
from prefrontal.agents.memory import Dictionary
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs import CuedBanditConfig, EpisodicConfig, InterventionConfig, RecurrentConfig, TrainConfig
from prefrontal.errors import UserError
from prefrontal.learning.gradient import _LinearStep, plain_gradient, unrolled_gradient
from prefrontal.learning.group import new_learner
from prefrontal.learning.train import sequence_loss, train
from prefrontal.rollouts.episodes import Situation, advance, begin
from prefrontal.rollouts.epochs import evaluate_epochs
from prefrontal.runs.arrays import named_arrays, with_arrays

TASK = CuedBanditConfig(num_trials=4, num_arms=3, exposures=2, context_size=6).make()
CONFIG = EpisodicConfig(hidden_size=5, context_size=6, memory_size=4, memory_episodes=6)
OTHER = EpisodicConfig(hidden_size=5, context_size=6, memory_size=4, memory_episodes=3, write="every-steps")
KEY = jax.random.key(4)


def made(config: EpisodicConfig, **changes) -> EpisodicAgent:
    """An agent whose every parameter is moved at random."""
    agent = randomised(replace(config, **changes).make(TASK, jax.random.key(0)), 1)
    assert isinstance(agent, EpisodicAgent)
    return agent


def without_memory(agent: EpisodicAgent) -> EpisodicAgent:
    """The same weights, with `retrieval` off."""
    off = made(CONFIG, retrieval=False)
    return with_arrays(off, named_arrays(agent), source="the agent")


class Listed:
    """What `Dictionary` is to be, as a list of keys and values from the oldest to the latest."""

    def __init__(self, room: int):
        self.room, self.entries = room, []

    def nearest(self, key):
        if not key.any():
            return None, -np.inf
        cosines = [kept @ key / np.linalg.norm(kept) / np.linalg.norm(key) for kept, _ in self.entries]
        return (int(np.argmax(cosines)), max(cosines)) if cosines else (None, -np.inf)

    def read(self, key, least):
        place, cosine = self.nearest(key)
        return self.entries[place][1] if place is not None and cosine >= least else np.zeros(2)

    def write(self, key, value):
        if not key.any():
            return
        place, cosine = self.nearest(key)
        if cosine > 0.99:
            del self.entries[place]
        elif len(self.entries) == self.room:
            del self.entries[0]
        self.entries.append((key, value))


@pytest.mark.parametrize("least", [-1.0, 0.5])
def test_the_dictionary_is_a_list_of_what_was_written(least):
    """Directions in three dimensions of which some come back, at another length; many more than there is room for."""
    rng = np.random.default_rng(0)
    known = rng.normal(size=(8, 3))
    listed, kept = Listed(5), Dictionary.empty(5, 3, 2)
    step = jax.jit(lambda kept, key, value, when: (kept.read(key, least), kept.write(key, value, when)))
    for number in range(80):
        key = known[rng.integers(8)] * rng.uniform(0.5, 2) * (rng.random() > 0.1)
        key = key + 1e-4 * rng.normal(size=3) * bool(key.any())
        value, when = np.array([number, -1.0]), bool(rng.random() > 0.3)
        expected = listed.read(key, least)
        found, kept = step(kept, jnp.asarray(key, jnp.float32), jnp.asarray(value, jnp.float32), when)
        np.testing.assert_array_equal(found, expected)
        if when:
            listed.write(key, value)
    assert len(listed.entries) == 5
    order = np.argsort(kept.written)
    np.testing.assert_array_equal(np.asarray(kept.values)[order], [value for _, value in listed.entries])
    emptied = kept.emptied(jnp.bool_(True))
    assert not np.any(emptied.read(jnp.ones(3)))
    assert_same_bits(kept.emptied(jnp.bool_(False)), kept)


class TestEpisodicAgent(AgentContract):
    task, agent = TASK, made(CONFIG)


class TestEpisodicAgentThatWritesAtEveryStep(AgentContract):
    task, agent = TASK, made(OTHER, recall="tanh", write_every=2)


@eqx.filter_jit
def epochs(agent, task=TASK, key=KEY, num_episodes=7):
    """Two of them, longer than the memory lasts."""
    return evaluate_epochs(agent, task, key, num_epochs=2, num_episodes=num_episodes)


class TestWithoutAMemoryItIsTheRecurrentAgent:
    agent = made(CONFIG)
    recurrent = with_arrays(
        RecurrentAgent(CONFIG.network, TASK, key=jax.random.key(0)),
        {name: array for name, array in named_arrays(agent).items() if not name.startswith("reinstatement")},
        source="the agent",
    )

    @pytest.mark.thorough
    def test_with_retrieval_off(self):
        assert_same_bits(epochs(without_memory(self.agent)), epochs(self.recurrent))

    @pytest.mark.thorough
    def test_with_the_gate_closed(self):
        closed = eqx.tree_at(lambda a: a.reinstatement_bias, self.agent, jnp.full(5, -1e9))
        """To rounding: nothing is added, by another program."""
        recurrent = epochs(self.recurrent)
        np.testing.assert_allclose(epochs(closed).logits, recurrent.logits, rtol=1e-5, atol=1e-6)
        assert np.abs(epochs(self.agent).logits - recurrent.logits).max() > 0.01

    def test_the_gate_does_nothing_then(self):
        off = without_memory(self.agent)
        other = eqx.tree_at(lambda a: a.reinstatement_kernel, off, replace_fn=lambda kernel: kernel + 1.0)
        assert_same_bits(epochs(other), epochs(off))

    def test_its_first_weights_are_the_same(self):
        untrained = named_arrays(CONFIG.make(TASK, KEY))
        recurrent = named_arrays(RecurrentConfig(hidden_size=5).make(TASK, KEY))
        assert untrained.keys() - recurrent.keys() == {"reinstatement_kernel", "reinstatement_bias"}
        for name, array in recurrent.items():
            np.testing.assert_array_equal(untrained[name], array)

    @pytest.mark.thorough
    def test_training_gives_the_same_weights(self):
        """To rounding, since the programs are two."""
        train_config = TrainConfig(num_episodes=12)
        off, recurrent = (
            named_arrays(trained(config, train_config).agent)
            for config in (replace(CONFIG, retrieval=False), CONFIG.network)
        )
        assert_close({name: off[name] for name in recurrent}, recurrent)


def planted(agent: EpisodicAgent, values, keys) -> Situation:
    """The start of an episode with memories in place."""
    start = begin(agent, TASK, jax.random.key(2))
    memory = start.agent_state.past.memory
    for key, value in zip(keys, values, strict=True):
        memory = memory.write(jnp.asarray(key), jnp.asarray(value), jnp.bool_(True))
    return eqx.tree_at(lambda s: s.agent_state.past.memory, start, memory)


def memories(agent: EpisodicAgent):
    """Values and keys: the second key is nearest to what is shown first."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 5)).astype(np.float32)
    shown = np.asarray(begin(agent, TASK, jax.random.key(2)).inputs.observation)
    keys = np.stack([-shown, shown + 0.1 * rng.normal(size=6), rng.normal(size=6)]).astype(np.float32)
    return values, keys


@pytest.mark.parametrize("recall", ["plain", "tanh"])
def test_a_planted_memory_comes_back_by_the_equations(recall):
    agent = made(CONFIG, recall=recall)
    values, keys = memories(agent)
    start = planted(agent, values, keys)
    _, after = answered(agent, start.inputs, start.agent_state)

    def logistic(z):
        return 1 / (1 + np.exp(-z))

    weights = {name: np.asarray(array, float) for name, array in named_arrays(agent).items()}
    seen = np.concatenate([start.inputs.observation, np.zeros(1 + TASK.num_actions), weights["initial_state.h"]])
    write, keep, content, read = np.split(seen @ weights["kernel"] + weights["bias"], 4)
    gate = logistic(seen @ weights["reinstatement_kernel"] + weights["reinstatement_bias"])
    recalled = np.tanh(values[1]) if recall == "tanh" else values[1]
    c = logistic(keep) * weights["initial_state.c"] + logistic(write) * np.tanh(content) + gate * recalled
    np.testing.assert_allclose(after.network.c, c, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(after.network.h, logistic(read) * np.tanh(c), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("config", [CONFIG, replace(OTHER, write_every=2)], ids=["episode-end", "every-steps"])
class TestGradient:
    def test_it_is_the_plain_one(self, config):
        agent = made(config)
        start = planted(agent, *memories(agent))
        options = TrainConfig(entropy_cost=0.3, value_cost=0.4)
        hyperparameters = new_learner(TASK, config, options, 0).hyperparameters

        def loss(heads, trajectory, end):
            return sequence_loss(heads, trajectory, jnp.zeros(()), hyperparameters, jnp.float32(0.3))

        @eqx.filter_jit
        def both(agent, start, keys, starts):
            return [way(agent, TASK, start, keys, loss, starts=starts) for way in (unrolled_gradient, plain_gradient)]

        for starts in (True, False):
            one, other = both(agent, start, jax.random.split(KEY, 4), starts)
            assert_close(named_arrays(one.gradient), named_arrays(other.gradient))
            assert np.any(one.gradient.reinstatement_kernel)
            for left, right in zip(jax.tree.leaves(one.situation), jax.tree.leaves(other.situation), strict=True):
                np.testing.assert_allclose(left, right, rtol=1e-5, atol=1e-6)

    @pytest.mark.thorough
    def test_none_reaches_the_store(self, config):
        """Though what is in it counts."""
        agent = made(config)
        values, keys = memories(agent)

        @jax.jit
        def total(values, keys):
            start = planted(agent, values, keys)
            _, played, _ = advance(
                lambda i, s: (*agent(i, s), None), TASK, start, jax.random.split(jax.random.key(0), 4)
            )
            return jnp.sum(played.logits**2) + jnp.sum(played.value)

        for gradient in jax.grad(total, argnums=(0, 1))(values, keys):
            assert not np.any(gradient)
        assert total(values, keys) != total(values + 0.1, keys)

    def test_what_is_kept_of_a_step_is_small(self, config):
        """No step keeps a copy of the memory for the gradient, and no error is carried back for it."""
        agent = made(replace(config, memory_size=1_000))
        start = begin(agent, TASK, KEY)
        parameters, rest = eqx.partition(agent, eqx.is_inexact_array)
        linear = _LinearStep(parameters, rest, start)
        *_, residuals = jax.eval_shape(linear.act, start.inputs, start.agent_state)
        assert max(leaf.size for leaf in residuals) <= 30
        assert sum(leaf.size for leaf in jax.tree.leaves(linear._zero_state)) == 2 * 5


answered = eqx.filter_jit(lambda agent, inputs, state: agent(inputs, state))
restarted = eqx.filter_jit(lambda agent, state, inputs: agent.restart(state, inputs))


def at_end(config: EpisodicConfig, *, last_reward: float = 0.0, observations=None):
    """An agent shown some observations, rewarded by 1 for the first step and by `last_reward` for the last; the state
    in which it ends, and the one in which it starts again."""
    agent = made(config)
    state = agent.init()
    observations = jax.random.normal(KEY, (3, 6)) if observations is None else observations
    cells = []
    for step, observation in enumerate(observations):
        paid = jnp.float32(step == 1)
        _, state = answered(agent, AgentInput(observation, jnp.zeros(3), paid, jnp.int32(step)), state)
        cells.append(np.asarray(state.network.c))
    end = AgentInput(jnp.ones(6), jnp.zeros(3), jnp.float32(last_reward), jnp.int32(len(observations)))
    return np.asarray(observations), cells, restarted(agent, state, end), agent


def entries(memory: Dictionary):
    """Keys and values of what is written, in the order of writing."""
    order = [entry for entry in np.argsort(memory.written) if memory.written[entry] > 0]
    return np.asarray(memory.keys)[order], np.asarray(memory.values)[order]


def unit(key):
    return key / np.linalg.norm(key, axis=-1, keepdims=True)


class TestWriting:
    def test_the_last_cell_is_kept_under_the_last_context(self):
        blank_at_the_end = jnp.stack([*jax.random.normal(KEY, (2, 6)), jnp.zeros(6)])
        for observations, last in ((None, 2), (blank_at_the_end, 1)):
            shown, cells, after, agent = at_end(CONFIG, observations=observations)
            keys, values = entries(after.past.memory)
            np.testing.assert_allclose(keys, unit(shown[[last]]), rtol=1e-5)
            np.testing.assert_array_equal(values, cells[2][None])
            assert_same_bits(after.network, agent.network.init())
            assert after.past.episodes == 1
            assert not np.any(after.past.context)

    @pytest.mark.parametrize(("last_reward", "num"), [(0.0, 0), (1.0, 0), (1.5, 1)])
    def test_only_what_paid_enough_is_kept(self, last_reward, num):
        """The last reward counts, which no step of the episode saw."""
        rule = replace(CONFIG, write="rewarded", least_reward=2.0)
        assert len(entries(at_end(rule, last_reward=last_reward)[2].past.memory)[0]) == num

    def test_no_context_no_memory(self):
        assert not np.any(at_end(CONFIG, observations=jnp.zeros((3, 6)))[2].past.memory.written)

    @pytest.mark.parametrize(("every", "steps"), [(1, [0, 1, 2]), (2, [1]), (3, [2])])
    def test_by_step(self, every, steps):
        shown, cells, after, _ = at_end(replace(OTHER, write_every=every))
        keys, values = entries(after.past.memory)
        np.testing.assert_allclose(keys, unit(shown[steps]), rtol=1e-5)
        np.testing.assert_array_equal(values, np.array(cells)[steps])

    @pytest.mark.parametrize("episodes", [1, 3])
    def test_it_is_emptied_after_an_epoch(self, episodes):
        agent = made(CONFIG, memory_episodes=episodes)
        state, kept = agent.init(), []
        for number in range(7):
            shown = AgentInput(jnp.eye(6)[number % 6], jnp.zeros(3), jnp.zeros(()), jnp.int32(0))
            _, state = answered(agent, shown, state)
            state = restarted(agent, state, shown)
            kept.append(int(np.sum(np.asarray(state.past.memory.written) > 0)))
        assert kept == [(number + 1) % episodes for number in range(7)]


def trained(config, train_config, chunks=(12,)):
    """The state after some episodes, saved and read again between chunks."""
    learner = new_learner(TASK, config, train_config, 0)
    program = eqx.filter_jit(lambda state, num: train(state, TASK, learner.hyperparameters, num, unroll=2, capacity=12))
    state = learner.state
    for num in chunks:
        state, _ = program(with_arrays(learner.state, named_arrays(state), source="here"), jnp.int32(num))
    return state


@pytest.mark.parametrize("batch", [1, pytest.param(2, marks=pytest.mark.thorough)])
class TestTraining:
    @pytest.mark.thorough
    def test_it_goes_on_in_the_middle_of_an_epoch(self, batch):
        config = TrainConfig(num_episodes=12, episodes_per_update=batch)
        straight, resumed = (trained(CONFIG, config, chunks) for chunks in ((12,), (4, 2, 6)))
        assert_same_bits(named_arrays(resumed), named_arrays(straight))
        before = new_learner(TASK, CONFIG, config, 0).state.agent
        assert np.any(straight.agent.reinstatement_kernel != before.reinstatement_kernel)

    @pytest.mark.thorough
    def test_the_memory_holds_an_epoch_as_far_as_it_has_come(self, batch):
        """Streams of episodes that share an update have a memory each; contexts are three, the memory lasts six."""
        config = TrainConfig(num_episodes=12, episodes_per_update=batch)
        seen = {}
        for episodes in (batch, 3 * batch, 6 * batch if batch == 1 else 5 * batch):
            state = trained(CONFIG, config, (episodes,))
            written = np.atleast_2d(state.memory.past.memory.written)
            assert len(written) == batch
            shown = np.atleast_2d(state.task_state.epoch.met)
            seen[episodes // batch] = (written > 0).sum(axis=1), (shown > 0).sum(axis=1)
        assert np.all(seen[1][0] == 1)
        np.testing.assert_array_equal(*seen[3])
        if batch == 1:
            assert np.all(seen[6][0] == 0)
            assert seen[6][1] == 3


def test_agents_that_remember_no_episodes_carry_none():
    state = new_learner(TASK, RecurrentConfig(hidden_size=2), TrainConfig(), 0).state
    assert state.memory is None
    assert not any(name.startswith("memory") for name in named_arrays(state))


class Counting(AbstractAgent):
    """Its value is how many episodes it began before this one, times ten, and the steps since."""

    def init(self):
        return jnp.zeros(())

    def restart(self, state, inputs):
        return 10 * (state // 10 + 1)

    def __call__(self, inputs, state):
        return AgentOutput(jnp.zeros(3), state, jnp.zeros(1)), state + 1


@pytest.mark.thorough
def test_epochs_start_from_nothing_and_episodes_from_what_was_before():
    played = epochs(Counting())
    np.testing.assert_array_equal(played.value, np.broadcast_to(np.arange(7)[:, None] * 10 + np.arange(4), (2, 7, 4)))
    assert np.any(np.asarray(played.observation)[0] != np.asarray(played.observation)[1])
    exposure = np.asarray(played.event.exposure)[..., 0]
    np.testing.assert_array_equal(np.sort(exposure[:, :6], axis=1), [[1, 1, 1, 2, 2, 2]] * 2)
    assert_same_bits(epochs(Counting()), played)


class TestInterventions:
    agent = made(CONFIG)

    @pytest.mark.thorough
    def test_memory_goes_on_in_an_intervened_agent(self):
        done = intervened(self.agent, TASK, InterventionConfig(silence=(2,)))
        played, free = epochs(done), epochs(self.agent)
        assert not np.any(np.asarray(played.activity)[..., 2])
        np.testing.assert_array_equal(played.observation, free.observation)
        nothing = silenced(self.agent, jnp.zeros(5, bool))
        np.testing.assert_allclose(epochs(nothing).logits, free.logits, rtol=1e-5, atol=1e-6)

    @pytest.mark.thorough
    def test_noise_is_other_noise_in_every_episode(self):
        noisy = intervened(made(CONFIG, retrieval=False), TASK, InterventionConfig(noise=1.0))
        first = np.asarray(epochs(noisy).activity)[0, :, 0]
        assert len(np.unique(first[:, 0])) == len(first)

    @pytest.mark.thorough
    def test_a_false_reward_counts_for_what_is_kept(self):
        """Of episodes that seem to pay nothing, nothing is kept."""
        rule = made(CONFIG, write="rewarded")
        deceived = intervened(rule, TASK, InterventionConfig(shift_reward=-1.0))
        forgetful = intervened(without_memory(rule), TASK, InterventionConfig(shift_reward=-1.0))
        np.testing.assert_allclose(epochs(deceived).logits, epochs(forgetful).logits, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"context_size": 0}, "`context_size` must be a whole number of at least 1, got 0."),
        ({"recall": "whole"}, "`recall` must be one of plain, tanh, got 'whole'."),
        ({"write": "never"}, "`write` must be one of episode-end, rewarded, every-steps, got 'never'."),
        ({"least_similarity": 1.5}, "`least_similarity` must be a cosine from -1 to 1, got 1.5."),
        (
            {"least_reward": 1.0},
            '`least_reward` must be left out unless `write` is "rewarded", got 1.0. Leave it out, or take that rule.',
        ),
        (
            {"write_every": 3},
            '`write_every` must be left out unless `write` is "every-steps", got 3. Leave it out, or take that rule.',
        ),
        ({"memory_episodes": 0}, "`memory_episodes` must be a whole number of at least 1, got 0."),
    ],
)
def test_numbers_out_of_range_are_refused(change, message):
    with pytest.raises(UserError, match=re.escape(message)):
        EpisodicConfig(**change)


def test_a_context_that_is_not_shown_is_refused():
    message = "`context_size` must be at most the 6 entries that the task shows, got 7. Give the number"
    with pytest.raises(UserError, match=re.escape(message)):
        made(CONFIG, context_size=7)


def test_a_rule_by_which_nothing_would_be_written_is_refused():
    message = "`write_every` must be at most the 4 steps of an episode, got 5: nothing would be written."
    with pytest.raises(UserError, match=re.escape(message)):
        made(OTHER, write_every=5)


def test_a_memory_beyond_the_machines_is_refused_before_it_is_made():
    config = replace(CONFIG, memory_size=2 * 10**9)
    with pytest.raises(UserError, match="`agent` must fit the memory"):
        new_learner(TASK, config, TrainConfig(num_episodes=2), 0)
