"""Agents and tasks of one's own: made by a function, checked in a sentence, trained, kept, loaded, lesioned."""

import re
import subprocess
import sys

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import assert_same_bits

import prefrontal as pf

KEY = jax.random.key(0)


class Arm(pf.AbstractTask):
    """One of two arms pays; no `is_active`, and no state before."""

    num_actions: int = 2
    observation_size: int = 1
    num_steps: int = 6

    def init(self, key):
        return jax.random.bernoulli(key).astype(int)

    def observe(self, state):
        return jnp.zeros(1)

    def step(self, state, action, key):
        reward = (action == state).astype(float)
        return state, reward, {"paid": reward}


class Lasting(Arm):
    """The arm that pays is the same in every episode but the first."""

    def init(self, key, before=None):
        return super().init(key) if before is None else before


class GRUAgent(pf.AbstractTappedAgent):
    """A network of one's own, of Equinox' parts."""

    cell: eqx.nn.GRUCell
    policy: eqx.nn.Linear
    value: eqx.nn.Linear

    def __init__(self, task, key, units=8):
        to_cell, to_policy, to_value = jax.random.split(key, 3)
        self.cell = eqx.nn.GRUCell(task.observation_size + task.num_actions + 1, units, key=to_cell)
        self.policy = eqx.nn.Linear(units, task.num_actions, key=to_policy)
        self.value = eqx.nn.Linear(units, "scalar", key=to_value)

    def init(self):
        return jnp.zeros(self.cell.hidden_size)

    def run(self, inputs, state, tap):
        seen = jnp.concatenate([inputs.observation, inputs.previous_action, inputs.previous_reward[None]])
        state = tap("activity", self.cell(seen, state))
        return pf.AgentOutput(self.policy(state), self.value(state), state), state


TRAIN = pf.recipe("robust", num_episodes=20)


def test_tasks_need_neither_the_end_nor_the_state_before():
    pf.check_task(Arm())
    assert pf.evaluate(GRUAgent(Arm(), KEY), Arm(), KEY, num_episodes=3).active.all()
    assert int(Arm().start(KEY, jnp.int32(7))) in (0, 1)
    assert int(Lasting().start(KEY, jnp.int32(7))) == 7
    pf.check_task(Lasting())


def test_a_network_of_ones_own_is_checked_trained_kept_loaded_and_lesioned(tmp_path):
    task = Arm()
    pf.check_agent(GRUAgent(task, KEY), task)
    trained = pf.train_agents(task, GRUAgent, TRAIN, seeds=[0, 1])
    assert trained.metrics["reward"].shape == (2, 20)
    assert not np.array_equal(trained[0].cell.weight_hh, trained[1].cell.weight_hh)
    path = pf.save_agent(trained[1], tmp_path / "networks" / "gru.safetensors")
    loaded = pf.load_agent(path, like=GRUAgent(task, KEY))
    assert_same_bits(loaded, trained[1])
    played = pf.evaluate(
        pf.silenced(loaded, jnp.zeros(8, bool).at[jnp.array([0, 3])].set(True)), task, KEY, num_episodes=4
    )
    assert not np.any(played.activity[..., [0, 3]])
    with pytest.raises(pf.UserError, match="must be a new file"):
        pf.save_agent(trained[0], path)
    assert_same_bits(pf.load_agent(pf.save_agent(trained[0], path, overwrite=True), like=loaded), trained[0])


@pytest.mark.fully_compiled
@pytest.mark.thorough
def test_a_function_and_a_config_train_the_same():
    config = pf.RecurrentConfig(hidden_size=3)
    by_config = pf.train_agents(Arm(), config, TRAIN)
    by_function = pf.train_agents(Arm(), lambda task, key: config.make(task, key), TRAIN)
    assert_same_bits(by_config[0], by_function[0])


class Wide(GRUAgent):
    def __call__(self, inputs, state):
        output, state = super().__call__(inputs, state)
        return eqx.tree_at(lambda o: o.logits, output, jnp.zeros(3)), state


class Forgets(GRUAgent):
    def __call__(self, inputs, state):
        output, state = super().__call__(inputs, state)
        return output, state[:2]


DRAWN = np.random.default_rng(0)


class Draws(GRUAgent):
    def __call__(self, inputs, state):
        output, state = super().__call__(inputs, state)
        noise = jax.pure_callback(lambda: np.float32(DRAWN.random()), jax.ShapeDtypeStruct((), jnp.float32))
        return eqx.tree_at(lambda o: o.value, output, noise), state


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Wide, "`the logits of Wide` must have shape (2,)"),
        (Forgets, "`Forgets` must return a state like the one given"),
        (Draws, "`Draws` must answer the same to the same, got two value that differ."),
    ],
)
def test_what_an_agent_does_wrong_is_said(kind, message):
    with pytest.raises(pf.UserError, match=re.escape(message)):
        pf.check_agent(kind(Arm(), KEY), Arm())


MISTAKES = """
import jax, equinox as eqx, jax.numpy as jnp, numpy as np, prefrontal as pf

task, key = pf.BanditConfig(num_trials=3).make(), jax.random.key(0)
config = pf.RecurrentConfig(hidden_size=2)


class Whole(pf.RecurrentAgent):
    def __call__(self, inputs, state):
        output, state = super().__call__(inputs, state)
        return eqx.tree_at(lambda o: o.value, output, jnp.int32(0)), state


class Square(pf.RecurrentAgent):
    def __call__(self, inputs, state):
        output, state = super().__call__(inputs, state)
        return eqx.tree_at(lambda o: o.activity, output, jnp.zeros((2, 2))), state


train = pf.recipe("robust", num_episodes=20)
for call in (
    lambda: pf.check_agent(Whole(config, task, key=key), task),
    lambda: pf.check_agent(Square(config, task, key=key), task),
    lambda: pf.check_agent(config, task),
    lambda: pf.save_agent(config, "a.safetensors"),
    lambda: pf.load_agent("a.safetensors", like=config),
    lambda: pf.train_agents(task, config.make(task, key), train),
    lambda: pf.train_agents(task, pf.RecurrentConfig, train),
):
    try:
        call()
    except pf.UserError as error:
        print(error)
"""
"""Types that the tests' own checks would stop earlier: for a process of its own."""

SENTENCES = [
    "`the value of Whole` must be of type float32, got int32. Turn it into that: .astype(float).",
    "`the activity of Square` must be a row of numbers, got shape (2, 2). Ravel it.",
    "`agent` must be an AbstractAgent, got a RecurrentConfig. Give an agent. A config makes one: `make(task, key)`.",
    "`agent` must be an AbstractAgent, got a RecurrentConfig.",
    "`like` must be an AbstractAgent, got a RecurrentConfig. Give an agent of that kind.",
    "`agent` must be what makes an agent for each seed, got one that is made, a RecurrentAgent.",
    "`agent` must be an AgentConfig, got the class RecurrentConfig.",
]


@pytest.mark.thorough
def test_what_is_given_by_mistake_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "mistakes.py").write_text(MISTAKES)
    done = subprocess.run([sys.executable, "mistakes.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    said = done.stdout.splitlines()
    assert len(said) == len(SENTENCES), done.stdout + done.stderr
    for line, sentence in zip(said, SENTENCES, strict=True):
        assert line.startswith(sentence)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda path: pf.save_agent(GRUAgent(Arm(), KEY), path / "a.npz"), "got a.npz. Call it a.safetensors."),
        (lambda path: pf.load_agent(path / "none.safetensors", like=GRUAgent(Arm(), KEY)), "none.safetensors"),
    ],
)
def test_files_that_cannot_be_are_refused(call, message, tmp_path):
    with pytest.raises(pf.UserError, match=re.escape(message)):
        call(tmp_path)


class Untapped(pf.AbstractAgent):
    def init(self):
        return ()

    def __call__(self, inputs, state):
        return pf.AgentOutput(jnp.zeros(2), jnp.zeros(()), jnp.zeros(1)), state


def test_who_lets_nobody_change_its_units_is_not_lesioned_in_silence():
    with pytest.raises(pf.UserError, match=re.escape("an AbstractTappedAgent, got a Untapped. Write `run(inputs, st")):
        pf.silenced(Untapped(), jnp.array([True]))


def test_an_agent_of_another_kind_or_size_is_not_loaded(tmp_path):
    path = pf.save_agent(GRUAgent(Arm(), KEY), tmp_path / "gru.safetensors")
    with pytest.raises(pf.UserError, match="`like` must be a GRUAgent"):
        pf.load_agent(path, like=pf.RecurrentConfig(hidden_size=8).make(Arm(), KEY))
    with pytest.raises(pf.UserError, match="must have shape"):
        pf.load_agent(path, like=GRUAgent(Arm(), KEY, units=4))
