"""What an agent would do and expects, and what came of it: panels that grow from trial to trial."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from prefrontal.figures.animated.frames import Frame
from prefrontal.figures.animated.tree import BETTER, OUTCOMES
from prefrontal.figures.style import PALETTE

SHADES = ("#333333", "#A0A0A0", "#E4E4E4")
"""The colours of the actions, in their order."""
DOT: dict[str, Any] = {"marker": "o", "markerfacecolor": "white", "markeredgecolor": "black", "linestyle": ""}
"""How an action taken looks."""


class PolicyNow:
    """The probability of each action at each network step of the trial under way, and the action taken."""

    def __init__(self, ax: Axes, steps: Sequence[str], num_actions: int):
        rows = range(len(steps))
        ax.set(xlim=(0, 1), ylim=(len(steps) - 0.5, -0.5))
        ax.set_axis_off()
        for row, name in enumerate(steps):
            ax.text(-0.03, row, name, ha="right", va="center")
        self.bars = [[_bar(ax, row, SHADES[action]) for action in range(num_actions)] for row in rows]
        self.dots = [ax.plot([], [], **DOT, markersize=5, clip_on=False)[0] for _ in rows]
        self.chances = [ax.text(1.03, row, "", va="center", fontsize=7.5) for row in rows]

    def show(self, frame: Frame) -> None:
        """Bring the bars up to date."""
        for row, (bars, dot, chance) in enumerate(zip(self.bars, self.dots, self.chances, strict=True)):
            seen, answered = row < len(frame.policy), row < len(frame.responses)
            policy = frame.policy[row] if seen else np.zeros(len(bars))
            ends = np.cumsum(policy)
            for bar, start, length in zip(bars, ends - policy, policy, strict=True):
                bar.set(x=start, width=length, visible=seen)
            dot.set_visible(answered)
            chance.set_visible(answered)
            if answered:
                action = frame.responses[row]
                dot.set_data([ends[action] - policy[action] / 2], [row])
                chance.set_text(f"{100 * policy[action]:.0f} %")


class Policies:
    """The first-stage policy, a column a trial, and the choices."""

    def __init__(self, ax: Axes, trials: range, steps: Sequence[str], num_actions: int):
        self.first, self.choice_step = trials[0], steps.index("first stage")
        self.ends = np.full((num_actions, len(trials)), np.nan)
        self.dots = np.full(len(trials), np.nan)
        self.columns = [
            ax.stairs(ends, _edges(trials), fill=True, color=shade, zorder=1 - action / num_actions)
            for action, (ends, shade) in enumerate(zip(self.ends, SHADES, strict=False))
        ]
        self.marks = ax.plot(_numbers(trials), self.dots, **DOT, markersize=_size(trials), clip_on=False)[0]
        ax.set(ylim=(0, 1), yticks=(0, 1), yticklabels=("0 %", "100 %"))
        ax.set_title("policy and choice at the first stage", loc="left")

    def show(self, frame: Frame) -> None:
        """Bring the columns up to date."""
        column, action = frame.trial - self.first, frame.responses[self.choice_step]
        policy = frame.policy[self.choice_step]
        self.ends[:, column] = np.cumsum(policy)
        self.dots[column] = self.ends[action, column] - policy[action] / 2
        for artist, ends in zip(self.columns, self.ends, strict=True):
            artist.set_data(values=ends)
        self.marks.set_ydata(self.dots)


class Outcomes:
    """The better state, the states reached and what came of them."""

    def __init__(self, ax: Axes, trials: range):
        self.first = trials[0]
        self.better = np.full(len(trials), np.nan)
        self.bands = [ax.stairs(self.better, _edges(trials), baseline=row - 0.5, fill=True, **BETTER) for row in (0, 1)]
        self.marks = {
            name: ax.plot(_numbers(trials), self.better.copy(), linestyle="", markersize=_size(trials), **looks)[0]
            for name, looks in OUTCOMES.items()
        }
        ax.set(ylim=(1.5, -0.5), yticks=(0, 1), yticklabels=("S1", "S2"))
        ax.set_title("state reached and outcome", loc="left")

    def show(self, frame: Frame) -> None:
        """Bring the marks up to date."""
        column = frame.trial - self.first
        self.better[column] = frame.better_state
        for row, band in enumerate(self.bands):
            band.set_data(values=np.where(self.better == row, row + 0.5, np.nan))
        if frame.outcome is not None:
            void = frame.outcome == "no outcome"
            heights = np.array(self.marks["invalid response" if void else frame.outcome].get_ydata())
            heights[column] = 0.5 if frame.state is None else frame.state
            self.marks["invalid response" if void else frame.outcome].set_ydata(heights)


class Values:
    """The agent's value at every network step."""

    def __init__(self, ax: Axes, trials: range, values: np.ndarray):
        self.first, self.steps = trials[0], len(values) // len(trials)
        self.values = np.full(len(values), np.nan)
        self.times = trials[0] + 0.5 + (np.arange(len(values)) + 0.5) / self.steps
        self.line = ax.plot(self.times, self.values, color=PALETTE["ours"])[0]
        self.now = ax.plot([], [], marker="o", markersize=4, color=PALETTE["ours"], clip_on=False)[0]
        margin = 0.08 * np.ptp(values)
        ax.set(ylim=(values.min() - margin, values.max() + margin))
        ax.set_title("value: reward expected", loc="left")

    def show(self, frame: Frame) -> None:
        """Bring the line up to date."""
        start = (frame.trial - self.first) * self.steps
        end = start + len(frame.value)
        self.values[start:end] = frame.value
        self.line.set_ydata(self.values)
        self.now.set_data(self.times[end - 1 : end], self.values[end - 1 : end])


def _bar(ax: Axes, row: int, shade: str) -> Rectangle:
    bar = Rectangle((0, row - 0.36), 0, 0.72, facecolor=shade)
    ax.add_patch(bar)
    return bar


def _numbers(trials: range) -> np.ndarray:
    """The trials as people count them, from 1."""
    return np.array(trials) + 1


def _edges(trials: range) -> np.ndarray:
    return np.arange(len(trials) + 1) + trials[0] + 0.5


def _size(trials: range) -> float:
    """Marks become smaller the more trials there are, so that they stay apart."""
    return float(np.clip(100 / len(trials), 2.0, 5.0))
