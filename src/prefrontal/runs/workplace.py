"""Where a run is worked on: its own folder, or a copy of it where results lie elsewhere, carried there at each save."""

from pathlib import Path

from prefrontal.runs.folder import RunFolder
from prefrontal.runs.inventory import seed_state
from prefrontal.runs.seed_folder import CONFIG


class Workplace:
    """A run folder to work in, where results lie."""

    def __init__(self, folder: Path):
        """`folder` is where to work."""
        self.folder = folder

    def push(self) -> None:
        """Have all that is saved be where results lie. In its own folder it is there already.

        Raises:
            UserError: when it cannot be written there.
        """

    def hand_in(self) -> None:
        """Have a run that is done be where results lie, file by file.

        Raises:
            UserError: when it cannot be written there.
        """

    def forget(self) -> None:
        """Remove what was needed to go on, once a run is done."""

    def episodes_saved(self) -> int:
        """Episodes that its seeds have been trained for, all together."""
        records = [*self.folder.glob(CONFIG), *self.folder.glob(f"*/{CONFIG}")]
        runs = [RunFolder.read(record.parent) for record in records if not record.parent.name.startswith("seed-")]
        return sum(seed_state(run.seed(seed)).episode for run in runs for seed in run.seeds())
