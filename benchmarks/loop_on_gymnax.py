"""A training loop that is all JAX and knows gymnax alone, on the two-step task: recurrent PPO, many environments and
many seeds in one compiled program. Its trials are then analysed with ours, and drawn beside our network
(docs/environments.md).

    pip install 'prefrontal[gymnax]'
    python benchmarks/loop_on_gymnax.py --out runs/loop-on-gymnax
"""

import argparse
import json
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import gymnax
import jax
import jax.numpy as jnp
import optax
import pandas as pd

import prefrontal as pf
import prefrontal.environments.for_gymnax  # registers our tasks

NUM_TRIALS, UNITS, ENVIRONMENTS, EPOCHS, MINIBATCHES = 100, 48, 32, 4, 4
DISCOUNT, TRACE, CLIP, ENTROPY, VALUE, RATE = 0.9, 0.95, 0.2, 0.01, 0.5, 1e-3
TEST_EPISODES = 300


class Network(eqx.Module):
    """A GRU with a policy and a value on top."""

    cell: eqx.nn.GRUCell
    policy: eqx.nn.Linear
    value: eqx.nn.Linear

    def __init__(self, num_inputs: int, num_actions: int, key: jax.Array):
        one, two, three = jax.random.split(key, 3)
        self.cell = eqx.nn.GRUCell(num_inputs, UNITS, key=one)
        self.policy = eqx.nn.Linear(UNITS, num_actions, key=two)
        self.value = eqx.nn.Linear(UNITS, "scalar", key=three)

    def __call__(self, memory: jax.Array, shown: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        memory = self.cell(shown, memory)
        return memory, self.policy(memory), self.value(memory)


class Step(NamedTuple):
    """What an update needs of a step; leaves (time, environment, ...)."""

    shown: jax.Array
    action: jax.Array
    log_probability: jax.Array
    value: jax.Array
    reward: jax.Array


def play(network: Network, environment: Any, params: Any, num: int, key: jax.Array) -> tuple[Step, Any]:
    """An episode in each of `num` environments, and the task's record of it."""
    reset_key, key = jax.random.split(key)
    shown, state = jax.vmap(environment.reset, (0, None))(jax.random.split(reset_key, num), params)

    def step(carry: Any, key: jax.Array) -> tuple[Any, tuple[Step, Any]]:
        memory, shown, state = carry
        act_key, step_key = jax.random.split(key)
        memory, logits, value = jax.vmap(network)(memory, shown)
        action = jax.random.categorical(act_key, logits)
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), action[:, None], 1)[:, 0]
        keys = jax.random.split(step_key, num)
        after = jax.vmap(environment.step, (0, 0, 0, None))(keys, state, action, params)
        taken = Step(shown, action, chosen, value, after[2])
        return (memory, after[0], after[1]), (taken, after[5]["event"])

    start = (jnp.zeros((num, UNITS)), shown, state)
    _, (steps, events) = jax.lax.scan(step, start, jax.random.split(key, environment.task.num_steps))
    return steps, events


def advantages(steps: Step) -> jax.Array:
    """Generalised advantages; an episode ends with the last step."""

    def back(carry: tuple[jax.Array, jax.Array], at: tuple[jax.Array, jax.Array]) -> Any:
        later, next_value = carry
        reward, value = at
        later = reward + DISCOUNT * next_value - value + DISCOUNT * TRACE * later
        return (later, value), later

    nothing = jnp.zeros_like(steps.value[0])
    return jax.lax.scan(back, (nothing, nothing), (steps.reward, steps.value), reverse=True)[1]


def loss(network: Network, steps: Step, advantage: jax.Array) -> jax.Array:
    """PPO's, of whole episodes: (time, environment)."""

    def of_episode(shown: jax.Array) -> tuple[jax.Array, jax.Array]:
        def step(memory: jax.Array, shown: jax.Array) -> Any:
            memory, logits, value = network(memory, shown)
            return memory, (logits, value)

        return jax.lax.scan(step, jnp.zeros(UNITS), shown)[1]

    logits, value = jax.vmap(of_episode, 1, 1)(steps.shown)
    log_policy = jax.nn.log_softmax(logits)
    chosen = jnp.take_along_axis(log_policy, steps.action[..., None], -1)[..., 0]
    ratio = jnp.exp(chosen - steps.log_probability)
    scaled = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    gain = jnp.minimum(ratio * scaled, jnp.clip(ratio, 1 - CLIP, 1 + CLIP) * scaled).mean()
    entropy = -(jnp.exp(log_policy) * log_policy).sum(-1).mean()
    error = jnp.square(value - (advantage + steps.value)).mean()
    return -gain + VALUE * error - ENTROPY * entropy


@partial(jax.jit, static_argnames=("environment", "num_updates"))
def train(environment: Any, params: Any, num_updates: int, key: jax.Array) -> tuple[Any, jax.Array]:
    """A network, as its arrays, and the reward of an episode at each update. All of it is one program: `vmap` it."""
    optimiser = optax.chain(optax.clip_by_global_norm(0.5), optax.adam(RATE))
    key, network_key = jax.random.split(key)
    network = Network(environment.observation_space(params).shape[0], environment.num_actions, network_key)
    arrays, rest = eqx.partition(network, eqx.is_array)

    def update(carry: Any, key: jax.Array) -> tuple[Any, jax.Array]:
        play_key, key = jax.random.split(key)
        steps, _ = play(eqx.combine(carry[0], rest), environment, params, ENVIRONMENTS, play_key)
        advantage = advantages(steps)

        def learn(carry: Any, places: jax.Array) -> tuple[Any, None]:
            arrays, state = carry
            part = jax.tree.map(lambda leaf: leaf[:, places], (steps, advantage))
            slope = jax.grad(lambda arrays: loss(eqx.combine(arrays, rest), *part))(arrays)
            changes, state = optimiser.update(slope, state)
            return (optax.apply_updates(arrays, changes), state), None

        shuffled = [jax.random.permutation(one, ENVIRONMENTS) for one in jax.random.split(key, EPOCHS)]
        batches = jnp.concatenate(shuffled).reshape(EPOCHS * MINIBATCHES, -1)
        return jax.lax.scan(learn, carry, batches)[0], steps.reward.sum(0).mean()

    start = (arrays, optimiser.init(arrays))
    (arrays, _), curve = jax.lax.scan(update, start, jax.random.split(key, num_updates))
    return arrays, curve


def joined(events: list[Any]) -> pd.DataFrame:
    """The trial table of several networks, each a subject; of each, its record of a test."""
    return pd.concat([pf.trial_table(one).assign(subject=str(seed)) for seed, one in enumerate(events)])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--updates", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=4)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    environment, params = gymnax.make("prefrontal/TwoStep-v0", num_trials=NUM_TRIALS, encoding="trial")
    keys = jax.random.split(jax.random.key(0), options.seeds)
    start = time.perf_counter()
    learned, curves = jax.block_until_ready(
        jax.vmap(lambda key: train(environment, params, options.updates, key))(keys)
    )
    seconds = time.perf_counter() - start
    size = environment.observation_space(params).shape[0]
    _, rest = eqx.partition(Network(size, environment.num_actions, keys[0]), eqx.is_array)
    test = jax.vmap(lambda arrays, key: play(eqx.combine(arrays, rest), environment, params, TEST_EPISODES, key))
    steps, events = jax.jit(test)(learned, keys)
    theirs = [jax.tree.map(lambda leaf, at=seed: leaf[at].swapaxes(0, 1), events) for seed in range(len(keys))]
    tables = {"a loop on gymnax": joined(theirs)}
    found = {
        "a loop on gymnax": {
            "seconds": seconds,
            "episodes": options.updates * ENVIRONMENTS,
            "reward by seed": steps.reward.sum(1).mean(1).tolist(),
        }
    }
    start, task = time.perf_counter(), pf.TwoStepConfig(num_trials=NUM_TRIALS, encoding="trial").make()
    config = pf.recipe("robust", num_episodes=options.updates * ENVIRONMENTS)
    agents = pf.train_agents(task, pf.RecurrentConfig(hidden_size=UNITS), config, seeds=range(options.seeds))
    seconds = time.perf_counter() - start
    played = [pf.evaluate(agent, task, jax.random.key(1), num_episodes=TEST_EPISODES) for agent in agents]
    tables["prefrontal"] = joined([one.event for one in played])
    rewards = [float(one.reward.sum(1).mean()) for one in played]
    found["prefrontal"] = {"seconds": seconds, "episodes": config.num_episodes, "reward by seed": rewards}
    for name, table in tables.items():
        found[name]["stay"] = pf.stay_probability(table).mean().round(3).to_dict()
    pf.save_figure(pf.plot_behaviour(tables), options.out / "behaviour", ("png",))
    (options.out / "found.json").write_text(json.dumps({**found, "curves": curves.tolist()}, indent=1))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
