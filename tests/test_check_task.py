"""`check_task` passes what keeps the contract of a task, and says in a sentence where one breaks it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from prefrontal import (
    AbstractTask,
    DawTwoStep,
    DawTwoStepConfig,
    Reversal,
    ReversalConfig,
    UserError,
    check_task,
)


class Right(AbstractTask):
    """One of two arms pays; each kind of mistake is one of its subclasses."""

    num_actions: int = 2
    observation_size: int = 1
    num_steps: int = 4

    def init(self, key, previous=None):
        return {"arm": jax.random.bernoulli(key).astype(int), "time": jnp.int32(0)}

    def observe(self, state):
        return jnp.zeros(1)

    def step(self, state, action, key):
        reward = (action == state["arm"]).astype(float)
        return {"arm": state["arm"], "time": state["time"] + 1}, reward, {"paid": reward}

    def is_active(self, state):
        return jnp.bool_(True)


class NoActions(Right):
    num_actions: int = 0


class Wide(Right):
    def observe(self, state):
        return jnp.zeros(3)


class Whole(Right):
    def observe(self, state):
        return jnp.zeros(1, int)


class PaysWhole(Right):
    def step(self, state, action, key):
        after, _, event = super().step(state, action, key)
        return after, jnp.int32(1), event


class StateTurnsReal(Right):
    def step(self, state, action, key):
        after, *rest = super().step(state, action, key)
        return after | {"time": state["time"] + 0.5}, *rest


class InitTurnsReal(Right):
    def init(self, key, previous=None):
        state = super().init(key)
        return state if previous is None else state | {"time": previous["time"] * 1.0}


class LongEvent(Right):
    def step(self, state, action, key):
        after, reward, _ = super().step(state, action, key)
        return after, reward, {"paid": jnp.zeros(2)}


class Infinite(Right):
    def step(self, state, action, key):
        after, reward, event = super().step(state, action, key)
        return after, reward / (2 - state["time"]), event


class OverAtOnce(Right):
    def is_active(self, state):
        return state["time"] > 0


class BeginsAgain(Right):
    def is_active(self, state):
        return state["time"] % 5 != 4


class Remembers(Right):
    def step(self, state, action, key):
        after, _, event = super().step(state, action, key)
        return after, jax.pure_callback(lambda: np.float32(next(COUNT)), jax.ShapeDtypeStruct((), jnp.float32)), event


COUNT = iter(jnp.arange(1000.0).tolist())


@pytest.mark.parametrize(
    "task",
    [Right(), Reversal(ReversalConfig()), DawTwoStep(DawTwoStepConfig(num_trials=5))],
    ids=lambda task: type(task),
)
def test_what_keeps_the_contract_passes(task):
    check_task(task)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (NoActions(), r"`NoActions\.num_actions` must be a whole number of at least 1, got 0\."),
        (Wide(), r"`Wide\.observe` must have shape \(1,\), as its `observation_size` says, got \(3,\)\."),
        (Whole(), r"`Whole\.observe` must be of type float32, got int32\. Turn it into that: \.astype\(float\)\."),
        (PaysWhole(), r"`the reward of PaysWhole\.step` must be of type float32, got int32\."),
        (
            StateTurnsReal(),
            r"`StateTurnsReal\.step` must return a state like the one given, got one in which \['time'\]",
        ),
        (InitTurnsReal(), r"`InitTurnsReal\.init, given the state before,` must return a state like the one given"),
        (LongEvent(), r"`the event of LongEvent\.step\['paid'\]` must have shape \(\), got \(2,\)\."),
        (Infinite(), r"`the reward of Infinite\.step` must be finite, got (inf|nan) in step 2 of episode [0-2]\."),
        (OverAtOnce(), r"`OverAtOnce\.is_active` must be true as an episode begins, got false\."),
        (BeginsAgain(), r"`BeginsAgain\.is_active` must stay false once an episode is over, got true again\."),
        (Remembers(), r"`Remembers` must give the same episode for the same key, got two that differ\."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_breach_is_told_in_a_sentence(task, message):
    with pytest.raises(UserError, match=f"^{message}"):
        check_task(task)


def test_too_few_episodes_are_refused():
    with pytest.raises(UserError, match=r"^`num_episodes` must be a whole number of at least 2, got 1\.$"):
        check_task(Right(), num_episodes=1)
