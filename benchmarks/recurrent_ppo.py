"""RecurrentPPO of sb3-contrib on our two-step task, beside our own network: trained, tested and drawn alike
(docs/environments.md).

    pip install 'prefrontal[gymnasium]' sb3-contrib
    python benchmarks/recurrent_ppo.py --out runs/recurrent-ppo --minutes 6
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
import torch
from sb3_contrib import RecurrentPPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv

import prefrontal as pf
from prefrontal.environments.for_gymnasium_vector import TaskVectorEnv
from prefrontal.environments.play import play_episodes

TASK = pf.TwoStepConfig(encoding="trial")
TEST_EPISODES = 300


class ForStableBaselines(VecEnv):
    """Our vector environment in the form that Stable-Baselines3 has of its own."""

    def __init__(self, environments: TaskVectorEnv):
        self.environments, self.actions = environments, np.zeros(environments.num_envs, int)
        spaces = environments.single_observation_space, environments.single_action_space
        super().__init__(environments.num_envs, *spaces)
        self.seed_wanted: int | None = 0

    def reset(self) -> Any:
        shown, _ = self.environments.reset(seed=self.seed_wanted)
        self.seed_wanted = None
        return shown

    def step_async(self, actions: np.ndarray) -> None:
        self.actions = actions

    def step_wait(self) -> Any:
        shown, rewards, over, _, told = self.environments.step(self.actions)
        infos: list[dict[str, Any]] = [{} for _ in over]
        for place in np.flatnonzero(over):
            infos[place] = {"terminal_observation": told["final_obs"][place], "TimeLimit.truncated": False}
        return shown, rewards.astype(np.float32), over, infos

    def close(self) -> None:
        pass

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self.environments, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        setattr(self.environments, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False] * self.num_envs


class Watch(BaseCallback):
    """Stops when time is up, and keeps the reward of episodes."""

    def __init__(self, seconds: float):
        super().__init__()
        self.seconds, self.start, self.sums, self.curve = seconds, time.perf_counter(), None, []

    def _on_step(self) -> bool:
        rewards, dones = self.locals["rewards"], self.locals["dones"]
        self.sums = rewards if self.sums is None else self.sums + rewards
        if dones.any():
            self.curve += [float(total) for total in self.sums[dones]]
            self.sums = np.where(dones, 0, self.sums)
            if len(self.curve) % 1600 < 16:
                spent = time.perf_counter() - self.start
                print(f"{spent:.0f} s, {len(self.curve)} episodes, reward {np.mean(self.curve[-320:]):.1f}", flush=True)
        return time.perf_counter() - self.start < self.seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--num-envs", type=int, default=32)
    parser.add_argument("--our-episodes", type=int, default=20_000)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # more only wait for each other
    steps = TASK.num_steps
    model = RecurrentPPO(
        "MlpLstmPolicy",
        ForStableBaselines(TaskVectorEnv(TASK, options.num_envs)),
        n_steps=steps,
        batch_size=steps * options.num_envs // 4,
        n_epochs=4,
        gamma=0.9,
        gae_lambda=0.95,
        learning_rate=1e-3,
        ent_coef=0.01,
        policy_kwargs={"lstm_hidden_size": 48, "net_arch": []},
        seed=0,
        device="cpu",
    )
    watch = Watch(60 * options.minutes)
    model.learn(total_timesteps=10**9, callback=watch)
    seconds = time.perf_counter() - watch.start
    memory: Any = None

    def act(shown: np.ndarray, first: bool) -> np.ndarray:
        nonlocal memory
        memory = None if first else memory
        actions, memory = model.predict(shown, memory, np.full(len(shown), first), deterministic=False)
        return actions

    played = play_episodes(TaskVectorEnv(TASK, TEST_EPISODES), act, seed=1)
    theirs = pf.trial_table(played.event)
    found = {
        "RecurrentPPO": {
            "seconds": seconds,
            "episodes": len(watch.curve),
            "reward": float(played.reward.sum(1).mean()),
            "stay": pf.stay_probability(theirs).to_dict(),
        }
    }
    task, tables = TASK.make(), {"RecurrentPPO": theirs}
    for episodes in (len(watch.curve) // 100 * 100, options.our_episodes):
        start = time.perf_counter()
        (agent,) = pf.train_agents(task, pf.RecurrentConfig(), pf.recipe("robust", num_episodes=episodes))
        seconds = time.perf_counter() - start
        test = pf.evaluate(agent, task, jax.random.key(1), num_episodes=TEST_EPISODES)
        name = f"prefrontal, {episodes:,} episodes"
        tables[name] = pf.trial_table(test.event)
        found[name] = {
            "seconds": seconds,
            "reward": float(test.reward.sum(1).mean()),
            "stay": pf.stay_probability(tables[name]).to_dict(),
        }
    pf.save_figure(pf.plot_behaviour(tables), options.out / "behaviour", ("png",))
    np.save(options.out / "curve.npy", np.array(watch.curve))
    (options.out / "found.json").write_text(json.dumps(found, indent=1, default=str))
    print(json.dumps(found, indent=1, default=str))


if __name__ == "__main__":
    main()
