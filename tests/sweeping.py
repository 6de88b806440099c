"""A sweep of tiny trainings, and workers that stand in for processes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from prefrontal.runs.provenance import to_json
from prefrontal.runs.store import Store
from prefrontal.sweeps.drive import Backend
from prefrontal.sweeps.outcome import Outcome
from prefrontal.sweeps.spec import Spec, read_spec
from prefrontal.sweeps.unit import UNIT, Unit

TINY = """
experiments = ["wang2018-two-step"]
seeds = 4
[task]
num_trials = 5
encoding = "trial"
[agent]
hidden_size = 3
[train]
num_episodes = 40
unroll = "none"
[test]
num_episodes = 4
[resources]
seeds = 2
"""
GRID = '[grid]\n"train.discount" = [0.8, 0.9]\n'


def spec_of(folder: Path, text: str = TINY + GRID, out: str | None = None) -> Spec:
    """The sweep that `text` describes, with its results in `folder`."""
    file = folder / "tiny.toml"
    file.write_text(text)
    return read_spec(file, out or str(folder / "out"))


def hand_in_result(store: Store, unit: Unit, **told: Any) -> None:
    """Have a unit's result be there, as a worker would have left it."""
    result = {"state": "done", "reason": "", "seconds": 30.0, "measures": {}, **told}
    assert store.folder is not None
    file = store.folder / unit.name / UNIT
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(to_json(result))  # and the disk need not have it


class Here(Backend):
    """Units one after the other, in this process."""

    def __init__(self, run: Callable[[Unit], Outcome], slots: int = 1):
        self.run, self.slots = run, slots
        self.started: list[str] = []
        self._ended: list[Outcome] = []

    def start(self, unit: Unit) -> None:
        self.started.append(unit.name)
        self._ended.append(self.run(unit))

    def wait(self, seconds: float) -> list[Outcome]:
        ended, self._ended = self._ended, []
        return ended

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass


def weights(folder: Path) -> Mapping[str, bytes]:
    """Every file of weights in a sweep, by its place."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("weights.safetensors"))}
