"""Our agent in environments of gymnax: its bandit, and CartPole without velocities (docs/environments.md).

python benchmarks/environments_of_others.py --out runs/environments-of-others
"""

import argparse
import json
import time
from pathlib import Path

import jax
import numpy as np
from matplotlib.figure import Figure

import prefrontal as pf
from prefrontal.environments.configs import GymnaxConfig
from prefrontal.figures.style import PALETTE, style

BANDIT = GymnaxConfig(name="BernoulliBandit-misc", num_steps=100)
CART_POLE = GymnaxConfig(name="CartPole-v1", num_steps=200, shown=(0, 2), scale=(1.0, 10.0))
"""Position and angle alone: how fast they change must be remembered. 200 steps, as in CartPole-v0."""
PROBLEMS = {
    "bandit": (BANDIT, pf.recipe("robust", num_episodes=5_000)),
    "cart pole": (CART_POLE, pf.recipe("robust", num_episodes=4_000, discount=0.98, entropy_cost=0.01)),
}


LIMITS = {"bandit": (50, 90, "always the better arm"), "cart pole": (22, 200, "never falls")}
"""Reward of random actions, and at the most."""
WINDOW = 100


def draw(out: Path) -> None:
    """Learning curves of both, of what `main` left in `out`."""
    with style():
        figure = Figure(figsize=(6.4, 2.6), layout="constrained")
        for ax, name in zip(figure.subplots(1, 2), PROBLEMS, strict=True):
            for row in np.load(out / f"{name.replace(' ', '-')}.npy"):
                running = np.convolve(row, np.full(WINDOW, 1 / WINDOW), "valid")
                ax.plot(np.arange(len(running)) + WINDOW / 2, running, color=PALETTE["ours"], alpha=0.6, linewidth=0.9)
            chance, most, label = LIMITS[name]
            for level, text in ((chance, "random"), (most, label)):
                ax.axhline(level, color="0.6", linewidth=0.8, linestyle="--", zorder=0)
                ax.annotate(text, (1, level), xycoords=("axes fraction", "data"), ha="right", va="bottom", color="0.4")
            ax.set_xlabel("Training episode")
            ax.set_ylabel("Reward an episode")
            ax.set_title({"bandit": "BernoulliBandit-misc", "cart pole": "CartPole-v1 without velocities"}[name])
            ax.margins(y=0.12)
        pf.save_figure(figure, out / "learning", ("png",))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=8)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, (config, training) in PROBLEMS.items():
        task, start = config.make(), time.perf_counter()
        trained = pf.train_agents(task, pf.RecurrentConfig(), training, seeds=range(options.seeds))
        seconds = time.perf_counter() - start
        test = [pf.evaluate(agent, task, jax.random.key(0), num_episodes=300) for agent in trained]
        rewards = [float(played.reward.sum(1).mean()) for played in test]
        found[name] = {"seconds": seconds, "rewards": rewards, "mean": float(np.mean(rewards))}
        if name == "bandit":
            better = [played.action == played.action[:, -20:].mean(1, keepdims=True).round() for played in test]
            found[name]["at the arm of the last twenty pulls, by pull"] = np.mean(better, axis=(0, 1)).round(3).tolist()
        np.save(options.out / f"{name.replace(' ', '-')}.npy", trained.metrics["reward"])
        print(name, json.dumps(found[name])[:300], flush=True)
    draw(options.out)
    (options.out / "found.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
