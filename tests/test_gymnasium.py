"""The package's tasks as Gymnasium environments: they keep Gymnasium's rules, and are the tasks that they say."""

import warnings
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", reason="Gymnasium is not installed: pip install 'prefrontal[gymnasium]'.")

from gymnasium.error import ResetNeeded  # noqa: E402
from gymnasium.utils.env_checker import check_env, data_equivalence  # noqa: E402
from gymnasium.vector import SyncVectorEnv  # noqa: E402

from prefrontal import AbstractAgent, AgentOutput, TwoStepConfig, rollout, trial_table  # noqa: E402
from prefrontal.environments.for_gymnasium import TaskEnv, episode_key  # noqa: E402
from prefrontal.environments.for_gymnasium_vector import TaskVectorEnv  # noqa: E402
from prefrontal.environments.known import TASKS, environment_id  # noqa: E402
from prefrontal.environments.play import play_episodes  # noqa: E402
from prefrontal.errors import UserError  # noqa: E402

ALL = [pytest.param(name, marks=[pytest.mark.thorough] * (name != "TwoStep")) for name in TASKS]
FEW = {"num_trials": 4, "better_state": "carried", "reversal_probability": 0.4}


class Scripted(AbstractAgent):
    """Does what is written down."""

    actions: jax.Array
    num_actions: int = eqx.field(static=True)

    def init(self):
        return ()

    def __call__(self, inputs, state):
        logits = 1e6 * jax.nn.one_hot(self.actions[inputs.step], self.num_actions)
        return AgentOutput(logits=logits, value=jnp.zeros(()), activity=jnp.zeros(1)), state


def rows(played: Any, num_actions: int) -> np.ndarray:
    """What an environment shows of a trajectory, but for the last row."""
    past = np.zeros((*played.reward.shape, 1 + num_actions), np.float32)
    past[:, 1:, 0] = played.reward[:, :-1]
    past[:, 1:, 1:] = np.eye(num_actions)[played.action[:, :-1]]
    return np.concatenate([played.observation, past], axis=-1)


@pytest.mark.parametrize("name", ALL)
def test_gymnasium_has_nothing_to_say_against_it(name):
    environment = gymnasium.make(environment_id(name)).unwrapped
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        check_env(environment)
    assert all("infinity" in str(one.message) for one in told), [str(one.message) for one in told]


@pytest.mark.parametrize("name", ALL)
def test_random_steps_are_those_of_the_task(name):
    """`rollout`, given the same actions and the same keys, sees, is paid and records the same. 10,000 steps in the
    thorough tests."""
    numbers, num_steps = (FEW, 100) if name == "TwoStep" else ({}, 10_000)
    task = TASKS[name](**numbers).make()
    num = -(-num_steps // task.num_steps)
    environments = gymnasium.make_vec(environment_id(name), num_envs=num, **numbers)
    actions = np.random.default_rng(0).integers(0, task.num_actions, (num, task.num_steps))
    shown, info = environments.reset(seed=3)
    keys = jax.vmap(episode_key)(info["draws"])
    played = eqx.filter_jit(jax.vmap(lambda a, key: rollout(Scripted(a, task.num_actions), task, key)))(actions, keys)
    played = jax.tree.map(np.asarray, played)
    seen = played.observation if isinstance(shown, dict) else rows(played, task.num_actions)
    running = np.ones(num, bool)
    for step in range(task.num_steps):
        now = shown["observation"] if isinstance(shown, dict) else shown
        np.testing.assert_allclose(now[running], seen[running, step], rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(running, played.active[:, step])
        shown, reward, over, _, info = environments.step(actions[:, step])
        np.testing.assert_allclose(reward[running], played.reward[running, step], rtol=1e-5, atol=1e-6)
        for leaf, there in zip(jax.tree.leaves(info["event"]), jax.tree.leaves(as_fields(played.event)), strict=True):
            np.testing.assert_allclose(leaf[running], there[running, step], rtol=1e-5, atol=1e-6)
        running &= ~over
    assert not running.any()


def as_fields(event: Any) -> dict[str, Any]:
    return dict(event) if isinstance(event, dict) else vars(event)


@pytest.mark.parametrize(
    "mode", ["SameStep", *(pytest.param(mode, marks=pytest.mark.thorough) for mode in ("NextStep", "Disabled"))]
)
def test_many_at_once_are_as_many_one_by_one(mode):
    """Seeds, autoreset and records, over three episodes, against Gymnasium's own way to put environments together."""
    together = TaskVectorEnv("TwoStep", 3, autoreset_mode=mode, **FEW)
    singly = SyncVectorEnv([lambda: TaskEnv("TwoStep", **FEW)] * 3, autoreset_mode=mode)
    assert (together.observation_space, together.action_space) == (singly.observation_space, singly.action_space)
    assert together.metadata["autoreset_mode"] == singly.metadata["autoreset_mode"]
    random = np.random.default_rng(0)
    for environments in (together, singly):
        environments.reset(seed=[5, 9, 7])
    both = [environments.reset(seed=11) for environments in (together, singly)]
    assert data_equivalence(both[0][0], both[1][0])
    for step in range(1, 40):
        if mode == "Disabled" and step % 13 == 0:
            mask = np.array([True, False, True]) if step == 13 else np.ones(3, bool)
            if step == 13:  # one of them stays where it is, at its end
                both = [environments.reset(options={"reset_mask": mask}) for environments in (together, singly)]
                assert data_equivalence(both[0][0], both[1][0])
                mask = ~mask
            both = [environments.reset(options={"reset_mask": mask}) for environments in (together, singly)]
            assert data_equivalence(both[0][0], both[1][0])
            continue
        actions = random.integers(0, 3, 3)
        (*here, told), (*there, told_too) = (environments.step(actions) for environments in (together, singly))
        for one, other in zip(here, there, strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
        for name in ("final_obs", "_final_obs"):
            assert (name in told) == (name in told_too)
            if name in told:
                np.testing.assert_array_equal(np.stack(told[name]), np.stack(told_too[name]))
        if told["_event"].all() and "event" in told_too and told_too["_event"].all():
            for name, values in told_too["event"].items():
                if not name.startswith("_"):
                    np.testing.assert_array_equal(told["event"][name], values)


def test_seeds_are_honoured():
    def play(seed: int | None, environment: TaskEnv) -> list[float]:
        environment.reset(seed=seed)
        return [environment.step(2 if step % 3 == 0 else 0)[1] for step in range(12)]

    environment = TaskEnv("TwoStep", **FEW)
    first, second = play(0, environment), play(None, environment)
    assert first + second == play(0, environment) + play(None, environment)
    assert len({tuple(play(seed, environment)) for seed in range(8)}) > 1


def test_a_problem_that_outlasts_an_episode_goes_on_unless_a_seed_is_given():
    environment = TaskEnv(TwoStepConfig(num_trials=1, better_state="carried", reversal_probability=0.0))
    better = []
    for seed in (0, None, None, 1, None, 2, None, 3, None):
        environment.reset(seed=seed)
        *_, info = [environment.step(action) for action in (2, 0, 0)][-1]
        better.append((seed, int(info["event"]["better_state"])))
    values = [value for _, value in better]
    assert values[0] == values[1] == values[2]
    assert values[3] == values[4]
    assert len({value for seed, value in better if seed is not None}) == 2


def test_nobody_steps_where_nothing_runs():
    environment = TaskEnv("Bandit", num_trials=1)
    with pytest.raises(ResetNeeded, match="`reset` must be called before `step`"):
        environment.step(0)
    environment.reset(seed=0)
    assert environment.step(0)[2] is True
    with pytest.raises(ResetNeeded):
        environment.step(0)
    environments = TaskVectorEnv("Bandit", 2, autoreset_mode="Disabled", num_trials=1)
    environments.reset(seed=0)
    environments.step([0, 1])
    with pytest.raises(ResetNeeded):
        environments.step([0, 1])


def test_what_is_played_becomes_a_trial_table():
    environments = TaskVectorEnv("TwoStep", 3, num_trials=4)
    random = np.random.default_rng(0)
    played = play_episodes(environments, lambda shown, first: random.integers(0, 3, len(shown)), seed=0)
    table = trial_table(played.event)
    assert len(table) == 3 * 4
    assert played.reward.shape == played.action.shape == (3, 12)
    paid = (played.reward * played.event.complete).clip(0).sum()
    assert table["reward"].sum() == paid
    with pytest.raises(UserError, match=r"`agent` must give 3 actions, got shape \(2,\)"):
        play_episodes(environments, lambda shown, first: np.zeros(2, int), seed=0)


def test_refusals():
    with pytest.raises(UserError, match=r"`task` must be one of Bandit, .* got 'Nothing'"):
        TaskEnv("Nothing")
    with pytest.raises(UserError, match="num_arms"):
        TaskEnv("TwoStep", num_arms=3)
    with pytest.raises(UserError, match="`num_arms` must be a field of TwoStepConfig"):
        TaskEnv(TwoStepConfig(), num_arms=3)
    with pytest.raises(UserError, match="`num_trials` must go with the name of a task or with a config, got a task"):
        TaskEnv(TwoStepConfig().make(), num_trials=3)
    with pytest.raises(UserError, match="`autoreset_mode` must be one of NextStep, SameStep, Disabled, got 'never'"):
        TaskVectorEnv("Bandit", 2, autoreset_mode="never")
    environments = TaskVectorEnv("Bandit", 2, num_trials=1)
    with pytest.raises(UserError, match="`seed` and `reset_mask` must be one number and one truth for each of 2"):
        environments.reset(seed=[1, 2, 3])
    with pytest.raises(ResetNeeded):
        environments.reset(options={"reset_mask": np.array([True, False])})


@pytest.mark.thorough
@pytest.mark.parametrize("name", TASKS)
def test_stable_baselines_has_nothing_to_say_against_it(name):
    checker = pytest.importorskip(
        "stable_baselines3.common.env_checker", reason="Stable-Baselines3 is not installed: pip install sb3-contrib."
    )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        checker.check_env(gymnasium.make(environment_id(name)).unwrapped)
    assert all("image" in str(one.message) for one in told if "stable" in one.filename), [str(o.message) for o in told]
