"""Networks by name: "gru-2" is a GRU of two units."""

import re
from typing import NamedTuple, cast, get_args

from prefrontal.configs.models import MODELS
from prefrontal.configs.recurrent import FittedCellName
from prefrontal.errors import UserError, did_you_mean

MOST_UNITS = 100
"""More units than anybody's choices have trials for."""


class Kind(NamedTuple):
    """What a network is."""

    cell: FittedCellName
    num_units: int

    @property
    def name(self) -> str:
        """What it is called: "gru-2"."""
        return f"{self.cell}-{self.num_units}"

    @property
    def num_variables(self) -> int:
        """Numbers that it carries from trial to trial: an LSTM has two a unit."""
        return self.num_units * (2 if self.cell == "lstm" else 1)


def is_network(name: str) -> bool:
    """Whether `name` is one of a network and none of a cognitive model."""
    return name not in MODELS and name.partition("-")[0] in get_args(FittedCellName)


def network_kind(name: str) -> Kind:
    """The network that `name` means.

    Raises:
        UserError: when it is not a cell and a number of units.

    Example:
        >>> from prefrontal.fitting.networks.naming import network_kind
        >>> network_kind("lstm-8").num_variables
        16
    """
    found = re.fullmatch(r"(\w+)-([1-9]\d{0,5})", name)
    if not found or found[1] not in get_args(FittedCellName) or int(found[2]) > MOST_UNITS:
        guess = did_you_mean(name, [*MODELS, *_examples()])
        raise UserError(
            f"`models` must be {', '.join(MODELS)}, or networks of 1 to {MOST_UNITS} units, {', '.join(_examples())}; "
            f"got {name}.{f' {guess}' if guess else ''}"
        )
    return Kind(cast(FittedCellName, found[1]), int(found[2]))


def _examples() -> list[str]:
    return [f"{cell}-2" for cell in get_args(FittedCellName)]
