"""Which way of training can be relied on? Recipes side by side on several tasks, many seeds each: docs/learning.md.

    python benchmarks/recipes.py [--tasks hidden-arm ...] [--recipes paper ...] [--seeds 64] [--out recipes.jsonl]

Each cell is a line of the file, with every seed's numbers; a second call does what is missing, and prints the table.
"""

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import prefrontal as pf
from prefrontal import devices
from prefrontal.analysis.falls import fall
from prefrontal.learning.group import new_learner, train_group
from prefrontal.learning.lanes import layout_for

RECIPES: Mapping[str, Mapping[str, Any]] = {
    "paper": {},
    "decay .99": {"rms_decay": 0.99},
    "rate to 0": {"final_learning_rate": 0.0},
    "decay .99, 2e-3 to 0": {"rms_decay": 0.99, "learning_rate": 2e-3, "final_learning_rate": 0.0},
    "decay .99, 3e-3 to 0": {"rms_decay": 0.99, "learning_rate": 3e-3, "final_learning_rate": 0.0},
    "decay .99, 5e-3 to 0": {"rms_decay": 0.99, "learning_rate": 5e-3, "final_learning_rate": 0.0},
    "decay .99, 2e-3 to 0, norm 5": {
        "rms_decay": 0.99,
        "learning_rate": 2e-3,
        "final_learning_rate": 0.0,
        "max_gradient_norm": 5.0,
    },
    "adam 2e-3 to 0": {"optimiser": "adam", "learning_rate": 2e-3, "final_learning_rate": 0.0},
    "adam 2e-3 to 0, average": {
        "optimiser": "adam",
        "learning_rate": 2e-3,
        "final_learning_rate": 0.0,
        "average_last": 0.1,
    },
    "decay .99, 2e-3, average": {"rms_decay": 0.99, "learning_rate": 2e-3, "average_last": 0.1},
    "8 episodes, adam 5e-3 to 0": {
        "optimiser": "adam",
        "learning_rate": 5e-3,
        "final_learning_rate": 0.0,
        "episodes_per_update": 8,
    },
}
"""What each changes of a task's training."""


class HiddenArm(pf.AbstractTask):
    """README's example: one of two arms pays a reward of 1, always the same within an episode of ten pulls."""

    num_actions: int = 2
    observation_size: int = 1
    num_steps: int = 10

    def init(self, key, previous=None):
        return jax.random.bernoulli(key).astype(int)

    def observe(self, state):
        return jnp.zeros(1)

    def step(self, state, action, key):
        reward = (action == state).astype(float)
        return state, reward, {"paid": reward}

    def is_active(self, state):
        return jnp.bool_(True)


def tasks() -> dict[str, tuple[Any, Any, pf.TrainConfig]]:
    """Task, agent and training by name: the presets', but shorter where 64 seeds would take hours."""
    own = pf.TrainConfig(num_episodes=20_000, learning_rate=2e-3)
    found: dict[str, tuple[Any, Any, pf.TrainConfig]] = {
        "hidden-arm": (HiddenArm(), pf.RecurrentConfig(hidden_size=16), own)
    }
    two_step = pf.find_experiment("wang2018-two-step").config
    trial = replace(two_step.task, encoding="trial")
    found["two-step, fixation"] = (two_step.task.make(), two_step.agent, two_step.train)
    found["two-step, fixation, 4,000"] = (
        two_step.task.make(),
        two_step.agent,
        replace(two_step.train, num_episodes=4_000),
    )
    found["two-step, trial"] = (trial.make(), two_step.agent, replace(two_step.train, unroll=20))
    for name, experiment, episodes in (
        ("bandits", "wang2016-bandits", 10_000),
        ("matching", "wang2018-matching", 8_000),
        ("reversal", "wang2018-inferred-value", 4_000),
        ("risk", "wang2018-optogenetics", 10_000),
    ):
        config = pf.find_experiment(experiment).config
        found[name] = (config.task.make(), config.agent, replace(config.train, num_episodes=episodes))
    return found


def measure(task: Any, agent: Any, config: pf.TrainConfig, seeds: list[int], num_tests: int) -> dict[str, Any]:
    """Train and test every seed."""
    started, unroll = time.perf_counter(), config.unroll_for(task.num_steps)
    size = layout_for(new_learner(task, agent, config, seeds[0]), unroll).size
    rows: dict[str, list] = {"test": [], "fell": [], "best": [], "learned": [], "below": []}
    for first in range(0, len(seeds), size):
        learners = [new_learner(task, agent, config, seed) for seed in seeds[first : first + size]]
        parts = []
        for chunk in train_group(learners, num_episodes=config.num_episodes, unroll=unroll):
            parts.append(chunk.metrics["reward"])
            states = chunk.states()
        for reward, state in zip(np.concatenate(parts, axis=1), states, strict=True):
            found = fall(reward)
            smooth = np.convolve(reward, np.ones(200) / 200, "valid")
            chance, best = reward[:200].mean(), smooth.max()
            good = smooth >= chance + 0.9 * (best - chance)
            late = np.convolve(reward[len(reward) // 2 :], np.ones(20) / 20, "valid")
            played = pf.evaluate(state.trained_agent, task, jax.random.key(7), num_episodes=num_tests)
            rows["test"].append(round(float(played.reward.sum(1).mean()), 3))
            rows["fell"].append(None if found is None else [round(found.best, 2), round(found.last, 2)])
            rows["best"].append(round(float(best), 3))
            rows["learned"].append(int(np.argmax(good)) + 200)
            rows["below"].append(round(float(np.mean(late < chance + 0.7 * (best - chance))), 4))
    return {**rows, "seconds": round(time.perf_counter() - started, 1)}


def main() -> None:
    """Measure what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="*", choices=list(tasks()), default=list(tasks()))
    parser.add_argument("--recipes", nargs="*", choices=list(RECIPES), default=list(RECIPES))
    parser.add_argument("--seeds", type=int, default=64)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--tests", type=int, default=200, help="test episodes a seed")
    parser.add_argument("--out", type=Path, default=Path("recipes.jsonl"))
    options = parser.parse_args()
    devices.configure()
    done = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    for name in options.tasks:
        task, agent, config = tasks()[name]
        for recipe in options.recipes:
            cell = {"task": name, "recipe": recipe, "seeds": options.seeds, "first": options.first}
            if not any(cell.items() <= line.items() for line in done):
                seeds = list(range(options.first, options.first + options.seeds))
                line = {**cell, **measure(task, agent, replace(config, **RECIPES[recipe]), seeds, options.tests)}
                with options.out.open("a") as file:
                    print(json.dumps(line), file=file)
                done.append(line)
    print("| task | recipe | seeds | end in a fall | reward: mean (least) | learn: median (last) | below, late |")
    print("|---|---|---|---|---|---|---|")
    for line in done:
        if line["task"] in options.tasks and line["recipe"] in options.recipes:
            test, learned = np.array(line["test"]), np.array(line["learned"])
            print(
                f"| {line['task']} | {line['recipe']} | {line['seeds']} | {sum(f is not None for f in line['fell'])} "
                f"| {test.mean():.2f} ({test.min():.2f}) | {np.median(learned):,.0f} ({learned.max():,}) "
                f"| {np.mean(line['below']):.4f} |"
            )


if __name__ == "__main__":
    main()
