"""Networks for those who have no JAX: a file of weights, and a file of Python beside it that plays them with NumPy."""

import io
import json
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np

from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.encoders import PlainEncoder
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.errors import UserError
from prefrontal.interop import policy as policy_module
from prefrontal.runs.arrays import named_arrays
from prefrontal.runs.files import make_folder, write_bytes, write_text

SUFFIX, MODULE = ".npz", "policy.py"


def hand_out(agent: AbstractAgent, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a network so that it can be played where there is neither JAX nor this package: its weights in `path`, and
    beside it policy.py, which reads them and needs NumPy only.

    Arguments:
        agent: a `RecurrentAgent` that sees its observations as they are, of any cell.
        path: the file, whose name ends in .npz.
        overwrite: whether a file that is there is replaced.

    Returns:
        The file.

    Raises:
        UserError: when it is another agent, the file has another ending, is there already or cannot be written.

    Example:
        >>> path = pf.hand_out(agent, "network.npz")
        >>> from prefrontal.interop.policy import load_policy  # or, where there is no prefrontal: from policy import
        >>> policy = load_policy(path, seed=0)
        >>> policy.act(observation=[]) in (0, 1)
        True
    """
    path = Path(path)
    if not isinstance(agent, RecurrentAgent) or not isinstance(agent.encoder, PlainEncoder):
        raise UserError(
            f"`agent` must be a RecurrentAgent that sees its observations as they are, got a {type(agent).__name__}"
            f"{' with an encoder' if isinstance(agent, RecurrentAgent) else ''}. Only these are played without JAX."
        )
    if path.suffix != SUFFIX:
        raise UserError(f"`path` must end in {SUFFIX}, got {path.name}. Call it {path.stem}{SUFFIX}.")
    if path.exists() and not overwrite:
        raise UserError(f"`path` must be a new file, got {path}, which is there. Give another, or overwrite=True.")
    source = Path(policy_module.__file__).read_text(encoding="utf-8")
    module = path.with_name(MODULE)
    if module.exists() and not overwrite and module.read_text(encoding="utf-8", errors="replace") != source:
        raise UserError(f"`{module}` must be the one that plays networks, got another file. Give another folder.")
    encoder = agent.encoder
    facts = {
        "cell": type(agent.cell).__name__,
        "hidden_size": agent.cell.num_units,
        "num_actions": agent.policy.shape[1],
        "observation_size": encoder.size - 1 - agent.policy.shape[1] - (encoder.time_input != "none"),
        "num_steps": encoder.num_steps,
        "time_input": encoder.time_input,
        "time_per_step": encoder.time_per_step,
        "first_previous_action": encoder.first_previous_action,
    }
    arrays = {name: np.asarray(array) for name, array in named_arrays(eqx.filter(agent, eqx.is_array)).items()}
    kept = io.BytesIO()
    everything: dict[str, Any] = {policy_module.FACTS: np.array(json.dumps(facts)), **arrays}
    np.savez(kept, **everything)
    make_folder(path.parent)
    write_text(module, source)
    write_bytes(path, kept.getvalue())
    return path
