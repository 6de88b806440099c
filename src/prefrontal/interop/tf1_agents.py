"""The networks of mtrazzi/two-step-task, which TensorFlow 1 saved, as weights of a `RecurrentAgent`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefrontal.errors import UserError
from prefrontal.interop.tf1_bundle import Bundle, open_bundle
from prefrontal.runs.files import write_arrays

UNITS, INPUTS, ACTIONS = 48, 7, 2
VARIABLES = {
    "global/rnn/lstm_cell/kernel": (INPUTS + UNITS, 4 * UNITS),
    "global/rnn/lstm_cell/bias": (4 * UNITS,),
    "global/fully_connected/weights": (UNITS, ACTIONS),
    "global/fully_connected_1/weights": (UNITS, 1),
}
"""What a network of the reference is made of. Its worker's copy is from before the last update: it is left alone."""
EPISODES = "global_episodes"
FORGET_BIAS = 1.0
"""TensorFlow's LSTMCell adds it when it runs."""


@dataclass(frozen=True)
class Imported:
    """A network read from a checkpoint."""

    path: Path
    """The checkpoint, without the ending of its files."""
    arrays: dict[str, NDArray[np.float32]]
    """Weights by the name that `RecurrentAgent` gives them."""
    episodes: int | None
    """Episodes it was trained for, where the checkpoint says so."""
    left: tuple[str, ...]
    """The checkpoint's other variables."""


def import_tf1(path: Path) -> Imported:
    """Read a network of mtrazzi/two-step-task.

    TensorFlow orders an LSTM's gates input, content, forget, output, and adds one to the forget gate's
    pre-activation; `RecurrentAgent` orders them input, forget, content, output, and has that one in its bias.
    The weights are an LSTM's: agents with another cell refuse them.

    Arguments:
        path: the checkpoint's name, one of its files, or its folder.

    Raises:
        UserError: when it is no checkpoint, damaged or incomplete, or that of another network.
    """
    bundle = open_bundle(path)
    _check_variables(bundle)
    known = (*VARIABLES, EPISODES)
    read = bundle.read(known)
    for name in VARIABLES:
        finite = np.isfinite(read[name]).all()
        if read[name].dtype != np.float32 or not finite:
            got = read[name].dtype if finite else "infinite ones or none"
            raise UserError(
                f"`{name}` in `{bundle.path}` must be finite numbers of 32 bits, got {got}. Give another checkpoint."
            )
    episodes = read.get(EPISODES)
    if episodes is not None and (episodes.size != 1 or not np.isfinite(episodes).all()):
        got = f"{episodes.size} of them" if episodes.size != 1 else episodes.item()
        raise UserError(
            f"`{EPISODES}` in `{bundle.path}` must be one whole number, got {got}. Give another checkpoint."
        )
    kernel, bias, policy, value = (np.asarray(read[name], np.float32) for name in VARIABLES)
    bias = _reordered(bias)
    bias[UNITS : 2 * UNITS] += FORGET_BIAS
    return Imported(
        path=bundle.path,
        arrays={"kernel": _reordered(kernel), "bias": bias, "policy": policy, "value": value[:, 0]},
        episodes=None if episodes is None else int(episodes.item()),
        left=tuple(name for name in bundle.entries if name not in known),
    )


def write_imported(imported: Imported, out: Path) -> None:
    """Write the weights to `out`, as safetensors, with where they come from.

    Raises:
        UserError: when `out` exists, or cannot be written.
    """
    if out.exists():
        raise UserError(f"`out` must be a new file, got {out}, which exists. Give another, or move it away.")
    facts: dict[str, Any] = {"source": imported.path.name, "format": "TensorFlow 1", "episodes": imported.episodes}
    write_arrays(out, imported.arrays, facts)


def _check_variables(bundle: Bundle) -> None:
    missing = [name for name in VARIABLES if name not in bundle.entries]
    if missing:
        there = ", ".join(sorted(bundle.entries)[:8]) + ("" if len(bundle.entries) <= 8 else ", ...")
        raise UserError(
            f"`{bundle.path}` must hold a network of mtrazzi/two-step-task, with {', '.join(missing)}, got "
            f"{there or 'no variable'}. Give a checkpoint of one of its notebooks."
        )
    for name, shape in VARIABLES.items():
        if bundle.entries[name].shape != shape:
            raise UserError(
                f"`{name}` in `{bundle.path}` must have shape {shape} (a network of mtrazzi/two-step-task), got "
                f"{bundle.entries[name].shape}. Give a checkpoint of one of its notebooks."
            )


def _reordered(gates: NDArray[np.float32]) -> NDArray[np.float32]:
    """Columns of the gates i, j, f, o in the order i, f, j, o."""
    write, content, keep, read = np.split(gates, 4, axis=-1)
    return np.concatenate([write, keep, content, read], axis=-1)
