"""Simulated subjects: cognitive models with parameters of their own, playing a two-step task."""

from collections.abc import Mapping
from dataclasses import replace

import equinox as eqx
import jax
import numpy as np
import pandas as pd
from jaxtyping import Array, Float, Key

from prefrontal.agents.two_step import AbstractTwoStepModel, Parameter, TwoStepAgent, find_model, with_values
from prefrontal.configs import DawTwoStepConfig
from prefrontal.configs.models import TwoStepForm, known_of
from prefrontal.configs.two_step import Encoding
from prefrontal.errors import UserError, check_count, check_seed
from prefrontal.rollouts.episodes import rollout
from prefrontal.tasks import AbstractTask
from prefrontal.trials.table import trial_table


def simulate(
    name: str,
    config: TwoStepForm,
    values: Mapping[str, Float[np.ndarray, " subject"]],
    *,
    num_sessions: int = 1,
    seed: int = 0,
) -> pd.DataFrame:
    """Let simulated subjects play.

    Arguments:
        name: a model of `prefrontal.agents.two_step.LIBRARY`.
        config: the task. Its encoding does not matter: a cognitive model plays the same in each.
        values: parameters, one value a subject; those left out have the model's default.
        num_sessions: sessions of each subject.
        seed: of all that is random.

    Returns:
        A trial table; subjects are numbered from 0.

    Raises:
        UserError: when the model, a parameter or a number is not a valid one.

    Example:
        >>> weights = {"weight": np.linspace(0.0, 1.0, 6)}
        >>> len(pf.simulate("hybrid", pf.TwoStepConfig(num_trials=60), weights))
        360
    """
    check_count("num_sessions", num_sessions)
    check_seed("seed", seed)
    num_subjects = {len(column) for column in values.values()}
    if len(num_subjects) != 1:
        raise UserError(f"`values` must hold one value a subject of a parameter or more, got {sorted(num_subjects)}.")
    cognitive, known = find_model(name), known_of(config)
    for extreme in (np.min, np.max):  # both are checked; the values themselves are put in below
        model = cognitive.model(known, {key: float(extreme(column)) for key, column in values.items()})
    count = num_subjects.pop()
    keys = jax.random.split(jax.random.key(seed), (count, num_sessions))
    matrix = np.stack([np.asarray(column, np.float32) for column in values.values()], axis=1)
    encoding: Encoding = "stage"
    if not isinstance(config, DawTwoStepConfig):
        encoding = "trial"
        config = replace(config, encoding=encoding)
    event = _play(model, tuple(values), encoding, config.make(), matrix, keys)
    return trial_table(jax.tree.map(np.asarray, event), subjects=list(range(count)))


@eqx.filter_jit
def _play(
    model: AbstractTwoStepModel,
    names: tuple[str, ...],
    encoding: Encoding,
    task: AbstractTask,
    values: Float[Array, "subject parameter"] | Float[np.ndarray, "subject parameter"],
    keys: Key[Array, "subject session"],
):
    def one_subject(own, own_keys):
        agent = TwoStepAgent(with_values(model, list(names), list(own)), encoding)
        return jax.vmap(lambda key: rollout(agent, task, key).event)(own_keys)

    return jax.vmap(one_subject)(values, keys)


def draw_parameters(
    name: str, config: TwoStepForm, num_subjects: int, *, seed: int = 0
) -> dict[str, Float[np.ndarray, " subject"]]:
    """Parameters of simulated people, for `simulate`: uniform over the ranges that are typical of people.

    Arguments:
        name: a model of `prefrontal.agents.two_step.LIBRARY`.
        config: the task.
        num_subjects: how many.
        seed: of the draws.

    Returns:
        By parameter, one value a subject.

    Raises:
        UserError: when there is no such model of such a task, or a number is not a valid one.

    Example:
        >>> people = pf.draw_parameters("hybrid", pf.TwoStepConfig(num_trials=60), 3)
        >>> people["weight"].shape
        (3,)
    """
    check_count("num_subjects", num_subjects)
    check_seed("seed", seed)
    return draw_values(find_model(name).parameters(known_of(config)), num_subjects, np.random.default_rng(seed))


def draw_values(
    parameters: Mapping[str, Parameter], num_subjects: int, rng: np.random.Generator, *, from_prior: bool = False
) -> dict[str, Float[np.ndarray, " subject"]]:
    """Parameters of simulated subjects, uniform over their typical ranges or drawn from their priors."""
    return {
        name: parameter.draw(rng, num_subjects) if from_prior else rng.uniform(*parameter.typical, num_subjects)
        for name, parameter in parameters.items()
    }
