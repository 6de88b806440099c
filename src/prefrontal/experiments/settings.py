"""One of several settings that an experiment is run in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prefrontal.experiments.presets.base import ExperimentConfig


@dataclass(frozen=True)
class Setting:
    """One point of a sweep."""

    values: Mapping[str, Any]
    """What was asked for, by option."""
    config: ExperimentConfig
