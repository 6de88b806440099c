"""What runs there are on the disk, and how far each has come. Only what a list shows is read: headers, and rewards."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open

from prefrontal.errors import UserError
from prefrontal.runs.claims import ORIGIN
from prefrontal.runs.files import FACTS
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.locks import locked
from prefrontal.runs.provenance import parse_json, read_record
from prefrontal.runs.results import RESULTS, read_results
from prefrontal.runs.seed_folder import CONFIG, METRICS, PREVIOUS_STATE, STATE, SeedFolder

LAST_EPISODES = 100
"""The reward shown is the mean over so many episodes, the last of training."""
DEEPEST = 4
"""Folders within one another that are looked through."""

State = Literal["begun", "training", "stopped", "trained", "damaged"]


class SeedState(NamedTuple):
    """How far one seed has come."""

    seed: int
    state: State
    episode: int
    """Episodes trained, as saved."""
    reward: float
    """Mean reward of the last `LAST_EPISODES` training episodes; NaN where nothing is saved."""


@dataclass(frozen=True)
class Found:
    """A run, or results of networks that are kept elsewhere."""

    path: Path
    """The folder."""
    experiment: str
    """The experiment's name; "?" where the record cannot be read."""
    record: dict[str, Any]
    """What the folder says of itself: "experiment", "config", and of results alone "networks"."""
    variants: dict[str, RunFolder]
    """The runs in it, by variant: the folder itself is the one of the empty name. None: results alone."""
    seeds: dict[str, list[SeedState]]
    """How far they have come, by variant."""
    is_tested: bool
    """Whether results are there."""

    @property
    def states(self) -> list[SeedState]:
        """Of all seeds of all variants."""
        return [state for of_variant in self.seeds.values() for state in of_variant]

    @property
    def state(self) -> str:
        """In a word or three: "training, at 1,200", "stopped at 1,200", "begun", "trained", "tested", or "intervened",
        where the only tests are of agents that something was done to, or of earlier moments."""
        states = self.states
        if self.experiment == "?" or any(one.state == "damaged" for one in states):
            return "damaged"
        for word, told in (("training", "training, at {:,}"), ("stopped", "stopped at {:,}")):
            if episodes := [one.episode for one in states if one.state == word]:
                return told.format(min(episodes))
        if any(one.state == "begun" for one in states):
            return "begun"
        if not states and not self.is_tested:
            return "intervened" if self.tests_within else "begun"
        return "tested" if self.is_tested else "trained"

    @property
    def tested_seeds(self) -> list[int]:
        """The seeds of the results, or of those within; none where there are none, or they cannot be read."""
        tests = [self.path] if self.is_tested else self.tests_within
        try:
            return sorted({int(seed) for test in tests for seed in read_results(test, ("seeds",))["seeds"]})
        except (UserError, TypeError, ValueError):
            return []

    @property
    def tests_within(self) -> list[Path]:
        """The folders in it that hold tests of agents that something was done to, or of earlier moments."""
        return sorted(results.parent for results in self.path.glob(f"*/{RESULTS}"))

    @property
    def changed_at(self) -> float:
        """When a file of it was last written, in seconds of the system's clock."""
        return max((stat.st_mtime for stat in _stats(self.path)), default=time.time())

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(stat.st_size for stat in _stats(self.path))


def find_runs(root: Path) -> Iterator[Found]:
    """The runs in `root` and the folders within, by name. Results of interventions are part of what they are in.

    Raises:
        UserError: when there is no such folder.
    """
    if not root.is_dir():
        raise UserError(f"`{root}` must be a folder of runs, got none there. Train one: prefrontal train EXPERIMENT")
    yield from _find(root, DEEPEST)


def look(path: Path) -> Found:
    """The run, or the results, in the folder `path`.

    Raises:
        UserError: when it is none, or its record cannot be read.
    """
    variants = _variants(path)
    if (path / CONFIG).exists():
        record = read_record(path / CONFIG)
    elif (path / ORIGIN).exists():
        record = read_record(path / ORIGIN)
    elif (path / RESULTS).exists():  # of an earlier version
        record = read_results(path, ("experiment", "config"))
        if not isinstance(record["experiment"], str):
            raise UserError(f"`{path / RESULTS}` must name an experiment, got another thing. Evaluate the run again.")
        record = {"experiment": record["experiment"], "config": {**record["config"]}}
        record["config"].pop("test", None)
    else:
        raise UserError(
            f"`{path}` must be the folder of a run, got one without {CONFIG}. `prefrontal runs` lists the runs; "
            "`prefrontal list` the experiments."
        )
    seeds = {name: [seed_state(run.seed(seed)) for seed in run.seeds()] for name, run in variants.items()}
    return Found(path, record["experiment"], record, variants, seeds, (path / RESULTS).exists())


def is_run(path: Path) -> bool:
    """Whether the folder `path` is one that `look` knows, or of one seed."""
    return path.is_dir() and any((path / name).exists() for name in (CONFIG, ORIGIN, RESULTS))


def seed_state(folder: SeedFolder) -> SeedState:
    """How far a seed has come. Checksums are not verified."""
    status = folder.status
    names = (METRICS,) if status == "finished" else (STATE, PREVIOUS_STATE)
    saved = next((folder.path / name for name in names if (folder.path / name).exists()), None)
    if status != "finished" and _is_locked(folder.path / ".lock"):
        state: State = "training"
    else:
        state = {"finished": "trained", "partial": "stopped", "absent": "begun"}[status]  # pyright: ignore
    if saved is None:
        return SeedState(folder.seed, state, 0, float("nan"))
    try:
        facts, reward = _rewards(saved)
        per_value = facts.get("episodes_per_value", 1)
        last = reward[-max(1, LAST_EPISODES // per_value) :]
        episode = int(facts.get("episode", len(reward) * per_value))
        return SeedState(folder.seed, state, episode, float(last.mean()) if len(last) else float("nan"))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return SeedState(folder.seed, "damaged", 0, float("nan"))


def ranges(seeds: Sequence[int]) -> str:
    """Seeds as people write them: "0-7", "0, 3-5"."""
    parts: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)


def goes_on(states: Sequence[SeedState]) -> str:
    """Which of the seeds go on from where; empty where none does."""
    stopped = [state for state in states if state.state == "stopped" and state.episode]
    if not stopped:
        return ""
    one = len(stopped) == 1
    who = f"Seed{'s' * (not one)} {ranges([state.seed for state in stopped])} {'goes' if one else 'go'}"
    return f"{who} on from {span([state.episode for state in stopped])}."


def span(episodes: Sequence[int]) -> str:
    """One episode or some: "episode 1,200", "episodes 800 to 1,200"."""
    low, high = min(episodes), max(episodes)
    return f"episode {low:,}" if low == high else f"episodes {low:,} to {high:,}"


def _find(folder: Path, deep: int) -> Iterator[Found]:
    try:
        inner = sorted(child for child in folder.iterdir() if child.is_dir() and not child.name.startswith("."))
    except OSError:
        return
    if is_run(folder):
        try:
            yield look(folder)
        except UserError:
            yield Found(folder, "?", {}, {}, {}, False)
        return
    for child in inner if deep else ():
        yield from _find(child, deep - 1)


def _variants(path: Path) -> dict[str, RunFolder]:
    if (path / CONFIG).exists():
        return {"": RunFolder.read(path)}
    found = sorted(record.parent for record in path.glob(f"*/{CONFIG}")) if path.is_dir() else []
    return {folder.name: RunFolder.read(folder) for folder in found}


def _rewards(path: Path) -> tuple[dict[str, Any], np.ndarray]:
    """What a safetensors file says of its arrays, and the reward of each episode; nothing else of it is read."""
    with safe_open(path, framework="numpy") as file:
        name = "reward" if "reward" in file.keys() else "metrics/reward"  # noqa: SIM118
        return parse_json(file.metadata()[FACTS])["facts"], file.get_tensor(name)


def _is_locked(path: Path) -> bool:
    """Whether another process holds the lock file. Where nothing can be told, none does."""
    try:
        with path.open("r+b") as file:
            return locked(file) is False
    except OSError:
        return False


def _stats(folder: Path) -> Iterator[os.stat_result]:
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.stat(Path(place) / name, follow_symlinks=False)
            except OSError:
                continue
