"""Experiments: published results, each with all that is needed to make it again. Importing them starts no JAX.

`presets` says what they are, `studies` what is done with their trained agents, `workflow` trains, tests and draws.
"""

from prefrontal.experiments.presets import EXPERIMENTS, find_experiment
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig, Published

__all__ = ["EXPERIMENTS", "Experiment", "ExperimentConfig", "Published", "find_experiment"]
