"""The parameters of an intervention."""

from dataclasses import dataclass

from prefrontal.errors import UserError, check_count, check_not_negative


@dataclass(frozen=True)
class InterventionConfig:
    """What is done to an agent while it is tested: to its units, to the reward that it sees, to its prediction error.

    The shifts apply at the steps that follow a response and its reward, all of them or only some; what the task pays
    stays as it is.
    """

    silence: tuple[int, ...] = ()
    """Units held at zero, by number."""
    clamp: tuple[int, ...] = ()
    """Units held at `clamp_value`, by number."""
    clamp_value: float = 1.0
    """What clamped units are held at; an LSTM's outputs lie between -1 and 1."""
    noise: float = 0.0
    """Standard deviation of Gaussian noise added to every unit at every step."""
    shift_reward: float = 0.0
    """Added to the reward that the agent sees."""
    shift_prediction_error: float = 0.0
    """Added to the prediction error that the actor sees, in agents that have one."""
    when_reward: float | None = None
    """The shifts apply after this reward only. None: whatever the reward."""
    when_action: tuple[int, ...] = ()
    """The shifts apply after these actions only. None given: whatever the action."""

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
