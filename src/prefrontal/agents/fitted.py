"""Fitted networks read from their files, which say themselves what they are of."""

from pathlib import Path

import jax
import numpy as np

from prefrontal.agents.bandit_network import BanditNetwork, BanditNetworkAgent
from prefrontal.agents.saving import load_agent
from prefrontal.agents.two_step.network import TwoStepNetwork, TwoStepNetworkAgent
from prefrontal.configs.recurrent import FittedCellName
from prefrontal.configs.two_step import Encoding
from prefrontal.errors import UserError
from prefrontal.runs.files import read_arrays


def load_network(path: str | Path, encoding: Encoding = "stage") -> TwoStepNetworkAgent | BanditNetworkAgent:
    """The fitted network that `save_agent` or `prefrontal fit` kept, as an agent that plays; its cell, units and arms
    are told from the file.

    Arguments:
        path: the file, such as fit/agents/gru-2/0000.safetensors.
        encoding: of the two-step task that it is to play; of a bandit's network nothing hangs on it.

    Returns:
        An agent, which plays, is lesioned and is replayed as any other; its network is `.network`.

    Raises:
        UserError: when the file is missing or damaged, or holds another agent.

    Example:
        >>> network = pf.TwoStepNetwork("gru", 2, key=jax.random.key(0))
        >>> path = pf.save_agent(pf.TwoStepNetworkAgent(network, "trial"), "gru.safetensors")
        >>> pf.load_network(path, "trial").network.cell.num_units
        2
    """
    arrays, facts = read_arrays(Path(path))
    key = jax.random.key(0)
    kind = facts.get("agent")
    if kind == TwoStepNetworkAgent.__name__ and "network.first" in arrays:
        options = 2 if "network.second" in arrays else 1
        units = len(arrays["network.first"])
        network = TwoStepNetwork(_cell(arrays, units), units, second_options=options, key=key)
        return load_agent(path, like=TwoStepNetworkAgent(network, encoding))
    if kind == BanditNetworkAgent.__name__ and "network.arms" in arrays:
        units, arms = arrays["network.arms"].shape
        return load_agent(
            path, like=BanditNetworkAgent(BanditNetwork(_cell(arrays, units), units, num_arms=arms, key=key))
        )
    raise UserError(
        f"`path` must hold a network that was fitted to choices, got {path}, which holds {kind or 'none'}. "
        "Read other agents with load_agent."
    )


def _cell(arrays: dict[str, np.ndarray], num_units: int) -> FittedCellName:
    content = arrays.get("network.cell.content_kernel")
    if content is not None:
        return "sgru" if content.ndim == 3 else "gru"
    bias = arrays.get("network.cell.bias", np.zeros(0))
    return "lstm" if len(bias) == 4 * num_units else "rnn"
