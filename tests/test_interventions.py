"""Interventions: a lesion is a network without those weights, a false reward another reward; nothing else moves."""

import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import AgentContract

from prefrontal.agents.actor_critic import ActorCriticAgent
from prefrontal.agents.interventions import IntervenedAgent, intervened, make_intervention, silenced, tapped_signals
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.agents.two_step import Hybrid, TwoStepAgent
from prefrontal.configs import ActorCriticConfig, InterventionConfig, RecurrentConfig, RiskConfig, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.rollouts.episodes import agent_inputs, replay
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.tasks import TwoStep
from prefrontal.tasks.risk import Risk

TASK = TwoStep(TwoStepConfig(num_trials=8))
RISK = Risk(RiskConfig(num_forced_pairs=2, num_free_trials=4))
NUM_UNITS = 6


def moved(agent):
    parameters, rest = eqx.partition(agent, eqx.is_inexact_array)
    rng = np.random.default_rng(1)
    return eqx.combine(jax.tree.map(lambda w: w + jnp.float32(0.6 * rng.normal(size=w.shape)), parameters), rest)


NETWORK = moved(RecurrentAgent(RecurrentConfig(hidden_size=NUM_UNITS), TASK, key=jax.random.key(0)))
PAIR = moved(ActorCriticAgent(ActorCriticConfig(actor_size=4, critic_size=3), RISK, key=jax.random.key(0)))


def played(agent, task, num_episodes=20, **config):
    subject = intervened(agent, task, InterventionConfig(**config)) if config else agent
    return evaluate(subject, task, jax.random.key(0), num_episodes=num_episodes)


class TestIntervenedAgent(AgentContract):
    task = TASK
    agent = IntervenedAgent(
        NETWORK, make_intervention(InterventionConfig(silence=(1,), noise=0.2), NETWORK, TASK), jax.random.key(5)
    )


def assert_same_play(one, other):
    for name in ("observation", "action", "reward", "logits", "value", "activity"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-4, atol=1e-5)


@pytest.mark.thorough
def test_nothing_done_changes_nothing():
    assert_same_play(played(NETWORK, TASK), played(NETWORK, TASK, shift_reward=1.0, when_reward=77.0))


@pytest.mark.parametrize("units", [(0,), (1, 4), tuple(range(NUM_UNITS))])
def test_a_silenced_unit_is_one_without_weights(units):
    """Cut by hand: nothing reads the unit, neither the heads nor the next step."""
    rows, inputs = jnp.array(units), len(NETWORK.cell.kernel) - NUM_UNITS
    cut = eqx.tree_at(
        lambda a: (a.cell.kernel, a.policy, a.value),
        NETWORK,
        (
            NETWORK.cell.kernel.at[inputs + rows].set(0.0),
            NETWORK.policy.at[rows].set(0.0),
            NETWORK.value.at[rows].set(0.0),
        ),
    )
    by_hand = played(cut, TASK)
    # The first step reads the learned initial state, which the intervention leaves as it is and the cut does not.
    start = eqx.tree_at(lambda a: a.initial_state.h, NETWORK, NETWORK.initial_state.h.at[rows].set(0.0))
    lesioned = played(start, TASK, silence=units)
    for name in ("action", "reward"):
        np.testing.assert_array_equal(getattr(lesioned, name), getattr(by_hand, name))
    np.testing.assert_allclose(lesioned.logits, by_hand.logits, rtol=1e-4, atol=1e-5)
    assert not np.any(lesioned.activity[..., rows])


def test_a_clamped_unit_is_a_bias():
    """A unit held at a value adds its weights times that value to whatever reads it."""
    value, unit = 0.7, 3
    inputs = len(NETWORK.cell.kernel) - NUM_UNITS
    start = eqx.tree_at(lambda a: a.initial_state.h, NETWORK, NETWORK.initial_state.h.at[unit].set(value))
    clamped = played(start, TASK, clamp=(unit,), clamp_value=value)
    by_hand = eqx.tree_at(
        lambda a: (a.cell.kernel, a.cell.bias, a.policy, a.policy_bias, a.value, a.value_bias),
        start,
        (
            NETWORK.cell.kernel.at[inputs + unit].set(0.0),
            NETWORK.cell.bias + value * NETWORK.cell.kernel[inputs + unit],
            NETWORK.policy.at[unit].set(0.0),
            NETWORK.policy_bias + value * NETWORK.policy[unit],
            NETWORK.value.at[unit].set(0.0),
            NETWORK.value_bias + value * NETWORK.value[unit],
        ),
    )
    expected = played(by_hand, TASK)
    np.testing.assert_array_equal(clamped.action, expected.action)
    np.testing.assert_allclose(clamped.logits, expected.logits, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(clamped.value, expected.value, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(clamped.activity[..., unit], np.float32(value))


@pytest.mark.thorough
def test_noise_has_its_size_and_is_drawn_afresh():
    """At the first step, where the noise has met nothing else: every episode and every unit has its own."""
    num, scale = 4000, 0.3
    quiet, noisy = played(NETWORK, TASK, num), played(NETWORK, TASK, num, noise=scale)
    noise = np.asarray(noisy.activity - quiet.activity)[:, 0]
    assert abs(noise.std() / scale - 1) < 4.9 / np.sqrt(2 * noise.size)
    assert abs(noise.mean()) < 4.9 * scale / np.sqrt(noise.size)
    correlation = np.corrcoef(noise.T) - np.eye(NUM_UNITS)
    assert np.abs(correlation).max() < 5.5 / np.sqrt(num)
    readout = np.asarray(noisy.logits - quiet.logits)[:, 0]
    np.testing.assert_allclose(readout, noise @ np.asarray(NETWORK.policy), rtol=1e-3, atol=1e-4)
    later = np.asarray(noisy.activity - quiet.activity)[:, 1]
    assert np.abs(np.corrcoef(noise[:, 0], later[:, 0])[0, 1]) < 0.9


@pytest.mark.thorough
def test_a_shifted_reward_is_seen_and_not_paid():
    shifted = played(NETWORK, TASK, 60, shift_reward=-0.5, when_reward=1.0, when_action=(0,))

    @eqx.filter_jit
    def told(record):
        def one(observation, action, reward):
            seen = jnp.where((reward == 1) & (action == 0), 0.5, reward)
            return replay(NETWORK, agent_inputs(observation, action, seen, 3)).logits

        return jax.vmap(one)(record.observation, record.action, record.reward)

    np.testing.assert_allclose(shifted.logits, told(shifted), rtol=1e-4, atol=1e-5)
    assert ((np.asarray(shifted.reward) == 1) & (np.asarray(shifted.action) == 0)).sum() > 10
    assert set(np.unique(shifted.reward)) <= {-1.0, 0.0, 1.0}


@pytest.mark.thorough
def test_a_shifted_prediction_error_leaves_the_critic_alone():
    """On the same record the critic says the same; the actor does not, from the first shifted step on."""
    change = make_intervention(InterventionConfig(shift_prediction_error=2.0, when_action=(1,)), PAIR, RISK)
    record = evaluate(PAIR, RISK, jax.random.key(0), num_episodes=30)
    shown = eqx.filter_jit(
        jax.vmap(lambda o, a, r: replay(IntervenedAgent(PAIR, change, jax.random.key(0)), agent_inputs(o, a, r, 3)))
    )(record.observation, record.action, record.reward)
    np.testing.assert_allclose(shown.value, record.value, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(shown.activity[..., 4:], record.activity[..., 4:], rtol=1e-5, atol=1e-5)
    shifted_before = np.cumsum(np.asarray(record.action) == 1, axis=1)
    shifted_before = np.pad(shifted_before, ((0, 0), (1, 0)))[:, :-1] > 0
    differs = np.abs(np.asarray(shown.logits - record.logits)).max(-1) > 1e-5
    np.testing.assert_array_equal(differs, shifted_before)


def test_many_lesions_in_one_program():
    masks = jnp.eye(NUM_UNITS, dtype=bool)
    every = jax.vmap(lambda mask: evaluate(silenced(NETWORK, mask), TASK, jax.random.key(0), num_episodes=20))(masks)
    for unit in range(NUM_UNITS):
        one = played(NETWORK, TASK, silence=(unit,))
        assert_same_play(jax.tree.map(lambda leaf: leaf[unit], every), one)  # noqa: B023


@pytest.mark.thorough
def test_two_interventions_are_both_done():
    """In either order, and their noises are two."""
    first, second = InterventionConfig(silence=(1,)), InterventionConfig(clamp=(2,), clamp_value=0.5)
    both = played(NETWORK, TASK, silence=(1,), clamp=(2,), clamp_value=0.5)
    for one, other in ((first, second), (second, first)):
        twice = intervened(intervened(NETWORK, TASK, one), TASK, other)
        assert_same_play(evaluate(twice, TASK, jax.random.key(0), num_episodes=20), both)
    noise, num = InterventionConfig(noise=0.3), 2000
    noisy = intervened(intervened(NETWORK, TASK, noise), TASK, noise)
    at_first = [evaluate(a, TASK, jax.random.key(0), num_episodes=num).activity[:, 0] for a in (NETWORK, noisy)]
    added = np.asarray(at_first[1] - at_first[0])
    assert abs(added.std() / (0.3 * np.sqrt(2)) - 1) < 4.9 / np.sqrt(2 * added.size)


def test_what_can_be_tapped():
    assert tapped_signals(NETWORK, TASK) == {"activity": (NUM_UNITS,)}
    assert tapped_signals(PAIR, RISK) == {"activity": (7,), "prediction_error": ()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"silence": (-1,)}, "`silence` must be a whole number of at least 0, got -1."),
        ({"noise": -0.1}, "`noise` must be at least 0, got -0.1."),
        (
            {"silence": (1, 2), "clamp": (2,)},
            "`clamp` must name other units than `silence`, got 2 in both. Leave one out.",
        ),
    ],
)
def test_what_cannot_be_is_refused(change, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        InterventionConfig(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"silence": (6,)}, "`silence` must name units from 0 to 5, got 6."),
        ({"clamp": (9,)}, "`clamp` must name units from 0 to 5, got 9."),
        ({"shift_reward": 1.0, "when_action": (3,)}, "`when_action` must name actions from 0 to 2, got 3."),
        (
            {"shift_prediction_error": 1.0},
            "`agent` must have a prediction error as an input to shift it, got a RecurrentAgent. "
            "Shift its reward instead.",
        ),
    ],
)
def test_what_the_agent_does_not_have_is_refused(change, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        make_intervention(InterventionConfig(**change), NETWORK, TASK)


def test_an_agent_that_lets_nobody_in_is_refused():
    """Its reward can be shifted all the same."""
    task = TwoStep(TwoStepConfig(num_trials=8, encoding="stage"))
    model = TwoStepAgent(Hybrid(), "stage")
    with pytest.raises(UserError, match=r"^`agent` must be one whose units can be changed, got a TwoStepAgent\."):
        make_intervention(InterventionConfig(silence=(0,)), model, task)
    deaf = played(model, task, shift_reward=-1.0, when_reward=1.0)
    assert np.any(np.asarray(deaf.reward) == 1)
    assert not np.any(np.asarray(deaf.activity)[..., :4])


@pytest.mark.parametrize("units", [[1, 4], jnp.array([1, 4]), np.array([1, 4])])
def test_units_are_named_by_number_or_marked(units):
    marked = evaluate(silenced(NETWORK, jnp.arange(NUM_UNITS) % 3 == 1), TASK, jax.random.key(0), num_episodes=3)
    named = evaluate(silenced(NETWORK, units), TASK, jax.random.key(0), num_episodes=3)
    np.testing.assert_array_equal(named.activity, marked.activity)
    assert not np.asarray(named.activity)[..., [1, 4]].any()


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ([6], r"`units` must be numbers from 0 to 5, got \[6\]"),
        ([-1], r"`units` must be numbers from 0 to 5, got \[-1\]"),
        ([True] * 4, "`units` must be a truth value for each of the 6 units, got 4"),
        (np.array(["a"]), "`units` must be numbers of units, or a truth value for each, got"),
        (np.array([0.5]), "`units` must be numbers of units, or a truth value for each, got"),
    ],
)
def test_units_that_there_are_not_are_refused(units, message):
    with pytest.raises(UserError, match=message):
        evaluate(silenced(NETWORK, units), TASK, jax.random.key(0), num_episodes=1)


def test_an_agent_of_another_task_is_refused_in_a_sentence():
    other = TwoStep(TwoStepConfig(num_trials=8, encoding="trial"))
    with pytest.raises(UserError, match=r"must be able to read what TwoStep shows: .* numbers; got another"):
        evaluate(NETWORK, other, jax.random.key(0), num_episodes=1)
