"""RecurrentPPO of sb3-contrib on CartPole without velocities, with the numbers that rl-baselines3-zoo has for it,
beside our agent's curves of `environments_of_others.py` (docs/environments.md).

    pip install 'prefrontal[gymnasium]' sb3-contrib
    python benchmarks/cart_pole.py --out runs/cart-pole --seeds 8 --ours runs/environments-of-others/cart-pole.npy

What is there of a seed already is not trained again.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from matplotlib.figure import Figure
from sb3_contrib import RecurrentPPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import DummyVecEnv

import prefrontal as pf
from prefrontal.figures.style import PALETTE, style

STEPS, MOST = 100_000, 200
"""Of training; of an episode, as our agent has it."""
WINDOW = 100


class WithoutVelocities(gymnasium.ObservationWrapper):
    """Position and angle alone, the angle in tenths, as our agent is shown them."""

    def __init__(self) -> None:
        super().__init__(gymnasium.make("CartPole-v1", max_episode_steps=MOST))
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,))

    def observation(self, observation: np.ndarray) -> np.ndarray:
        return np.asarray(observation)[[0, 2]] * np.float32([1, 10])


class Lengths(BaseCallback):
    """Keeps when each episode ended, in steps of training, and how long it was."""

    def __init__(self) -> None:
        super().__init__()
        self.running, self.ended = np.zeros(0, int), []

    def _on_step(self) -> bool:
        over = self.locals["dones"]
        self.running = (self.running if len(self.running) else np.zeros(len(over), int)) + 1
        self.ended += [(self.num_timesteps, int(length)) for length in self.running[over]]
        self.running[over] = 0
        return True


def train(seed: int) -> dict[str, Any]:
    """One seed: its episodes, how long a hundred of the trained agent's are, and the seconds that training took."""
    environments = DummyVecEnv([WithoutVelocities] * 8)
    numbers: dict[str, Any] = {"n_steps": 32, "batch_size": 256, "gae_lambda": 0.8, "gamma": 0.98, "n_epochs": 20}
    falling = {"learning_rate": lambda left: 1e-3 * left, "clip_range": lambda left: 0.2 * left}
    model = RecurrentPPO("MlpLstmPolicy", environments, ent_coef=0.0, seed=seed, device="cpu", **numbers, **falling)
    lengths, start = Lengths(), time.perf_counter()
    model.learn(STEPS, callback=lengths)
    seconds = time.perf_counter() - start
    test = DummyVecEnv([WithoutVelocities])
    test.seed(1_000 + seed)
    tested, _ = evaluate_policy(model, test, 100, deterministic=False, return_episode_rewards=True, warn=False)
    return {"seconds": seconds, "tested": float(np.mean(tested)), "episodes": lengths.ended}


def draw(out: Path, theirs: list[dict[str, Any]], ours: Path | None) -> None:
    """Length of episodes by steps of training, a line a seed."""
    with style():
        figure = Figure(figsize=(4.4, 2.8), layout="constrained")
        ax = figure.subplots()
        curves = [("RecurrentPPO, sb3-contrib", PALETTE["oracle"], [np.array(one["episodes"]) for one in theirs])]
        if ours is not None:
            own = [np.stack([np.cumsum(row), row], axis=1) for row in np.load(ours)]  # a step earns 1
            curves.append(("prefrontal", PALETTE["ours"], own))
        for name, color, seeds in curves:
            for place, seed in enumerate(seeds):
                running = np.convolve(seed[:, 1], np.full(WINDOW, 1 / WINDOW), "valid")
                label = "" if place else f"{name}, {len(seeds)} seeds"
                ax.plot(seed[WINDOW - 1 :, 0], running, color=color, alpha=0.7, linewidth=0.9, label=label)
        ax.axhline(MOST, color="0.6", linewidth=0.8, linestyle="--", zorder=0)
        ax.annotate("never falls", (1, MOST), xycoords=("axes fraction", "data"), ha="right", va="bottom", color="0.4")
        ax.set_xlabel("Steps of training")
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        ax.set_ylabel(f"Steps until the pole falls\nrunning mean of {WINDOW} episodes")
        ax.margins(y=0.1)
        figure.legend(loc="outside lower center", ncols=2)
        pf.save_figure(figure, out / "cart-pole", ("png",))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--ours", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    found = []
    for seed in range(options.seeds):
        file = options.out / f"seed-{seed}.json"
        if not file.exists():
            file.write_text(json.dumps(train(seed)))
        found.append(json.loads(file.read_text()))
        told = {name: round(found[-1][name], 1) for name in ("seconds", "tested")}
        print(
            f"seed {seed}: {told}, last {WINDOW} of training {np.mean(found[-1]['episodes'][-WINDOW:], 0)[1]:.1f}",
            flush=True,
        )
        draw(options.out, found, options.ours)


if __name__ == "__main__":
    main()
