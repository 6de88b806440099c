"""What one seed of a run leaves behind, and how it is saved and read.

    seed-003/
      config.json, environment.json          what was trained, and with which versions
      state.safetensors                      the training state to go on from, and the one before it
      state.previous.safetensors
      weights.safetensors                    the trained weights, with experiment, seed and config
      metrics.safetensors                    what was measured in training, one value an episode
      snapshots/episode-000500.safetensors   weights along the way, where they were asked for
      finished.json                          present once the seed is done

Every file is written whole or not at all. Nothing is pickled.
"""

import re
import shlex
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from numpy.typing import NDArray

from prefrontal.errors import Notice, UserError, argument
from prefrontal.runs import metrics
from prefrontal.runs.files import Arrays, folder_names, make_folder, read_arrays, write_arrays, write_text
from prefrontal.runs.locks import lock
from prefrontal.runs.provenance import differences, environment, now, to_json
from prefrontal.runs.seals import sealed

Status = Literal["absent", "partial", "finished"]
"""What is saved of a seed: nothing, a training state to go on from, or all of it."""

CONFIG = "config.json"
ENVIRONMENT = "environment.json"
FINISHED = "finished.json"
STATE = "state.safetensors"
PREVIOUS_STATE = "state.previous.safetensors"
WEIGHTS = "weights.safetensors"
METRICS = "metrics.safetensors"
SNAPSHOTS = "snapshots"


class Progress(NamedTuple):
    """A training state as it was saved."""

    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]


@dataclass(frozen=True)
class SeedFolder:
    """What one seed of a run leaves behind. Made by `RunFolder.seed`."""

    run: Path
    """The folder of the run that it is part of."""
    experiment: str
    """The experiment's name."""
    config: dict[str, Any]
    """Its whole config, as JSON holds it."""
    seed: int
    """The seed, 0 or above."""

    @property
    def path(self) -> Path:
        """The folder."""
        return self.run / f"seed-{self.seed:03d}"

    @property
    def status(self) -> Status:
        """Whether the seed is finished, can be gone on with, or has nothing saved."""
        if (self.path / FINISHED).exists():
            return "finished"
        saved = any((self.path / name).exists() for name in (STATE, PREVIOUS_STATE))
        return "partial" if saved else "absent"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from training this seed. The lock ends with the process, however that ends.

        Raises:
            UserError: when another process trains it, or the folder cannot be written.
        """
        self._make()
        refusal = f"`{self.path}` must be free to train in, got one that is being trained by another process. "
        with lock(self.path / ".lock", f"{refusal}Wait for it, or give another {argument('out')}."):
            yield

    @property
    def revision(self) -> tuple[int, int] | None:
        """Another one whenever a training state was saved; None where there is none."""
        try:
            saved = (self.path / STATE).stat()
        except OSError:
            return None
        return saved.st_ino, saved.st_mtime_ns

    def save_progress(self, arrays: Arrays, facts: Mapping[str, Any]) -> None:
        """Save a training state, and keep the good one before it.

        Arguments:
            arrays: everything that training goes on from, by name.
            facts: what else it needs, such as the episodes done; anything JSON can hold.

        Raises:
            UserError: when it cannot be written. The states before are intact then.
        """
        newest = self.path / STATE
        try:
            self._read(newest)
            previous = self.path / PREVIOUS_STATE
        except UserError:
            previous = None  # a damaged state must not take the place of a good one
        self._write(STATE, arrays, facts, previous=previous)

    def load_progress(self) -> Progress | None:
        """The newest training state, or None where there is none.

        When the newest is damaged, a warning says so and the one before it is given.

        Raises:
            UserError: when there are states and none is good.
        """
        faults: list[str] = []
        for path in (self.path / STATE, self.path / PREVIOUS_STATE):
            if not path.exists():
                continue
            try:
                state = Progress(*self._read(path))
            except UserError as error:
                faults.append(str(error))
                continue
            if faults:
                told = f"Seed {self.seed} goes on from `{path}`, the state before the newest. {faults[0]}"
                warnings.warn(told, Notice, stacklevel=2)
            return state
        if not faults:
            return None
        raise UserError(
            f"{' '.join(faults)} No good training state is left: without a copy, move `{self.path}` away "
            f"to start seed {self.seed} afresh."
        )

    def save_weights(self, arrays: Arrays, facts: Mapping[str, Any]) -> None:
        """Save trained weights with `facts` about them, and with the experiment, the config and the seed.

        Raises:
            UserError: when they cannot be written. Those before are intact then.
        """
        self._write(WEIGHTS, arrays, facts)

    def load_weights(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """The trained weights, and the facts saved with them.

        Raises:
            UserError: when there are none yet, or they are damaged, of another run or of an earlier episode.
        """
        return self._read_result(WEIGHTS, lambda _, facts: metrics.exactly(facts.get("episodes")))

    def save_snapshot(self, episode: int, arrays: Arrays) -> None:
        """Keep the weights of the moment when `episode` episodes were trained.

        Raises:
            UserError: when they cannot be written.
        """
        make_folder(self.path / SNAPSHOTS)
        self._write(self._snapshot(episode), arrays, {"episodes": episode})

    def kept_episodes(self) -> list[int]:
        """The episodes whose weights were kept, ascending; none where it was trained without."""
        folder = self.path / SNAPSHOTS
        names = folder_names(folder) if folder.exists() else set()
        return sorted(int(match[1]) for match in (re.fullmatch(r"episode-(\d+)\.\w+", n) for n in names) if match)

    def snapshots(self) -> list[int]:
        """`kept_episodes`, of which there must be some.

        Raises:
            UserError: when there are none.
        """
        if episodes := self.kept_episodes():
            return episodes
        raise UserError(
            f"`{self.path}` must hold snapshots, got none: it was trained without. "
            "Train in another folder, and keep some on the way."
        )

    def load_snapshot(self, episode: int) -> dict[str, NDArray[Any]]:
        """The weights of the moment when `episode` episodes were trained.

        Raises:
            UserError: when there are none, or they are damaged, of another run or of another moment.
        """
        path = self.path / self._snapshot(episode)
        arrays, facts = self._read(path)
        metrics.check_episodes(path, metrics.exactly(facts.get("episodes")), episode)
        return arrays

    def _snapshot(self, episode: int) -> str:
        return f"{SNAPSHOTS}/episode-{episode:06d}.safetensors"

    def save_metrics(self, arrays: Arrays, *, episodes_per_value: int = 1) -> None:
        """Save what was measured in training.

        Arguments:
            arrays: one value an episode, or the mean over some episodes, shape (value,), by name.
            episodes_per_value: how many episodes a value stands for.

        Raises:
            UserError: when they cannot be written. Those before are intact then.
            ValueError: when they are not all of one shape (value,).
        """
        metrics.check_shapes(arrays)
        self._write(METRICS, arrays, {"episodes_per_value": episodes_per_value})

    def load_metrics(self) -> dict[str, NDArray[Any]]:
        """What was measured in training, by name; see `save_metrics`.

        Raises:
            UserError: when there is nothing yet, or it is damaged, of another run or of fewer episodes.
        """
        return self._read_result(METRICS, metrics.episodes_measured)[0]

    def learning_curve(self, *, most_values: int = 1_000) -> metrics.LearningCurve:
        """Reward per episode as training went: means over whole blocks of episodes, no more than `most_values`.

        Raises:
            UserError: see `load_metrics`.
        """
        return metrics.learning_curve(*self._read_result(METRICS, metrics.episodes_measured), most_values)

    def finish(self) -> None:
        """Mark the seed as done, once its weights and metrics are saved.

        Raises:
            UserError: when the mark cannot be written.
            RuntimeError: when weights or metrics are missing.
        """
        for name in (WEIGHTS, METRICS):
            if not (self.path / name).exists():
                raise RuntimeError(f"{name} must be saved before seed {self.seed} is finished.")
        write_text(self.path / FINISHED, to_json(sealed({"time": now()})))

    def check_record(self, path: Path, record: Mapping[str, Any]) -> None:
        """Refuse the file `path` when its `record` is of another experiment, config or seed than this folder.

        Raises:
            UserError: when it does.
        """
        got = {name: record[name] for name in self._record if name in record}
        if differing := differences(got, self._record):
            raise UserError(
                f"`{path}` must be of seed {self.seed} of the run `{self.run}`, got another's: "
                f"{differing}. Move `{self.path}` away, or give another {argument('out')}."
            )

    @property
    def _record(self) -> dict[str, Any]:
        return {"experiment": self.experiment, "config": self.config, "seed": self.seed}

    def _make(self) -> None:
        make_folder(self.path)
        if not (self.path / CONFIG).exists():
            write_text(self.path / CONFIG, to_json(self._record))
        if not (self.path / ENVIRONMENT).exists():
            write_text(self.path / ENVIRONMENT, to_json(sealed(environment())))

    def _write(self, name: str, arrays: Arrays, facts: Mapping[str, Any], *, previous: Path | None = None) -> None:
        self._make()
        write_arrays(self.path / name, arrays, {**self._record, "facts": facts}, previous=previous)

    def _read(self, path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        arrays, record = read_arrays(path)
        self.check_record(path, record)
        if not isinstance(record.get("facts"), dict):
            raise UserError(f"`{path}` must hold what was saved about its arrays, got none. Restore it from a copy.")
        return arrays, record["facts"]

    def _read_result(
        self, name: str, episodes: Callable[[Mapping[str, NDArray[Any]], Mapping[str, Any]], range]
    ) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Arrays and facts of the file `name`; `episodes` tells from them how much training they stand for."""
        folder = shlex.quote(str(self.run))
        train = f"`prefrontal train {folder} --seeds {self.seed}`"
        path = self.path / name
        if not path.exists() and self.status != "finished":
            raise UserError(f"`{path}` must be there, got a seed not trained to its end. Train it: {train}.")
        try:
            read = self._read(path)
            train = self.config.get("train")
            if isinstance(train, dict) and train.get("num_episodes") is not None:  # where the config says how many
                metrics.check_episodes(path, episodes(*read), train["num_episodes"])
            return read
        except UserError as error:
            remedy = f"Without a copy, move `{self.path}` away and train again: {train}."
            raise UserError(f"{error} {remedy}") from error
