"""The run folder: everything that one experiment with one config leaves behind, one folder a seed.

    runs/<experiment>/<hash of the config>/
      config.json     the experiment's name and the whole config
      seed-003/       see `prefrontal.runs.seed_folder`

Nothing that a person made is deleted.
"""

import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefrontal.errors import Notice, UserError, argument, check_count, is_on_the_command_line
from prefrontal.runs.files import folder_names, make_folder, write_text
from prefrontal.runs.locks import lock
from prefrontal.runs.provenance import differences, read_record, to_json
from prefrontal.runs.seals import read_sealed
from prefrontal.runs.seed_folder import CONFIG, ENVIRONMENT, FINISHED, SeedFolder

AS_IT_IS = " With its own settings it is meant where its folder stands in the place of the experiment."
"""What a command is told that gave other settings than the run's."""


@dataclass(frozen=True)
class RunFolder:
    """One experiment with one config. Made by `open` or `read`.

    Example:
        >>> run = pf.RunFolder.open("mine", "levers", {"num_pulls": 10})
        >>> run.seeds(), pf.RunFolder.read("mine").experiment
        ([], 'levers')
    """

    path: Path
    """The folder."""
    experiment: str
    """The experiment's name."""
    config: dict[str, Any]
    """Its whole config, as JSON holds it."""

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r}, experiment={self.experiment!r})"

    @classmethod
    def open(cls, path: str | os.PathLike[str], experiment: str, config: Mapping[str, Any]) -> "RunFolder":
        """Make the run folder `path`, or check that it holds this `experiment` with this `config`.

        Raises:
            UserError: when it holds another one, or files that are no run, or cannot be written; or when a
                number of the config is infinite or not a number.
        """
        path, asked = Path(path), {"experiment": experiment, "config": config}
        differences(asked, asked)  # refuses what cannot be compared, before anything is written
        make_folder(path)
        names = {name for name in folder_names(path) if not name.startswith(".")}
        if names and CONFIG not in names:
            raise UserError(
                f"`{path}` must be a new folder, an empty one or a run, got one that holds {min(names)} "
                f"and no {CONFIG}. Give another {argument('out')}, or move what it holds away yourself."
            )
        if not names:
            with lock(path / ".lock"):
                if not (path / CONFIG).exists():
                    write_text(path / CONFIG, to_json(asked))
        run = cls.read(path)
        if differing := differences({"experiment": run.experiment, "config": run.config}, asked):
            raise UserError(
                f"`{path}` must hold the same experiment and config, got another: {differing}. "
                f"Give another {argument('out')}, or move or delete that folder yourself (prefrontal never deletes a "
                f"run).{AS_IT_IS if is_on_the_command_line() else ''}"
            )
        return run

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "RunFolder":
        """Open the run folder `path` that is there.

        Raises:
            UserError: when there is none, or its config.json cannot be read.
        """
        path = Path(path)
        if CONFIG not in folder_names(path):
            raise UserError(
                f"`{path}` must be a run folder, got one without {CONFIG}. Check {argument('out')}, or train there "
                "first."
            )
        record = read_record(path / CONFIG)
        if "seed" in record:
            raise UserError(
                f"`{path}` must be a run folder, got that of one seed. Give the one above: `{path.parent}`."
            )
        return cls(path, record["experiment"], record["config"])

    def seeds(self) -> list[int]:
        """The seeds that have a folder, in order."""
        matches = [re.fullmatch(r"seed-(\d+)", name) for name in folder_names(self.path)]
        seeds = sorted({int(match[1]) for match in matches if match})
        return [seed for seed in seeds if self._seed(seed).path.is_dir()]

    def seed(self, seed: int) -> SeedFolder:
        """The folder of one seed, which may not be there yet.

        Raises:
            UserError: when `seed` is negative, or its folder is one of another run.
        """
        check_count("seed", seed, least=0)
        folder = self._seed(seed)
        if (folder.path / CONFIG).exists():
            folder.check_record(folder.path / CONFIG, read_record(folder.path / CONFIG))
        for name in (ENVIRONMENT, FINISHED):
            if (folder.path / name).exists():
                _warn_of_damage(folder.path / name)
        return folder

    def _seed(self, seed: int) -> SeedFolder:
        return SeedFolder(self.path, self.experiment, self.config, seed)


def _warn_of_damage(path: Path) -> None:
    """Say so when a file is damaged that no result hangs on: those have their own checksums."""
    try:
        read_sealed(path)
    except UserError as error:
        warnings.warn(f"{error} Nothing is computed from it.", Notice, stacklevel=3)
