"""How many steps a second environments take: ours for agents of others, and others' for ours (docs/environments.md).

python benchmarks/environments.py
"""

import time
from collections.abc import Callable

import gymnasium
import numpy as np

import prefrontal.environments.for_gymnasium  # noqa: F401  (registers)


def steps_per_second(step: Callable[[], int], seconds: float = 3.0) -> float:
    """Of a function that takes some steps and says how many."""
    step()
    steps, start = 0, time.perf_counter()
    while time.perf_counter() < start + seconds:
        steps += step()
    return steps / (time.perf_counter() - start)


def single(name: str) -> Callable[[], int]:
    environment = gymnasium.make(name, disable_env_checker=True)
    environment.reset(seed=0)

    def step() -> int:
        for _ in range(100):
            if environment.step(environment.action_space.sample())[2]:
                environment.reset()
        return 100

    return step


def many(name: str, num_envs: int, mode: str | None = None) -> Callable[[], int]:
    environments = gymnasium.make_vec(name, num_envs=num_envs, vectorization_mode=mode)
    environments.reset(seed=0)
    actions = np.zeros(num_envs, np.int64)

    def step() -> int:
        for _ in range(20):
            environments.step(actions)
        return 20 * num_envs

    return step


if __name__ == "__main__":
    name = "prefrontal/TwoStep-v0"
    print("CartPole-v1, alone", f"{steps_per_second(single('CartPole-v1')):,.0f}")
    print(name, "alone", f"{steps_per_second(single(name)):,.0f}")
    print(name, "64 in SyncVectorEnv", f"{steps_per_second(many(name, 64, 'sync')):,.0f}")
    for num_envs in (16, 64, 1024):
        print(name, num_envs, "at once", f"{steps_per_second(many(name, num_envs)):,.0f}")
