"""The file of pictures that a run is trained on, known by its checksum: another one under its name is noticed."""

import hashlib
from pathlib import Path
from typing import Any

from prefrontal.errors import UserError
from prefrontal.runs.files import read_bytes, write_text

CHECKSUM = "image_file.sha256"
"""Lies in the folder of a run on such a file."""


def keep_checksum(folder: Path, task: Any) -> None:
    """Note in the folder of a run which pictures it is trained on; of a run that has noted it, check them.

    Raises:
        UserError: when they are others, or cannot be read.
    """
    check_pictures(folder, task)
    if (checksum := _checksum(task)) and not (folder / CHECKSUM).exists():
        write_text(folder / CHECKSUM, f"{checksum}\n")


def check_pictures(folder: Path, task: Any) -> None:
    """Refuse other pictures than those that the run in `folder` was trained on, where it is known which.

    Raises:
        UserError: when they are others, or cannot be read.
    """
    kept = folder / CHECKSUM
    if kept.exists() and (checksum := _checksum(task)) and read_bytes(kept).decode().strip() != checksum:
        raise UserError(
            f"`image_file` must hold the pictures that `{folder}` was trained on, got others in {task.image_file}. "
            "Put those back, or train on these in another folder."
        )


def _checksum(task: Any) -> str:
    """Of the file of pictures that the config of a task names; empty where it names none."""
    name = getattr(task, "image_file", None)
    return hashlib.sha256(read_bytes(Path(name))).hexdigest() if name else ""
