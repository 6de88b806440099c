"""How small networks are fitted: steps, rates and penalties."""

from dataclasses import dataclass

from prefrontal.errors import check_count, check_not_negative, check_positive


@dataclass(frozen=True)
class NetworkRecipe:
    """How networks are fitted. A penalty is in nats, against the summed log-likelihood of all training choices: l2 is
    that of a normal prior with variance 1 / (2 l2) on each weight.

    Example:
        >>> pf.NetworkRecipe(num_steps=50).l2
        2.0
    """

    num_steps: int = 1500
    """Most steps of Adam from random weights; where to stop within them is for the inner folds to say."""
    learning_rate: float = 0.03
    """Of the first of these steps; half a cosine leads to a twentieth of it at the last."""
    patience: int = 150
    """Steps without any gain on the inner folds after which no more are tried."""
    l1: float = 0.0
    """Penalty on the size of each weight of the cell; a tenth of it on those to the choices."""
    l2: float = 2.0
    """Penalty on the square of each weight of the cell; a tenth of it on those to the choices."""
    pull: float = 7.0
    """Penalty on the square of how far each weight of a subject's network is from that of the group's; a tenth of it
    on those to the choices."""
    second_pull: float = 30.0
    """The same in a second fit, in which subjects' networks may lie further from the group's where they were found to
    differ in the first. 0: no second fit."""
    own_num_steps: int = 500
    """Most steps of a subject's network that begins at the group's."""
    own_learning_rate: float = 0.05
    """Of the first of these."""

    mirrored: bool = False
    """Whether each session is also learned from with the two first-stage options, and the two states, swapped: for
    subjects to whom both are alike. One who prefers an option, or a key, whatever comes of it, is fitted worse."""

    def __post_init__(self) -> None:
        for name in ("num_steps", "patience", "own_num_steps"):
            check_count(name, getattr(self, name))
        for name in ("learning_rate", "own_learning_rate"):
            check_positive(name, getattr(self, name))
        for name in ("l1", "l2", "pull", "second_pull"):
            check_not_negative(name, getattr(self, name))
