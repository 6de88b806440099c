"""Experiments: published results, each with all that is needed to make it again. Importing them starts no JAX."""

import difflib

from prefrontal.errors import UserError
from prefrontal.experiments.base import Agents, Experiment, ExperimentConfig, Published
from prefrontal.experiments.two_step import TwoStepExperiment
from prefrontal.experiments.wang2016_bandits import WANG2016_BANDITS
from prefrontal.experiments.wang2016_informative_arm import WANG2016_INFORMATIVE_ARM
from prefrontal.experiments.wang2018_two_step import WANG2018_TWO_STEP

EXPERIMENTS: dict[str, Experiment] = {
    experiment.name: experiment
    for experiment in (
        WANG2018_TWO_STEP,
        WANG2016_BANDITS,
        WANG2016_INFORMATIVE_ARM,
    )
}


def find_experiment(name: str) -> Experiment:
    """The experiment called `name`.

    Raises:
        UserError: when there is none; it names the nearest.
    """
    if name in EXPERIMENTS:
        return EXPERIMENTS[name]
    near = difflib.get_close_matches(name, EXPERIMENTS, n=1, cutoff=0.0)[0]
    raise UserError(
        f"`experiment` must be one of {', '.join(EXPERIMENTS)}, got {name}. "
        f"Did you mean {near}? `prefrontal list` tells about each."
    )


__all__ = [
    "EXPERIMENTS",
    "Agents",
    "Experiment",
    "ExperimentConfig",
    "Published",
    "TwoStepExperiment",
    "find_experiment",
]
