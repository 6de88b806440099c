"""Cells: each is its equations, and whatever works with one works with the others."""

import json
import re
import signal
from dataclasses import replace
from typing import get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import AgentContract
from numpy_actor_critic import sigmoid
from sessions import seed_of, send, when

from prefrontal import cli
from prefrontal.agents.actor_critic import ActorCriticAgent
from prefrontal.agents.base import AgentInput
from prefrontal.agents.cells import AbstractCell, make_cell
from prefrontal.agents.encoders import AbstractEncoder
from prefrontal.agents.interventions import intervened, tapped_signals
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs import ActorCriticConfig, InterventionConfig, RecurrentConfig, RiskConfig, TwoStepConfig
from prefrontal.configs.base import recorded
from prefrontal.configs.recurrent import CellName
from prefrontal.errors import UserError
from prefrontal.learning.gradient import plain_gradient, unrolled_gradient
from prefrontal.learning.losses import actor_critic_loss, discounted_returns
from prefrontal.rollouts.episodes import begin, rollout
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.runs.arrays import UNNAMED, named_arrays, with_arrays
from prefrontal.tasks import TwoStep
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.risk import Risk

CELLS = get_args(CellName)
GATES = {"lstm": 4, "gru": 2, "rnn": 1}
TASK = TwoStep(TwoStepConfig(num_trials=6))
RISK = Risk(RiskConfig(num_forced_pairs=1, num_free_trials=3))
UNITS = 5


def moved(agent):
    """Every parameter moved at random: none is zero, and the heads matter."""
    parameters, rest = eqx.partition(agent, eqx.is_inexact_array)
    rng = np.random.default_rng(1)
    return eqx.combine(jax.tree.map(lambda w: w + jnp.float32(0.5 * rng.normal(size=w.shape)), parameters), rest)


def recurrent(cell: CellName, **options) -> RecurrentAgent:
    config = RecurrentConfig(hidden_size=UNITS, cell=cell, **options)
    return moved(RecurrentAgent(config, TASK, key=jax.random.key(0)))


def actor_critic(cell: CellName, **options) -> ActorCriticAgent:
    config = ActorCriticConfig(actor_size=4, critic_size=3, cell=cell, **options)
    return moved(ActorCriticAgent(config, RISK, key=jax.random.key(0)))


class TestRecurrentGRU(AgentContract):
    task = TASK
    agent = recurrent("gru")


class TestRecurrentRNN(AgentContract):
    task = TASK
    agent = recurrent("rnn", initial_state="zero", time_input="normalised")


class TestActorCriticGRU(AgentContract):
    task = RISK
    agent = actor_critic("gru")


class TestActorCriticRNN(AgentContract):
    task = RISK
    agent = actor_critic("rnn", initial_state="zero")


def numpy_steps(cell: str, weights: dict[str, np.ndarray], inputs: np.ndarray, h: np.ndarray, c: np.ndarray):
    """The outputs after each of `inputs`, in double precision, unit for unit as the equations have it."""
    units, outputs = len(h), []
    part = lambda n: slice(n * units, (n + 1) * units)  # noqa: E731
    for x in inputs:
        z = np.concatenate([x, h]) @ weights["kernel"] + weights["bias"]
        if cell == "lstm":
            c = sigmoid(z[part(1)]) * c + sigmoid(z[part(0)]) * np.tanh(z[part(2)])
            h = sigmoid(z[part(3)]) * np.tanh(c)
        elif cell == "gru":
            reset, keep = sigmoid(z[part(0)]), sigmoid(z[part(1)])
            content = np.concatenate([x, reset * h]) @ weights["content_kernel"] + weights["content_bias"]
            h = keep * h + (1 - keep) * np.tanh(content)
        else:
            h = np.tanh(z)
        outputs.append(h)
    return np.array(outputs)


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_its_equations(name):
    rng = np.random.default_rng(0)
    cell = moved(make_cell(name, 3, UNITS, initialiser="glorot-uniform", forget_bias=1.0, key=jax.random.key(0)))
    inputs, state = rng.normal(size=(8, 3)), cell.init()
    state = jax.tree.map(lambda leaf: jnp.float32(rng.normal(size=leaf.shape)), state)
    h, c = np.asarray(state.h, np.float64), np.asarray(getattr(state, "c", state.h), np.float64)
    weights = {name: array.astype(np.float64) for name, array in named_arrays(cell).items()}
    outputs = []
    for x in inputs:
        state = cell(jnp.float32(x), state)
        outputs.append(state.h)
    np.testing.assert_allclose(np.stack(outputs), numpy_steps(name, weights, inputs, h, c), rtol=1e-4, atol=1e-5)


def test_a_switching_gru_is_its_equations():
    """Weights and biases of the kind of trial alone; and those of a GRU, where they are the same for all kinds."""
    rng = np.random.default_rng(0)
    cell = moved(make_cell("sgru", 3, UNITS, initialiser="glorot-uniform", forget_bias=1.0, key=jax.random.key(0)))
    weights = {name: array.astype(np.float64) for name, array in named_arrays(cell).items()}
    state = replace(cell.init(), h=jnp.float32(rng.normal(size=UNITS)))
    h = np.asarray(state.h, np.float64)
    for kind in (2, 0, 1, 1, 2):
        state = cell(jnp.eye(3)[kind], state)
        z = np.concatenate([[1.0], h]) @ weights["kernel"][kind] + weights["bias"]
        reset, keep = sigmoid(z[:UNITS]), sigmoid(z[UNITS:])
        content = np.concatenate([[1.0], reset * h]) @ weights["content_kernel"][kind] + weights["content_bias"]
        h = keep * h + (1 - keep) * np.tanh(content)
        np.testing.assert_allclose(state.h, h, rtol=1e-4, atol=1e-5)
    kernels = (cell.kernel, cell.content_kernel)
    alike = [jnp.concatenate([leaf[:, :1], leaf[:1, 1:].repeat(3, 0)], 1) for leaf in kernels]
    gru = make_cell("gru", 3, UNITS, initialiser="orthogonal", forget_bias=0.0, key=jax.random.key(0))
    gru = eqx.tree_at(
        lambda c: (c.kernel, c.content_kernel, c.bias, c.content_bias),
        gru,
        (*(jnp.concatenate([leaf[:, 0], leaf[0, 1:]]) for leaf in alike), cell.bias, cell.content_bias),
    )
    alike = eqx.tree_at(lambda c: (c.kernel, c.content_kernel), cell, alike)
    np.testing.assert_allclose(alike(jnp.eye(3)[1], state).h, gru(jnp.eye(3)[1], state).h, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CELLS)
def test_only_the_gate_that_keeps_has_a_bias(name):
    """With it wide open what is remembered stays, and with it shut nothing does; an RNN has none."""

    def cell(forget_bias: float):
        return make_cell(name, 3, 40, initialiser="orthogonal", forget_bias=forget_bias, key=jax.random.key(0))

    gates = np.asarray(cell(2.0).bias).reshape(GATES[name], 40)
    assert cell(2.0).kernel.shape == (3 + 40, GATES[name] * 40)
    assert gates.sum() == (0 if name == "rnn" else 2 * 40)
    if name == "rnn":
        return
    start = jax.tree.map(lambda leaf: leaf + 0.3, cell(0.0).init())
    kept, lost = (cell(bias)(jnp.zeros(3), start) for bias in (30.0, -30.0))
    if name == "lstm":  # it writes beside what it keeps ...
        np.testing.assert_allclose(kept.c - lost.c, 0.3, rtol=1e-5)
    else:  # ... and a GRU in its place
        np.testing.assert_allclose(kept.h, 0.3, rtol=1e-5)
        assert np.abs(lost.h - 0.3).min() > 1e-4


@pytest.mark.parametrize("agent", [*map(recurrent, CELLS), *map(actor_critic, CELLS)], ids=lambda a: type(a).__name__)
def test_two_ways_to_the_gradient(agent):
    """The fast one, with its products outside the loop, is what automatic differentiation through time gives."""
    task: AbstractTask = TASK if isinstance(agent, RecurrentAgent) else RISK
    start, keys = begin(agent, task, jax.random.key(1)), jax.random.split(jax.random.key(2), task.num_steps)

    def loss(heads, trajectory, end):
        returns = discounted_returns(trajectory.reward, 0.9)
        logits, value = heads
        return actor_critic_loss(
            logits, value, trajectory.action, returns, trajectory.active, value_cost=0.5, entropy_cost=0.1
        )

    learn = eqx.filter_jit(lambda way: way(agent, task, start, keys, loss, starts=True).gradient)
    fast, plain = named_arrays(learn(unrolled_gradient)), named_arrays(learn(plain_gradient))
    norm = np.sqrt(sum(np.sum(g**2) for g in plain.values()))
    assert set(fast) == set(plain) == set(named_arrays(agent))
    for name, gradient in fast.items():
        assert np.any(gradient), name
        np.testing.assert_allclose(gradient, plain[name], atol=1e-5 * norm)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.thorough
def test_a_silenced_unit_is_one_without_weights(cell):
    """Cut by hand: nothing reads the unit, neither the heads nor the next step of the others."""
    agent, unit = recurrent(cell, initial_state="zero"), 2
    row = agent.encoder.size + unit

    def readers(agent):
        return [agent.cell.kernel, agent.policy, agent.value, *([agent.cell.content_kernel] if cell == "gru" else [])]

    rows = (row, unit, unit, row)
    silent = [array.at[at].set(0.0) for array, at in zip(readers(agent), rows, strict=False)]
    cut = eqx.tree_at(readers, agent, silent)
    lesioned = intervened(agent, TASK, InterventionConfig(silence=(unit,)))
    one, other = (evaluate(a, TASK, jax.random.key(0), num_episodes=10) for a in (lesioned, cut))
    np.testing.assert_array_equal(one.action, other.action)
    np.testing.assert_allclose(one.logits, other.logits, rtol=1e-4, atol=1e-5)
    assert not np.any(one.activity[..., unit])
    assert one.activity.shape[-1] == UNITS


@pytest.mark.parametrize(
    "cell", [pytest.param(cell, marks=[pytest.mark.thorough] * (cell != "lstm")) for cell in CELLS]
)
def test_signals_can_be_changed(cell):
    pair = actor_critic(cell)
    assert tapped_signals(recurrent(cell), TASK) == {"activity": (UNITS,)}
    assert tapped_signals(pair, RISK) == {"activity": (7,), "prediction_error": ()}
    before = evaluate(pair, RISK, jax.random.key(0), num_episodes=4)
    for change in (
        InterventionConfig(noise=0.5),
        InterventionConfig(silence=(0, 5)),
        InterventionConfig(shift_prediction_error=1.0),
    ):
        after = evaluate(intervened(pair, RISK, change), RISK, jax.random.key(0), num_episodes=4)
        assert np.abs(after.logits - before.logits).max() > 1e-3


@pytest.mark.parametrize("kind", [RecurrentConfig, ActorCriticConfig])
def test_what_is_kept_names_the_cell_only_where_it_is_another(kind):
    """So that runs and networks from before there were others stay what they are."""
    assert "cell" not in recorded(kind())
    assert recorded(kind(cell="gru"))["cell"] == "gru"
    with pytest.raises(UserError, match=r"^`cell` must be one of lstm, gru, rnn, got 'LSTM'\.$"):
        kind(cell="LSTM")
    assert kind(cell="rnn").forget_bias == 1
    with pytest.raises(UserError) as refusal:
        kind(cell="rnn", forget_bias=0.5)
    assert str(refusal.value) == (
        "`forget_bias` must be left out for an rnn, which has no gates, got 0.5. "
        "Leave it out, or take an lstm or a gru."
    )


def test_weights_of_another_cell_are_refused():
    arrays = named_arrays(recurrent("lstm"))
    told = r"^`w` must hold bias, .*; missing: content_bias, content_kernel; unknown: initial_state\.c\."
    with pytest.raises(UserError, match=told):
        with_arrays(recurrent("gru"), arrays, source="`w`")
    arrays.pop("initial_state.c")
    message = "`w`: `kernel` must have shape (13, 5), got (13, 20). Give the file that belongs to this configuration"
    with pytest.raises(UserError, match=f"^{re.escape(message)}"):
        with_arrays(recurrent("rnn"), arrays, source="`w`")


@pytest.mark.parametrize("cell", ["gru", "rnn"])
@pytest.mark.thorough
def test_from_the_command_line(cell, tmp_path, monkeypatch):
    """Trained, stopped and gone on with, tested, lesioned, filmed."""
    monkeypatch.setattr("prefrontal.learning.group.STEPS_PER_CHUNK", 250)
    options = [
        *("--agent.cell", cell, "--agent.hidden-size", "3", "--task.num-trials", "5", "--task.encoding", "trial"),
        *("--train.num-episodes", "100", "--train.unroll", "5", "--seeds", "0", "--test.num-episodes", "4"),
    ]
    for folder in ("straight", "stopped"):
        arguments = ["wang2018-two-step", *options, "--out", str(tmp_path / folder)]
        if folder == "stopped":
            with when("advance", send(signal.SIGINT)), pytest.raises(SystemExit):
                cli.main(["train", *arguments])
            assert seed_of(tmp_path / folder).status != "finished"
        cli.main(["train", *arguments])
    straight, stopped = (seed_of(tmp_path / folder).load_weights()[0] for folder in ("straight", "stopped"))
    assert straight["kernel"].shape == (6 + 3, GATES[cell] * 3)
    for name, array in straight.items():
        np.testing.assert_array_equal(stopped[name], array)
    for command in (["evaluate"], ["intervene", "--silence", "0"]):
        cli.main([command[0], *arguments[:1], *command[1:], *arguments[1:]])
    assert f"--agent.cell {cell}" in json.loads((tmp_path / "stopped" / "results.json").read_text())["changed"]
    cli.main(["animate", str(tmp_path / "stopped"), "--out", str(tmp_path / "play.gif"), "--num-trials", "1"])
    assert (tmp_path / "play.gif").exists()


class Glasses(AbstractEncoder):
    """Sees a mixture of everything, which is learned."""

    weights: jax.Array
    size: int = eqx.field(static=True)

    def __init__(self, task: AbstractTask, size: int):
        self.weights = 0.5 * jax.random.normal(jax.random.key(3), (size, task.observation_size + 1 + task.num_actions))
        self.size = size

    def __call__(self, inputs: AgentInput) -> jax.Array:
        seen = [inputs.observation, inputs.previous_reward[None], inputs.previous_action]
        return jnp.tanh(self.weights @ jnp.concatenate(seen))


def test_another_encoder_takes_the_place_of_the_plain_one():
    """It is trained and kept with the network."""
    encoder = Glasses(TASK, 4)
    agent = RecurrentAgent(RecurrentConfig(hidden_size=UNITS), TASK, key=jax.random.key(0), encoder=encoder)
    assert agent.cell.kernel.shape == (4 + UNITS, 4 * UNITS)
    assert named_arrays(agent)["encoder.weights"].shape == (4, TASK.observation_size + 1 + TASK.num_actions)
    keys = jax.random.split(jax.random.key(2), 5)
    start = begin(agent, TASK, jax.random.key(1))
    loss = lambda heads, trajectory, end: (jnp.sum(heads[0][:, 0] + heads[1]), None)  # noqa: E731
    gradient = eqx.filter_jit(unrolled_gradient)(agent, TASK, start, keys, loss).gradient
    assert np.any(gradient.encoder.weights)


def test_another_cell_takes_the_place_of_the_given_ones():
    """Any cell with an output does: here one whose units forget at a speed of their own."""

    class Leaky(eqx.Module):
        inner: AbstractCell
        speed: jax.Array

        def init(self):
            return self.inner.init()

        def __call__(self, inputs, state):
            return replace(state, h=state.h + self.speed * (self.inner(inputs, state).h - state.h))

    agent = recurrent("rnn")
    slow = eqx.tree_at(lambda a: a.cell, agent, Leaky(agent.cell, jnp.full(UNITS, 0.1)))
    fast = eqx.tree_at(lambda a: a.cell, agent, Leaky(agent.cell, jnp.ones(UNITS)))
    one, same, other = (rollout(a, TASK, jax.random.key(0)) for a in (agent, fast, slow))
    np.testing.assert_allclose(one.activity, same.activity, rtol=1e-5, atol=1e-6)
    assert np.abs(np.diff(other.activity, axis=0)).mean() < np.abs(np.diff(one.activity, axis=0)).mean()


def test_arrays_of_one_name_are_refused():
    class Twice(eqx.Module):
        inner: dict = eqx.field(metadata=UNNAMED)
        kernel: jax.Array

    with pytest.raises(UserError, match=r"^`Twice` must give each array a name, got two called kernel\. Rename one\.$"):
        named_arrays(Twice({"kernel": jnp.zeros(2)}, jnp.zeros(2)))
