"""What a session will bring, drawn in advance by the package's own tasks: what follows every choice in every trial."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs import (
    BanditConfig,
    DawTwoStepConfig,
    HarlowConfig,
    TwoStepConfig,
    VolatilityConfig,
)
from prefrontal.configs.base import TaskConfig
from prefrontal.errors import UserError
from prefrontal.play.study import Study, TaskName
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.harlow import FIXATE, LEFT, RIGHT

CONFIGS: Mapping[TaskName, type[TaskConfig]] = {
    "two-step": TwoStepConfig,
    "daw": DawTwoStepConfig,
    "bandit": BanditConfig,
    "reversal": VolatilityConfig,
    "harlow": HarlowConfig,
}
GIVEN: Mapping[TaskName, Mapping[str, Any]] = {
    "two-step": {"encoding": "stage"},
    "daw": {},
    "bandit": {},
    "reversal": {"schedule": "stable-first"},
    "harlow": {"sides": "balanced"},
}
"""What people's tasks differ in from those of networks, unless a study says otherwise."""
MOST_ARMS = 9
OF_THE_TRIAL = {"choice", "common"}
"""Parts of a state that hold what was done in the trial before, and on which nothing that follows depends."""


class Drawn(NamedTuple):
    """Every outcome of some trials, leaves (trial, ...)."""

    first: Int[Array, "trial action"]
    """The second-stage state that follows each choice; of tasks without one, zeros."""
    rewards: Float[Array, "trial state option"]
    """What each second-stage option pays, by state, 0 or 1; of tasks of one choice, those of state 0."""
    better: Int[Array, " trial"]
    """The state or the arm that pays more often: hidden from who plays."""
    objects: Int[Array, "trial 2"]
    """Numbers of the left and the right object; of other tasks zeros."""
    is_free: Bool[Array, " trial"]
    """Whether what follows is the same whatever is chosen."""


@dataclass(frozen=True)
class Schedule:
    """What a session will bring."""

    practice: list[dict[str, Any]]
    trials: list[dict[str, Any]]
    """What the page is told of each trial; see docs/play.md."""
    better: list[int]
    """By trial, practice not counted: the state or the arm that pays more often, which the page is not told."""


class Draws:
    """Draws the schedules of a study. What is compiled is compiled when it is made.

    Raises:
        UserError: when the study says of its task what that does not have, or what its task brings depends on what is
            chosen, so that it cannot be drawn in advance.

    Example:
        >>> from prefrontal.play.draws import Draws
        >>> from prefrontal.play.study import Study
        >>> schedule = Draws(Study(task="bandit", trials=3, practice=1)).schedule(seed=0)
        >>> len(schedule.trials), len(schedule.practice), list(schedule.trials[0])
        (3, 1, ['rewards'])
    """

    def __init__(self, study: Study):
        self.study = study
        self.config = task_config(study)
        task = self.config.make()
        per_problem = task.num_steps // _steps(study.task)
        self._problems = {count: -(-count // per_problem) for count in (study.num_trials, study.practice) if count}
        self._per_problem = per_problem
        play = PLAYS[study.task]

        @eqx.filter_jit
        def draw(key: PRNGKeyArray, problems: int) -> Drawn:
            drawn = jax.vmap(lambda key: _problem(play, task, key, per_problem))(jax.random.split(key, problems))
            return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), drawn)

        self._draw = draw
        self.schedule(0)

    def schedule(self, seed: int) -> Schedule:
        """The schedule of the session whose draws have the seed `seed`, 0 to 2^32 - 1: the same at all times."""
        key = jax.random.key(seed)
        trials, better = self._trials(jax.random.fold_in(key, 0), self.study.num_trials)
        practice, _ = self._trials(jax.random.fold_in(key, 1), self.study.practice)
        return Schedule(practice, trials, better)

    def _trials(self, key: PRNGKeyArray, count: int) -> tuple[list[dict[str, Any]], list[int]]:
        if not count:
            return [], []
        problems = self._problems[count]
        drawn: Drawn = jax.tree.map(lambda leaf: np.asarray(leaf)[:count], self._draw(key, problems))
        if not drawn.is_free.all():
            raise UserError(
                f"`task` must be one in which what follows does not depend on what is chosen, got {self.study.task} "
                f"with settings {dict(self.study.settings)}: its outcomes cannot be drawn in advance."
            )
        rewards = drawn.rewards.astype(int).tolist()
        where = [{"problem": index // self._per_problem, "trial": index % self._per_problem} for index in range(count)]
        if self.study.task in ("two-step", "daw"):
            told = [
                {"first": first, "rewards": pays} for first, pays in zip(drawn.first.tolist(), rewards, strict=True)
            ]
        elif self.study.task == "harlow":
            told = [
                {"objects": both, "rewards": pays[0]}
                for both, pays in zip(drawn.objects.tolist(), rewards, strict=True)
            ]
        else:
            told = [{"rewards": pays[0]} for pays in rewards]
        is_several = problems > 1 or self.study.task == "harlow"
        return [one | place if is_several else one for one, place in zip(told, where, strict=True)], [
            int(value) for value in drawn.better
        ]


def task_config(study: Study) -> Any:
    """The config of the task that `study` plays.

    Raises:
        UserError: when the study says of its task what that does not have.
    """
    kind: Any = CONFIGS[study.task]
    known = {entry.name for entry in fields(kind)} - {"encoding"}
    if unknown := sorted(set(study.settings).difference(known)):
        raise UserError(f"`settings` must be of {', '.join(sorted(known))}, got {', '.join(map(str, unknown))}.")
    if isinstance(arms := study.settings.get("num_arms"), int) and arms > MOST_ARMS:
        raise UserError(f"`num_arms` must be at most {MOST_ARMS}, as many as there are keys 1 to 9, got {arms}.")
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in study.settings.items()}
    length = {} if study.task == "harlow" else {"num_trials": study.num_trials}
    try:
        return kind(**{**length, **GIVEN[study.task], **settings})
    except TypeError as error:
        raise UserError(f"`settings` must be numbers and words of the task, got {dict(settings)} ({error}).") from None


def _steps(task: TaskName) -> int:
    return 2 if task in ("two-step", "daw", "harlow") else 1


def _problem(play: Callable[..., Any], task: AbstractTask, key: PRNGKeyArray, num_trials: int) -> Drawn:
    """The trials of one draw of a problem."""
    init_key, trials_key = jax.random.split(key)

    def trial(state: Any, key: PRNGKeyArray) -> tuple[Any, Drawn]:
        after, drawn = play(task, state, key)
        is_free = jnp.array([_agree(after[0], other) for other in after[1:]]).all()
        return after[0], drawn._replace(is_free=is_free & drawn.is_free)

    return jax.lax.scan(trial, task.start(init_key), jax.random.split(trials_key, num_trials))[1]


def _agree(one: Any, other: Any) -> Bool[Array, ""]:
    """Whether two states differ in nothing but what was done in the trial before."""
    names = [entry.name for entry in fields(one) if entry.name not in OF_THE_TRIAL]
    pairs = [(jnp.asarray(getattr(one, name)), jnp.asarray(getattr(other, name))) for name in names]
    return jnp.array([(left == right).all() for left, right in pairs]).all()


def _two_stages(task: Any, state: Any, key: PRNGKeyArray, options: int) -> tuple[list[Any], Drawn]:
    first_key, second_key = jax.random.split(key)
    between = [task.step(state, jnp.int32(action), first_key)[0] for action in range(2)]
    ends = [[task.step(one, jnp.int32(option), second_key) for option in range(options)] for one in between]
    first = jnp.stack([event.state for (_, _, event), *_ in ends])
    paid = jnp.array([[reward for _, reward, _ in of_action] for of_action in ends])
    rewards = jnp.zeros((2, options)).at[first].set(paid)
    better = ends[0][0][2].better_state
    # Of the state that no choice reaches, where both lead to one, nothing is known: then nothing can be drawn.
    after = [end for of_action in ends for end, _, _ in of_action]
    return after, Drawn(first, rewards, better, jnp.zeros(2, jnp.int32), first[0] != first[1])


def _one_choice(task: Any, state: Any, key: PRNGKeyArray) -> tuple[list[Any], Drawn]:
    ends = [task.step(state, jnp.int32(arm), key) for arm in range(task.num_actions)]
    rewards = jnp.stack([_paid(reward, event) for _, reward, event in ends])[None]
    better = state.better if hasattr(state, "better") else jnp.argmax(state.rewards).astype(jnp.int32)
    none = jnp.zeros(2, jnp.int32)
    return [end for end, _, _ in ends], Drawn(none, rewards, better, none, jnp.bool_(True))


def _paid(reward: Float[Array, ""], event: Any) -> Float[Array, ""]:
    """1 or 0: of tasks with prizes, whether the arm won."""
    return event.rewarded.astype(jnp.float32) if hasattr(event, "rewarded") else reward


def _two_objects(task: Any, state: Any, key: PRNGKeyArray) -> tuple[list[Any], Drawn]:
    fixation_key, choice_key = jax.random.split(key)
    shown, _, _ = task.step(state, jnp.int32(FIXATE), fixation_key)
    ends = [task.step(shown, jnp.int32(side), choice_key) for side in (LEFT, RIGHT)]
    rewards = jnp.stack([event.rewarded for _, _, event in ends]).astype(jnp.float32)[None]
    side = ends[0][2].rewarded_side
    objects = jnp.where(side == RIGHT, shown.objects, shown.objects[::-1])
    return [end for end, _, _ in ends], Drawn(jnp.zeros(2, jnp.int32), rewards, side, objects, jnp.bool_(True))


PLAYS: Mapping[TaskName, Callable[..., tuple[list[Any], Drawn]]] = {
    "two-step": lambda task, state, key: _two_stages(task, state, key, 1),
    "daw": lambda task, state, key: _two_stages(task, state, key, 2),
    "bandit": _one_choice,
    "reversal": _one_choice,
    "harlow": _two_objects,
}
"""How a trial of each is played in every way at once: the states after, and what it brought."""
