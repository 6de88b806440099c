"""The parameters of an intervention."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from prefrontal.errors import UserError, check_count, check_not_negative

MOST_TOLD = 6
"""Units that a heading names."""


@dataclass(frozen=True)
class InterventionConfig:
    """What is done to an agent while it is tested: to its units, to the reward that it sees, to its prediction error.

    The shifts apply at the steps that follow a response and its reward, all of them or only some; what the task pays
    stays as it is.
    """

    silence: tuple[int, ...] = ()
    """Units held at zero, by number."""
    clamp: tuple[int, ...] = ()
    """Units held at the clamp value, by number."""
    clamp_value: float = 1.0
    """What clamped units are held at; an LSTM's outputs lie between -1 and 1."""
    noise: float = 0.0
    """Standard deviation of Gaussian noise added to every unit at every step."""
    shift_reward: float = 0.0
    """Added to the reward that the agent sees."""
    shift_prediction_error: float = 0.0
    """Added to the prediction error that the actor sees, in agents that have one."""
    when_reward: float | None = None
    """The shifts apply after this reward only. None: after any."""
    when_action: tuple[int, ...] = ()
    """The shifts apply after these actions only, by number; where none is named, after any."""

    def __post_init__(self) -> None:
        for name in ("silence", "clamp", "when_action"):
            for number in getattr(self, name):
                check_count(name, number, least=0)
        check_not_negative("noise", self.noise)
        if both := sorted(set(self.silence) & set(self.clamp)):
            raise UserError(f"`clamp` must name other units than `silence`, got {both[0]} in both. Leave one out.")

    @property
    def changes_units(self) -> bool:
        """Whether it touches the activity."""
        return bool(self.silence or self.clamp or self.noise)

    @property
    def acts(self) -> bool:
        """Whether it does anything: a value to clamp at, or a condition of shifts, does nothing by itself."""
        return bool(self.changes_units or self.shift_reward or self.shift_prediction_error)

    @property
    def words(self) -> str:
        """It, as options of the command line; of many units the first and how many they are."""
        told = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                numbers = value if isinstance(value, tuple) else (value,)
                shown = " ".join(f"{number:g}" for number in numbers[:MOST_TOLD])
                more = f" ... ({len(numbers)} units)" if len(numbers) > MOST_TOLD else ""
                told.append(f"--{field.name.replace('_', '-')} {shown}{more}")
        return " ".join(told)


def intervention_words(record: Mapping[str, Any] | None) -> str:
    """`InterventionConfig.words` of one as `results.json` holds it; nothing where nothing was done."""
    if not record:
        return ""
    numbers: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in record.items()
    }
    return InterventionConfig(**numbers).words
