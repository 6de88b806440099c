"""Other places that training's numbers go to as it goes, for those who ask: a table, Weights & Biases, MLflow.

    PREFRONTAL_TRACKERS=csv,wandb prefrontal train wang2018-two-step

A training never fails for them: what one cannot take is told once, and lost to it alone.
"""

import contextlib
import hashlib
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from prefrontal.errors import UserError
from prefrontal.runs.files import write_text

VARIABLE = "PREFRONTAL_TRACKERS"
CSV = "metrics.csv"
PROJECT = "prefrontal"


class Tracker(Protocol):
    """Takes the numbers of one seed."""

    def write(self, numbers: Mapping[str, float], episode: int) -> None:
        """Numbers by name, means over the episodes since the last, of which `episode` have been trained by then."""

    def flush(self) -> None:
        """Have all where others can read it."""

    def close(self) -> None:
        """No more will come."""


class CsvTracker:
    """A table beside the weights, a row as often as TensorBoard gets a point: `episode`, and a column a number."""

    def __init__(self, folder: Path, episode: int):
        """
        Arguments:
            folder: of the seed.
            episode: episodes that it has been trained for; rows of later ones are from before an interruption.
        """
        self._path = folder / CSV
        self._is_new = True
        if self._path.exists():
            heading, *rows = self._path.read_text(encoding="utf-8").splitlines() or [""]
            kept = [row for row in rows if (first := row.partition(",")[0]).isdigit() and int(first) <= episode]
            write_text(self._path, "".join(f"{line}\n" for line in (heading, *kept)))
            self._is_new = not heading
        self._file = self._path.open("a", encoding="utf-8", newline="")

    def write(self, numbers: Mapping[str, float], episode: int) -> None:
        if self._is_new:
            self._file.write(",".join(["episode", *numbers]) + "\n")
            self._is_new = False
        self._file.write(",".join([str(episode), *(f"{number:.6g}" for number in numbers.values())]) + "\n")

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class WandbTracker:
    """A run of Weights & Biases a seed; a training that goes on goes on with its run."""

    def __init__(self, folder: Path, episode: int):
        import wandb  # pyright: ignore[reportMissingImports]

        identity = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            name=_name(folder),
            group=folder.parent.name,
            id=identity,
            resume="allow",
            dir=str(folder),
            reinit="create_new",
        )

    def write(self, numbers: Mapping[str, float], episode: int) -> None:
        self._run.log(dict(numbers), step=episode)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self._run.finish()


class MlflowTracker:
    """A run of MLflow a seed, in the experiment "prefrontal" unless MLFLOW_EXPERIMENT_NAME says otherwise."""

    def __init__(self, folder: Path, episode: int):
        import mlflow  # pyright: ignore[reportMissingImports]

        self._client = mlflow.MlflowClient()
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT)
        known = self._client.get_experiment_by_name(name)
        experiment = known.experiment_id if known else self._client.create_experiment(name)
        self._run = self._client.create_run(experiment, run_name=_name(folder)).info.run_id

    def write(self, numbers: Mapping[str, float], episode: int) -> None:
        for name, number in numbers.items():
            self._client.log_metric(self._run, name, number, step=episode)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self._client.set_terminated(self._run)


TRACKERS: dict[str, Callable[[Path, int], Tracker]] = {
    "csv": CsvTracker,
    "wandb": WandbTracker,
    "mlflow": MlflowTracker,
}


class Trackers:
    """All that are asked for, of one seed."""

    def __init__(self, folder: Path, episode: int):
        """
        Arguments:
            folder: of the seed.
            episode: episodes that it has been trained for.

        Raises:
            UserError: when one is asked for that there is not.
        """
        names = [name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip()]
        if unknown := [name for name in names if name not in TRACKERS]:
            raise UserError(f"`{VARIABLE}` must be some of {', '.join(TRACKERS)}, got {unknown[0]}. Leave it out.")
        self._all: dict[str, Tracker] = {}
        for name in names:
            with self._told_of(name):
                self._all[name] = TRACKERS[name](folder, episode)

    def write(self, numbers: Mapping[str, float], episode: int) -> None:
        """Give all the numbers."""
        self._each(lambda tracker: tracker.write(numbers, episode))

    def flush(self) -> None:
        """Have all where others can read it."""
        self._each(lambda tracker: tracker.flush())

    def close(self) -> None:
        """No more will come."""
        self._each(lambda tracker: tracker.close())
        self._all = {}

    def _each(self, act: Callable[[Tracker], Any]) -> None:
        for name, tracker in list(self._all.items()):
            with self._told_of(name):
                act(tracker)

    @contextlib.contextmanager
    def _told_of(self, name: str) -> Any:
        try:
            yield
        except Exception as error:  # whatever another program does, training goes on
            self._all.pop(name, None)
            remedy = f" Install it: pip install 'prefrontal[{name}]'." if isinstance(error, ModuleNotFoundError) else ""
            warnings.warn(f"{name} takes no numbers of this training ({error}).{remedy}", RuntimeWarning, stacklevel=2)


def _name(folder: Path) -> str:
    return "/".join(folder.parts[-3:])
