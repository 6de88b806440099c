"""Whole training, step by step: play, returns, loss, backpropagation, clipping, RMSProp and schedules in NumPy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy_actor_critic import FLAVOURS, NumpyLSTM, NumpyRMSProp, loop_returns, loss_and_errors

from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs import RecurrentConfig, TrainConfig, TwoStepConfig
from prefrontal.learning.train import Hyperparameters, TrainState, init_training, train
from prefrontal.rollouts.episodes import advance, begin
from prefrontal.runs.arrays import named_arrays, with_arrays
from prefrontal.tasks import TwoStep

pytestmark = pytest.mark.fully_compiled

TASK = TwoStep(TwoStepConfig(num_trials=4, better_state="carried", reversal_probability=0.3))
NUM_EPISODES, UNROLL = 3, 4
MAX_NORM = 3.0


def config(flavour: str) -> TrainConfig:
    return TrainConfig(
        num_episodes=10,
        unroll=UNROLL,
        learning_rate=0.02,
        final_learning_rate=0.01,
        discount=0.8,
        value_cost=0.3,
        entropy_cost=0.4,
        final_entropy_cost=0.1,
        optimiser=flavour,
        max_gradient_norm=MAX_NORM,
    )


@eqx.filter_jit
def run(state: TrainState, hyperparameters: Hyperparameters):
    return train(state, TASK, hyperparameters, NUM_EPISODES, unroll=UNROLL, capacity=NUM_EPISODES + 1)


@eqx.filter_jit
def start(agent, key, previous):
    return begin(agent, TASK, key, previous)


@eqx.filter_jit
def go_on(agent, situation, keys):
    """Some steps of play; and the value of where they end."""
    end, trajectory, _ = advance(lambda inputs, state: (*agent(inputs, state), None), TASK, situation, keys)
    return end, trajectory


class ByHand:
    """The same training, of which only the play itself is the package's."""

    def __init__(self, state: TrainState, numbers: TrainConfig):
        self.agent, self.key, self.task_state, self.numbers = state.agent, state.key, state.task_state, numbers
        self.optimiser = NumpyRMSProp(
            self.weights_of(named_arrays(state.agent)), max_norm=MAX_NORM, **FLAVOURS[numbers.optimiser]
        )
        self.norms: list[float] = []

    @staticmethod
    def weights_of(arrays):
        return {name.removeprefix("initial_state."): array for name, array in arrays.items()}

    def episode(self, number: int) -> dict[str, float]:
        progress = number / self.numbers.num_episodes
        rate = 0.02 + (0.01 - 0.02) * progress
        entropy_cost = 0.4 + (0.1 - 0.4) * progress
        begin_key, updates_key = jax.random.split(jax.random.fold_in(self.key, number))
        situation = start(self.agent, begin_key, self.task_state)
        num_updates = TASK.num_steps // UNROLL
        sums = {"reward": 0.0, "value": 0.0, "policy": 0.0, "squares": 0.0, "entropy": 0.0}
        seen, acted, paid, norms = [], [], [], []
        for update, key in enumerate(jax.random.split(updates_key, num_updates)):
            network = NumpyLSTM(self.optimiser.weights, None)
            carried = np.asarray(situation.agent_state.h, float), np.asarray(situation.agent_state.c, float)
            state = network.initial_state() if update == 0 else carried
            situation, played = go_on(self.agent, situation, jax.random.split(key, UNROLL))
            seen, acted, paid = [*seen, *played.observation], [*acted, *played.action], [*paid, *played.reward]
            inputs = network.inputs(
                np.array([*seen, situation.inputs.observation]), [*acted, 0], [*paid, 0.0], update * UNROLL
            )
            logits, value = network.forward(inputs[:-1], state)
            end = NumpyLSTM(self.optimiser.weights, None).forward(inputs[-1:], network.state)[1][0]
            bootstrap = 0.0 if update == num_updates - 1 else end
            returns = loop_returns(np.array(paid[-UNROLL:]), 0.8, bootstrap)
            terms, *errors = loss_and_errors(
                logits,
                value,
                np.array(acted[-UNROLL:]),
                returns,
                np.ones(UNROLL, bool),
                value_cost=0.3,
                entropy_cost=entropy_cost,
            )
            norms.append(self.optimiser.update(network.backward(*errors, starts=update == 0), rate))
            sums["reward"] += sum(paid[-UNROLL:])
            sums["value"] += value.sum()
            sums["policy"] += terms["policy"]
            sums["squares"] += terms["value"]
            sums["entropy"] += terms["entropy"]
            places = {name: f"initial_state.{name}" if name in ("h", "c") else name for name in network.weights}
            arrays = {places[name]: np.asarray(w, np.float32) for name, w in self.optimiser.weights.items()}
            self.agent = with_arrays(self.agent, arrays, source="here")
        self.task_state = situation.task_state
        self.norms += norms
        weight_norm = np.sqrt(sum((w**2).sum() for w in self.optimiser.weights.values()))
        return {
            "reward": sums["reward"],
            "value": sums["value"] / TASK.num_steps,
            "policy_loss": sums["policy"],
            "value_loss": sums["squares"],
            "entropy": sums["entropy"],
            "gradient_norm": np.mean(norms),
            "weight_norm": weight_norm,
        }


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_training_is_what_its_equations_say(flavour):
    """Weights, metrics, what is carried between updates and between episodes; to 1e-4 after nine updates."""
    numbers = config(flavour)
    agent = RecurrentAgent(RecurrentConfig(hidden_size=3, policy_scale=1.0), TASK, key=jax.random.key(0))
    state = init_training(agent, TASK, Hyperparameters(numbers), jax.random.key(1))
    trained, metrics = run(state, Hyperparameters(numbers))
    by_hand = ByHand(state, numbers)
    expected = [by_hand.episode(number) for number in range(NUM_EPISODES)]

    for name, values in metrics._asdict().items():
        np.testing.assert_allclose(values, [*(e[name] for e in expected), 0.0], rtol=1e-4, atol=1e-4, err_msg=name)
    weights = by_hand.weights_of(named_arrays(trained.agent))
    for name, w in by_hand.optimiser.weights.items():
        np.testing.assert_allclose(weights[name], w, rtol=1e-4, atol=1e-4, err_msg=name)
    before = by_hand.weights_of(named_arrays(agent))
    assert all(np.abs(weights[name] - before[name]).max() > 1e-3 for name in weights)
    assert min(by_hand.norms) < MAX_NORM < max(by_hand.norms)
    assert int(trained.episode) == NUM_EPISODES
    assert jnp.array_equal(trained.task_state.better_state, by_hand.task_state.better_state)
