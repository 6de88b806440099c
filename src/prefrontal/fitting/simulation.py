"""Simulated subjects: cognitive models with parameters of their own, playing a two-step task."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float, Key

from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.interventions import silenced
from prefrontal.agents.two_step import AbstractTwoStepModel, Parameter, TwoStepAgent, find_model, with_values
from prefrontal.agents.two_step.network import TwoStepNetwork, TwoStepNetworkAgent
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
    task, encoding = _quickest(config)
    event = _play(model, tuple(values), encoding, task, matrix, keys)
    return trial_table(jax.tree.map(np.asarray, event), subjects=list(range(count)))


def simulate_networks(
    networks: TwoStepNetwork,
    config: TwoStepForm,
    *,
    num_sessions: int = 1,
    silence: Sequence[int] = (),
    seed: int = 0,
) -> pd.DataFrame:
    """Let networks that were fitted to choices play, each as one subject.

    Arguments:
        networks: leaves (subject, ...), as `NetworkFit.networks`.
        config: the task. Its encoding does not matter, as in `simulate`.
        num_sessions: sessions of each subject.
        silence: units that are held at zero, a lesion; none: the networks as they are.
        seed: of all that is random; the same task and the same luck with any `silence`.

    Returns:
        A trial table; subjects are numbered from 0.

    Raises:
        UserError: when the networks were fitted to other choices than the task asks for, or have no such unit.

    Example:
        >>> quick = pf.NetworkRecipe(num_steps=5)
        >>> fit = pf.fit_networks(table, "gru-1", num_outer=2, num_inner=2, num_seeds=1, recipe=quick)["gru-1"]
        >>> len(pf.simulate_networks(fit.networks, pf.TwoStepConfig(num_trials=60)))
        360
    """
    check_count("num_sessions", num_sessions)
    check_seed("seed", seed)
    if known_of(config).second_choices != (networks.second_options > 1):
        raise UserError(
            "`config` must ask for second-stage choices where the networks were fitted to some, and for none where "
            f"they were not, got a {type(config).__name__}. Take DawTwoStepConfig for the first, TwoStepConfig for the "
            "others."
        )
    task, encoding = _quickest(config)
    count = len(networks.first)
    keys = jax.random.split(jax.random.key(seed), (count, num_sessions))
    networks = jax.tree.map(jnp.asarray, networks)
    event = _play_networks(networks, tuple(silence), encoding, task, keys)
    return trial_table(jax.tree.map(np.asarray, event), subjects=list(range(count)))


def _quickest(config: TwoStepForm) -> tuple[AbstractTask, Encoding]:
    """The task in the encoding that takes the fewest steps."""
    if isinstance(config, DawTwoStepConfig):
        return config.make(), "stage"
    return replace(config, encoding="trial").make(), "trial"


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
        return _sessions(TwoStepAgent(with_values(model, list(names), list(own)), encoding), task, own_keys)

    return jax.vmap(one_subject)(values, keys)


@eqx.filter_jit
def _play_networks(
    networks: TwoStepNetwork,
    silence: tuple[int, ...],
    encoding: Encoding,
    task: AbstractTask,
    keys: Key[Array, "subject session"],
):
    def one_subject(network, own_keys):
        agent = TwoStepNetworkAgent(network, encoding)
        return _sessions(silenced(agent, silence) if silence else agent, task, own_keys)

    return jax.vmap(one_subject)(networks, keys)


def _sessions(agent: AbstractAgent, task: AbstractTask, keys: Key[Array, " session"]):
    return jax.vmap(lambda key: rollout(agent, task, key).event)(keys)


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
