"""What experiments on episodic memory train: networks with a memory, and the same without."""

from dataclasses import replace
from typing import Any

from prefrontal.configs import EpisodicConfig
from prefrontal.errors import UserError
from prefrontal.experiments.presets.base import ExperimentConfig, Variants

WITH, WITHOUT = "memory", "no-memory"
"""The variants, by name."""


def with_and_without(config: ExperimentConfig[Any], criteria: Any) -> Variants:
    """Both, alike but for `retrieval`.

    Raises:
        UserError: when the agent has no memory to do without.
    """
    if not isinstance(config.agent, EpisodicConfig):
        raise UserError(
            f"`agent` must be an EpisodicConfig, whose retrieval is varied here, got a {type(config.agent).__name__}. "
            "Give one."
        )
    return {
        name: replace(config, agent=replace(config.agent, retrieval=retrieval))
        for name, retrieval in ((WITH, True), (WITHOUT, False))
    }
