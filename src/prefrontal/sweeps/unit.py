"""The unit of a sweep: an experiment with one setting and some seeds, trained and tested in one go, anywhere.

    OUT/EXPERIMENT/HASH OF THE SETTINGS/seeds-0-15/     the unit's folder: a run folder like any other
      unit.json                                         what came of it: there once it is done, or has failed
      .attempts/                                        who worked on it, and when

What a unit trains depends on nothing but what it says: it may be begun again anywhere, and ends with the same files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from prefrontal.experiments import ExperimentConfig
from prefrontal.experiments.presets.base import Experiment
from prefrontal.experiments.records import Record, settings_from, settings_of
from prefrontal.runs.provenance import config_hash

UNIT = "unit.json"


@dataclass(frozen=True)
class Unit:
    """What one worker trains and tests in one go."""

    experiment: Experiment
    """In its recipe."""
    config: ExperimentConfig[Any]
    """Every number."""
    seeds: tuple[int, ...]
    """Its block of seeds."""
    values: Mapping[str, Any]
    """What the sweep varies, by option: the names of its setting in tables."""

    @cached_property
    def setting(self) -> str:
        """The folder of its setting, which other blocks of seeds share: EXPERIMENT/HASH."""
        name = self.experiment.name
        # The numbers of the test count, too: a test with others has other results.
        tested = {**self.config.training, "test": settings_of(self._record)["config"]["test"]}
        return f"{name}/{config_hash(name, tested)}"

    @property
    def name(self) -> str:
        """Its folder within that of the sweep."""
        return f"{self.setting}/seeds-{'-'.join(map(str, _ends(self.seeds)))}"

    def value(self, option: str) -> Any:
        """What an option is set to, such as "train.discount", whether the sweep varies it here or not; empty where it
        has no such option."""
        part, _, name = option.partition(".")
        return self.values.get(option, getattr(getattr(self.config, part, None), name.replace("-", "_"), ""))

    @property
    def num_steps(self) -> int:
        """Steps of the task that its seeds train for, all together."""
        variants = self.experiment.variants(self.config).values()
        return len(self.seeds) * sum(one.train.num_episodes * one.task.num_steps for one in variants)

    @property
    def document(self) -> dict[str, Any]:
        """It as plain values, which `read_unit` reads."""
        return {**settings_of(self._record), "values": dict(self.values)}

    @property
    def _record(self) -> Record:
        return Record(self.experiment, self.config, seeds=self.seeds)


def read_unit(document: Mapping[str, Any]) -> Unit:
    """The unit that `Unit.document` holds.

    Raises:
        UserError: when it holds none.
    """
    rest = {name: value for name, value in document.items() if name != "values"}
    record = settings_from(rest, Path("unit"))
    return Unit(record.experiment, record.config, record.seeds, document["values"])


def _ends(seeds: Sequence[int]) -> Sequence[int]:
    """The first and the last of successive seeds; all, where they are no succession."""
    succession = list(seeds) == list(range(seeds[0], seeds[-1] + 1))
    return seeds if not succession else seeds[:1] if len(seeds) == 1 else (seeds[0], seeds[-1])
