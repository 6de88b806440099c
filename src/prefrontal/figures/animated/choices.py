"""Parts that the films of Harlow's task share, in vectors and from pixels."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float
from matplotlib.axes import Axes
from numpy import ndarray

from prefrontal.figures.style import PALETTE

OUTCOMES: dict[str, dict[str, Any]] = {
    "correct": {"marker": "o", "color": PALETTE["rewarded"]},
    "wrong": {"marker": "X", "color": PALETTE["unrewarded"]},
    "missed": {"marker": "_", "color": PALETTE["chance"]},
}
"""How the outcome of a trial looks."""


@runtime_checkable
class Acted(Protocol):
    """A frame in which an agent acts."""

    @property
    def policy(self) -> Float[ndarray, " action"]: ...
    @property
    def action(self) -> int: ...


class PolicyNow:
    """The probability of each action, and the action taken."""

    def __init__(self, ax: Axes, actions: Sequence[str]):
        places = range(len(actions))
        ax.set(xlim=(0, 1), ylim=(len(actions) - 0.5, -0.5), xticks=(0, 1), xticklabels=("0 %", "100 %"))
        ax.set_yticks(places, actions)
        ax.set_title("policy now, and the action taken", loc="left")
        self.bars = ax.barh(places, [0] * len(actions), height=0.7, color="darkgrey")
        looks: dict[str, Any] = {"marker": "o", "markerfacecolor": "white", "markeredgecolor": "black"}
        self.dot = ax.plot([], [], linestyle="", clip_on=False, **looks)[0]

    def show(self, frame: Acted) -> None:
        """Bring the panel up to date."""
        for bar, probability in zip(self.bars, frame.policy, strict=True):
            bar.set_width(probability)
        self.dot.set_data([frame.policy[frame.action]], [frame.action])
