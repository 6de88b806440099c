"""What a GPU makes of training: seeds side by side, and Simulation 5 of Wang et al. (2018) in its own size.

    python benchmarks/on_a_gpu.py two-step [--out on_a_gpu.jsonl]
    python benchmarks/on_a_gpu.py simulation-5 [--minutes 3] [--episodes-per-update 32]
    python benchmarks/on_a_gpu.py shorter [--minutes 4] [--episodes-per-update 32]

The last has the same frames and network in episodes without waiting, in another recipe at four learning rates side by
side, and tests it on held-out pictures.

Each measurement is a line of the file. docs/speed.md and docs/harlow.md tell what came out.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

import prefrontal as pf
from prefrontal import devices
from prefrontal.analysis.harlow import learning_sets
from prefrontal.experiments.presets.harlow_gaze import SIMULATION_5, SIMULATION_5_SHORTER
from prefrontal.experiments.studies.harlow.tested import play, tasks
from prefrontal.learning.group import new_learner, train_group
from prefrontal.learning.lanes import layout_for


def trained(config: Any, seeds: range, num_episodes: int, minutes: float = np.inf) -> dict[str, Any]:
    """Train `seeds`, group after group; how long compiling and training took, and the reward of the episodes."""
    task, started = config.task.make(), time.perf_counter()
    learners = [new_learner(task, config.agent, config.train, seed) for seed in seeds]
    unroll = config.train.unroll_for(task.num_steps)
    size, made, seconds, rewards = layout_for(learners[0], unroll).size, time.perf_counter(), 0.0, []
    compiled = made
    for first in range(0, len(learners), size):
        chunks = train_group(learners[first : first + size], num_episodes=num_episodes, unroll=unroll)
        parts, began = [next(chunks).metrics["reward"]], time.perf_counter()
        compiled = began if first == 0 else compiled
        for chunk in chunks:
            parts.append(chunk.metrics["reward"])
            if time.perf_counter() - began > 60 * minutes:
                break
        seconds += time.perf_counter() - began
        rewards.append(np.concatenate(parts, axis=1))
    episodes, shortest = sum(part.size for part in rewards), min(part.shape[1] for part in rewards)
    reward = np.concatenate([part[:, :shortest] for part in rewards]).mean(axis=0)
    return {
        "seeds": len(seeds),
        "lanes": size,
        "episodes": len(reward),
        "made": round(made - started, 2),
        "compiled": round(compiled - made, 2),
        "trained": round(seconds, 2),
        "episodes_per_second": round(episodes / seconds, 1),
        "steps_per_second": round(episodes * task.num_steps / seconds),
        "reward": [round(float(part.mean()), 3) for part in np.array_split(reward, min(20, len(reward)))],
    }


RUNS = ((8, 1_000, 1), (132, 2_000, 1), (132, 20_000, 4), (132, 20_000, 16), (132, 20_032, 64), (1_024, 500, 1))
"""Seeds, the episodes of each, and those of an update."""


def two_step(minutes: float) -> list[tuple[dict[str, Any], Any, range, int, float]]:
    """Seeds, and episodes an update, of the encoding of which a trial takes one step."""
    preset = pf.find_experiment("wang2018-two-step").config
    task = replace(preset.task, encoding="trial")
    found = []
    for seeds, episodes, batch in RUNS:
        train = replace(preset.train, unroll=20, num_episodes=episodes, episodes_per_update=batch)
        config = replace(preset, task=task, train=train)
        found.append(({"what": "two-step, trial", "batch": batch}, config, range(seeds), episodes, minutes))
    return found


def simulation_5(minutes: float, batch: int) -> list[tuple[dict[str, Any], Any, range, int, float]]:
    """As the paper has it, for as long as there is time."""
    train = replace(SIMULATION_5.train, episodes_per_update=batch, num_episodes=batch * 100_000)
    config = replace(SIMULATION_5, train=train)
    return [({"what": "simulation 5", "batch": batch}, config, range(1), train.num_episodes, minutes)]


RATES = (5e-4, 1e-3, 2e-3, 4e-3)


def shorter(minutes: float, batch: int, scale: int = 3, rates: tuple[float, ...] = RATES) -> dict[str, Any]:
    """Train for about `minutes`, whatever number of episodes that is, and test every rate."""
    train = replace(SIMULATION_5_SHORTER.train, episodes_per_update=batch, num_episodes=batch * 1_000)
    task = replace(SIMULATION_5_SHORTER.task, scale=scale)
    config = replace(SIMULATION_5_SHORTER, task=task, train=train, test=pf.TestConfig(num_episodes=500))
    made = task.make()

    def learners(num_episodes: int) -> list[Any]:
        trains = [replace(train, learning_rate=rate, num_episodes=num_episodes) for rate in rates]
        return [new_learner(made, config.agent, of_rate, 0) for of_rate in trains]

    unroll = train.unroll_for(made.num_steps)
    chunks = iter(train_group(learners(train.num_episodes), num_episodes=train.num_episodes, unroll=unroll))
    next(chunks)
    started = time.perf_counter()
    first = next(chunks).episode
    rate = first / (time.perf_counter() - started)
    num_episodes = max(1, int(60 * minutes * rate) // first) * first
    parts, states, started = [], [], time.perf_counter()
    for chunk in train_group(learners(num_episodes), num_episodes=num_episodes, unroll=unroll):
        parts.append(chunk.metrics["reward"])
        states = chunk.states()
    seconds, reward = time.perf_counter() - started, np.concatenate(parts, axis=1)
    accuracy = {
        which: [
            learning_sets(play(state.trained_agent, of_which, config), task.num_trials).accuracy.round(3).tolist()
            for state in states
        ]
        for which, of_which in tasks(config)
    }
    return {
        "what": "shorter",
        "batch": batch,
        "scale": scale,
        "rates": rates,
        "episodes": num_episodes,
        "trained": round(seconds, 1),
        "reward": [[round(float(p.mean()), 3) for p in np.array_split(lane, 20)] for lane in reward],
        "accuracy": accuracy,
    }


def main() -> None:
    """Measure, and keep what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["two-step", "simulation-5", "shorter"])
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--episodes-per-update", type=int, default=32)
    parser.add_argument("--out", type=Path, default=Path("on_a_gpu.jsonl"))
    options = parser.parse_args()
    devices.configure()
    if options.what == "shorter":
        for rates in (RATES[:2], RATES[2:]):  # as many as have room side by side
            keep(options.out, shorter(options.minutes / 2, options.episodes_per_update, rates=rates))
        return
    of_preset = {
        "two-step": lambda: two_step(options.minutes),
        "simulation-5": lambda: simulation_5(options.minutes, options.episodes_per_update),
    }
    for label, *arguments in of_preset[options.what]():
        keep(options.out, {**label, **trained(*arguments)})


def keep(out: Path, line: dict[str, Any]) -> None:
    """Print a measurement, and append it to the file."""
    line = {**line, "device": jax.devices()[0].device_kind, "jax": jax.__version__}
    print(json.dumps(line), flush=True)
    with out.open("a") as file:
        print(json.dumps(line), file=file)


if __name__ == "__main__":
    main()
