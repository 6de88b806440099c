"""What a sweep is to do, as a file says it: experiments, settings, seeds, and what each unit is given to work with.

experiments = ["wang2018-two-step"]
seeds = 64                          # 0 to 63; or a list
out = "runs/discounts"              # a folder that all machines share, or a URL such as s3://lab/discounts

[train]                             # numbers of all, as in any file of settings
num_episodes = 4000

[grid]                              # every combination
"train.discount" = [0.8, 0.9, 0.95]

[[list]]                            # and with each of these; then `[random]`, draws of whole settings
"agent.hidden_size" = 48

[resources]                         # of a unit
cores = 2
seeds = 16
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from prefrontal.configs import ActorCriticConfig
from prefrontal.configs.values import with_values
from prefrontal.errors import UserError, check_count, check_not_negative, check_positive, check_seed, check_seeds
from prefrontal.experiments import ExperimentConfig, find_experiment
from prefrontal.experiments.presets.base import Experiment
from prefrontal.experiments.records import PARTS, check_names, read_document, settings_from
from prefrontal.runs.stores import is_url
from prefrontal.sweeps.draws import drawn
from prefrontal.sweeps.unit import Unit

MOST_SETTINGS, MOST_SEEDS = 100_000, 1_000_000
_OWN = ("experiments", "out", "grid", "list", "random", "space", "search", "resources", "slurm", "best")


@dataclass(frozen=True)
class Resources:
    """What each unit is given. Which bits it computes depends on `cores` and `gpus` alone, wherever it runs."""

    seeds: int | None = None
    """Seeds of a unit. None: as many as fill its cores, four each; on a GPU, 256."""
    cores: int = 2
    """Processor cores that it computes on. Another number is another program, whose sums may round differently."""
    gpus: int = 0
    """GPUs. 0: it computes on processors, though there be a GPU."""
    memory_gb: float | None = None
    """Memory, for Ray and SLURM to keep free, in GB. None: not asked for."""
    minutes: int = 60
    """Time limit of a unit on SLURM: it is saved, and goes on in another turn."""
    price: float = 0.0
    """Of one unit for an hour, in any currency: for the sums in the plan and the table."""

    def __post_init__(self) -> None:
        for name in ("cores", "minutes"):
            check_count(f"resources.{name}", getattr(self, name))
        check_count("resources.gpus", self.gpus, least=0)
        check_not_negative("resources.price", self.price)
        if self.seeds is not None:
            check_count("resources.seeds", self.seeds)
        if self.memory_gb is not None:
            check_positive("resources.memory_gb", self.memory_gb)

    @property
    def block(self) -> int:
        """Seeds of a unit."""
        return self.seeds or (256 * self.gpus if self.gpus else 4 * self.cores)

    @property
    def environment(self) -> dict[str, str]:
        """The environment that a unit's process must have before JAX starts."""
        if self.gpus:
            return {}
        return {"JAX_NUM_CPU_DEVICES": str(self.cores), "JAX_PLATFORMS": "cpu"}


@dataclass(frozen=True)
class Spec:
    """What a sweep is to do. Made by `read_spec`."""

    path: Path
    """The file that says it."""
    out: str
    """Where results lie: a folder or a URL."""
    units: tuple[Unit, ...]
    """What there is to train."""
    resources: Resources = field(default_factory=Resources)
    slurm: Mapping[str, Any] = field(default_factory=dict)
    """More options of sbatch, by name."""
    best: str = ""
    """The measure that tells which setting is best. Empty: reward in training."""
    document: Mapping[str, Any] = field(default_factory=dict)
    """The whole file."""

    @property
    def place(self) -> str:
        """`out`, as every process of every machine finds it."""
        return self.out if is_url(self.out) else str(Path(self.out).resolve())


def read_spec(path: Path, out: str | None = None) -> Spec:
    """What the sweep described in the file `path` is to do.

    Arguments:
        path: TOML or JSON.
        out: where results lie. None: where the file says; or else runs/NAME OF THE FILE.

    Raises:
        UserError: when it cannot be read, or a name or a value in it does not fit.
    """
    document = read_document(path)
    if "config" not in document:
        check_names(document, ("experiments", "experiment", "seeds", "recipe", *_OWN[1:], *PARTS), path)
    resources = with_values(Resources(), "resources", _table(document, "resources", path), str(path))
    seeds = _seeds(document, path)
    units = [
        Unit(experiment, config, seeds[first : first + resources.block], values)
        for experiment, config, values in _settings(document, path)
        for first in range(0, len(seeds), resources.block)
    ]
    return Spec(
        path,
        out or str(document.get("out", Path("runs") / path.stem)),
        tuple(units),
        resources,
        _table(document, "slurm", path),
        str(document.get("best", "")),
        document,
    )


def _settings(document: Mapping[str, Any], path: Path) -> Iterator[tuple[Experiment, ExperimentConfig, dict[str, Any]]]:
    """Every experiment with every setting, and what is varied in it."""
    told: dict[str, Mapping[str, Any]] = {}
    for name in _experiments(document, path):
        experiment, start = start_of(document, name, path)
        for values in _varied(document, path):
            config = changed(start, values, path)
            unit = Unit(experiment, config, (0,), values)
            if unit.setting in told:
                one, other = (_words(of) or "the preset" for of in (told[unit.setting], values))
                raise UserError(
                    f"`{path}` must give settings that differ, got {one} and {other}, which are the same. "
                    "Leave one out."
                )
            told[unit.setting] = values
            yield experiment, config, values


def start_of(document: Mapping[str, Any], name: str, path: Path) -> tuple[Experiment, ExperimentConfig[Any]]:
    """The experiment called `name`, in the recipe of the file, and its config before anything is varied.

    Raises:
        UserError: when there is none, or it studies networks that another trains, or a number does not fit.
    """
    preset = find_experiment(name)
    if preset.networks:
        raise UserError(
            f"`experiments` must be of those that train networks, got {name}, which studies those of "
            f"{preset.networks}. Sweep that; then evaluate {name} with the settings of each."
        )
    rest = {part: value for part, value in document.items() if part not in (*_OWN, "seeds", "experiment")}
    record = settings_from(rest, path, preset)
    return record.experiment, record.config


def changed(config: ExperimentConfig[Any], values: Mapping[str, Any], path: Path) -> ExperimentConfig[Any]:
    """`config` with `values` by option, such as {"train.discount": .9}.

    Raises:
        UserError: when an option is none, or a value does not fit.
    """
    by_part: dict[str, dict[str, Any]] = {}
    for option, value in values.items():
        part, _, name = option.partition(".")
        if part not in PARTS or not name:
            raise UserError(f"`{option}` must be a part ({', '.join(PARTS)}), a dot and a number of it. Mend {path}.")
        by_part.setdefault(part, {})[name.replace("-", "_")] = value
    if isinstance(config.agent, ActorCriticConfig) and "discount" in by_part.get("train", {}):
        by_part.setdefault("agent", {}).setdefault("discount", by_part["train"]["discount"])
    parts = {part: with_values(getattr(config, part), part, by_part.get(part, {}), str(path)) for part in PARTS}
    return replace(config, **parts)


def _varied(document: Mapping[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    """What is varied, setting by setting: each of the grid, with each of the list, with each random draw."""
    grid, random = _table(document, "grid", path), dict(_table(document, "random", path))
    for option, values in grid.items():
        if not isinstance(values, list) or not values:
            raise UserError(f"`grid` must hold a list of values for each option, got {values!r} for {option}.")
    listed = document.get("list", [{}])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise UserError(f"`list` must be written [[list]], with options and values below, got {listed!r}. Mend {path}.")
    num, seed = random.pop("num", 0), random.pop("seed", 0)
    if not isinstance(num, int) or num < bool(random):
        raise UserError(f"`random.num` must be how many settings are drawn, at least 1, got {num!r}. Mend {path}.")
    check_seed("random.seed", seed)
    count = math.prod(map(len, grid.values())) * len(listed) * max(num, 1)
    if count > MOST_SETTINGS:
        raise UserError(f"`{path}` must give at most {MOST_SETTINGS:,} settings, got more. Give fewer.")
    import numpy as np

    rng = np.random.default_rng(seed)
    draws = [drawn(random, rng) for _ in range(num)] if random else [{}]
    for combination in itertools.product(*grid.values()):
        for one in listed:
            for draw in draws:
                yield {**dict(zip(grid, combination, strict=True)), **one, **draw}


def _experiments(document: Mapping[str, Any], path: Path) -> Sequence[str]:
    named = document.get("experiments", document.get("experiment"))
    names = [named] if isinstance(named, str) else named
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise UserError(f"`experiments` must be a list of names in {path}, got {named!r}. `prefrontal list` has them.")
    return list(dict.fromkeys(names))


def _seeds(document: Mapping[str, Any], path: Path) -> tuple[int, ...]:
    given = document.get("seeds")
    if isinstance(given, int) and given > MOST_SEEDS:
        raise UserError(f"`seeds` must be at most {MOST_SEEDS:,}, got more. Mend {path}.")
    seeds = list(range(given)) if isinstance(given, int) and not isinstance(given, bool) else given
    if not isinstance(seeds, list) or not seeds or not all(isinstance(seed, int) for seed in seeds):
        raise UserError(f"`seeds` must be how many (64 are 0 to 63) or a list of them, got {given!r}. Mend {path}.")
    if isinstance(given, list):
        check_seeds("seeds", seeds)
    return tuple(seeds)


def _table(document: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    values = document.get(name, {})
    if not isinstance(values, dict):
        raise UserError(f"`{name}` must hold values by name, got {values!r}. Mend it in {path}.")
    return values


def _words(values: Mapping[str, Any]) -> str:
    return " ".join(f"{option} {value}" for option, value in values.items())
