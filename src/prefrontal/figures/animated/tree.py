"""The two-step task drawn as a tree: a first stage, two actions, two second-stage states."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from prefrontal.configs.two_step import TwoStepConfig
from prefrontal.figures.animated.frames import ACTIONS, Frame, percent
from prefrontal.figures.style import PALETTE

SIDES = (0.22, 0.78)
"""Where the left and the right branch stand."""
FIRST, MIDDLE, SECOND, PAYS = 0.93, 0.65, 0.24, 0.115
"""Heights of the first stage, the actions, the second-stage states and what they pay."""

TRANSITIONS: dict[str, dict[str, Any]] = {
    "common": {"color": PALETTE["common"], "linestyle": "-"},
    "uncommon": {"color": PALETTE["uncommon"], "linestyle": (0, (2, 1))},
}
"""How a transition looks."""
OUTCOMES: dict[str, dict[str, Any]] = {
    "reward": {"marker": "o", "color": PALETTE["rewarded"], "markerfacecolor": PALETTE["rewarded"]},
    "no reward": {"marker": "o", "color": PALETTE["unrewarded"], "markerfacecolor": "white"},
    "invalid response": {"marker": "X", "color": PALETTE["ours"], "markerfacecolor": PALETTE["ours"]},
}
"""How an outcome looks."""
BETTER: dict[str, Any] = {"facecolor": PALETTE["oracle"], "alpha": 0.3, "edgecolor": "none"}
"""How the better state looks, which the viewer knows and the agent does not."""


class Tree:
    """The task's tree; `show` moves a trial along it."""

    def __init__(self, ax: Axes, task: TwoStepConfig):
        ax.set(xlim=(0, 1), ylim=(0, 1))
        ax.set_axis_off()
        self.pay = (task.worse_reward_probability, task.better_reward_probability)
        self.first_stage = _node(ax, 0.5, FIRST, "first stage")
        self.actions = [_node(ax, x, MIDDLE, name) for x, name in zip(SIDES, ACTIONS[:2], strict=True)]
        self.states = [_node(ax, x, SECOND, f"state S{number}") for number, x in enumerate(SIDES, 1)]
        self.choices = [ax.plot((0.5, x), (FIRST, MIDDLE), color=PALETTE["ours"])[0] for x in SIDES]
        self.transitions = {
            (choice, common): _transition(ax, choice, common, task.common_probability)
            for choice in (0, 1)
            for common in (True, False)
        }
        self.pays = [ax.text(x, PAYS, "", ha="center", va="center") for x in SIDES]
        band = FancyBboxPatch((0, 0.06), 0.26, 0.27, boxstyle="round,pad=0,rounding_size=0.03", **BETTER)
        self.better = band
        ax.add_patch(band)
        self.outcome = ax.plot([], [], linestyle="", markersize=14, markeredgewidth=2.5)[0]
        self.invalid_choice = ax.plot(0.5, FIRST - 0.15, linestyle="", markersize=12, **OUTCOMES["invalid response"])[0]

    def show(self, frame: Frame) -> None:
        """Bring the tree up to date."""
        self.better.set_x(SIDES[frame.better_state] - 0.13)
        self.invalid_choice.set_visible(frame.choice is None)
        _mark_node(self.first_stage, True)
        for side in (0, 1):
            better, chosen, reached = side == frame.better_state, side == frame.choice, side == frame.state
            self.pays[side].set(text=f"pays {percent(self.pay[better])}", weight="bold" if better else "normal")
            _mark_edge(self.choices[side], chosen)
            _mark_node(self.actions[side], chosen)
            _mark_node(self.states[side], reached)
        for (choice, common), (edge, label) in self.transitions.items():
            taken = (choice, common) == (frame.choice, frame.common)
            _mark_edge(edge, taken)
            label.set_fontweight("bold" if taken else "normal")
        looks = OUTCOMES.get(frame.outcome or "")
        self.outcome.set_visible(looks is not None)
        if looks is not None and frame.state is not None:
            self.outcome.set(data=([(0.41, 0.59)[frame.state]], [SECOND]), **looks)


def _transition(ax: Axes, choice: int, common: bool, common_probability: float) -> tuple[Line2D, Text]:
    """The edge from an action to a second-stage state, and its label."""
    name = "common" if common else "uncommon"
    looks = TRANSITIONS[name]
    ends = SIDES[choice], SIDES[choice if common else 1 - choice]
    edge = ax.plot(ends, (MIDDLE, SECOND), **looks)[0]
    inwards = 1 if choice == 0 else -1
    x, y = (ends[0] - 0.025 * inwards, 0.45) if common else (ends[1] - 0.02 * inwards, 0.43)
    alignment = "right" if inwards == 1 else "left"
    chance = percent(common_probability if common else 1 - common_probability)
    label = ax.text(x, y, f"{name}\n{chance}", ha=alignment, va="center")
    return edge, label


def _node(ax: Axes, x: float, y: float, name: str) -> Text:
    box = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": PALETTE["ours"]}
    return ax.text(x, y, name, ha="center", va="center", bbox=box, zorder=4)


def _mark_node(node: Text, on: bool) -> None:
    node.set_fontweight("bold" if on else "normal")
    box = node.get_bbox_patch()
    if box is not None:
        box.set_linewidth(2.4 if on else 0.8)


def _mark_edge(edge: Line2D, on: bool) -> None:
    edge.set(alpha=1 if on else 0.5, linewidth=3.5 if on else 1.2)
