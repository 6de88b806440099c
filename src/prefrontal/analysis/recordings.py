"""Activity as arrays with named axes, and in files that other tools open."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from prefrontal.errors import UserError
from prefrontal.rollouts.episodes import Trajectory
from prefrontal.runs.files import write_bytes

if TYPE_CHECKING:
    import xarray

AXES = ("seed", "episode", "time")
FEATURES = {"observation": ("feature",), "logits": ("action_taken",), "activity": ("unit",)}
PICTURE = ("row", "column", "channel")


def recording(
    trajectories: Sequence[Trajectory], seeds: Sequence[int], attributes: Mapping[str, Any] | None = None
) -> "xarray.Dataset":
    """All that was seen, done, paid and recorded in some test episodes, as an xarray data set.

    Arguments:
        trajectories: one a seed, leaves (episode, time, ...), all of one shape.
        seeds: their names.
        attributes: facts about the recording, such as its experiment: text and numbers.

    Returns:
        Variables observation, action, reward, logits, value, activity and, as event_..., the fields of the task's
        event; dimensions seed, episode, time, and feature, action_taken or unit; row, column and channel of a task that
        shows pictures.

    Raises:
        UserError: when seeds and trajectories are not as many.
    """
    import xarray  # slow to import

    if len(trajectories) != len(seeds) or not seeds:
        raise UserError(f"`seeds` must name each of {len(trajectories)} trajectories, got {len(seeds)}.")
    variables: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}

    def add(name: str, leaves: list[Any]) -> None:
        values = np.stack([np.asarray(leaf) for leaf in leaves])
        more = values.ndim - len(AXES)
        rest = FEATURES.get(name, (f"{name}_axis",)) if more == 1 else PICTURE[:more]
        # The file has neither truth values nor numbers without sign.
        values = values.astype({"b": np.int8, "u": np.int16}.get(values.dtype.kind, values.dtype))
        variables[name] = ((*AXES, *rest), values)

    for name in ("observation", "action", "reward", "logits", "value", "activity"):
        add(name, [getattr(trajectory, name) for trajectory in trajectories])
    for field in fields(trajectories[0].event):
        add(f"event_{field.name}", [getattr(trajectory.event, field.name) for trajectory in trajectories])
    return xarray.Dataset(variables, coords={"seed": list(seeds)}, attrs=dict(attributes or {}))


def write_recording(path: str | Path, data: "xarray.Dataset") -> None:
    """Write `data` to `path` as netCDF 3, whole or not at all: xarray, MATLAB, R, Julia and ncdump read it.

    Raises:
        UserError: when `path` cannot be written; what was there before is left as it was.
    """
    # The variables' types all exist in netCDF 3, which SciPy writes: no HDF5 library is needed.
    # The largest of its integers has 32 bits with sign, seeds have 32 without: a double holds them all, and exactly.
    fits = int(data["seed"].max()) < 2**31
    small = data.assign_coords(seed=data["seed"].astype("int32" if fits else "float64"))
    write_bytes(Path(path), bytes(small.to_netcdf(engine="scipy", format="NETCDF3_64BIT")))


def read_recording(path: str | Path) -> "xarray.Dataset":
    """The recording in the file at `path`.

    Raises:
        UserError: when it cannot be read.
    """
    import xarray  # slow to import

    try:
        with xarray.open_dataset(path, engine="scipy") as data:
            return data.load().assign_coords(seed=data["seed"].astype("int64"))
    except FileNotFoundError as error:
        raise UserError(f"`path` must be a recording, got none at {path}. Evaluate the run first.") from error
    except (OSError, TypeError, ValueError, KeyError, IndexError) as error:
        raise UserError(f"`path` must be a netCDF 3 file, got {path} ({error}). Evaluate the run again.") from error
