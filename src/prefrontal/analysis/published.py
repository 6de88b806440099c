"""Numbers read off published figures, that more than one part of the package stands beside its own."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PrintedBehaviour:
    """How a group behaved on the two-step task, as printed: means over its subjects."""

    name: str
    num: int
    """Subjects of the regression."""
    source: str
    stay: tuple[float, float, float, float]
    """Stay probability after common and uncommon rewarded, then common and uncommon unrewarded trials."""
    weights: Mapping[str, tuple[float, ...]]
    """Weights of the regression on the kinds of the last trials (Miller et al. 2017), one a lag, from lag 1."""


RATS = PrintedBehaviour(
    name="rats",
    num=21,
    source="Wang et al. (2018), Figure 5c (stay probabilities, 6 rats) and 5d (weights, 21 rats of Miller et al. 2017)",
    stay=(0.921, 0.706, 0.701, 0.914),
    weights={
        "common_rewarded": (1.17, 0.48, 0.24, 0.19, 0.15),
        "uncommon_rewarded": (-0.28, 0.01, 0.08, 0.09, 0.12),
        "common_unrewarded": (-0.49, 0.00, 0.06, 0.10, 0.12),
        "uncommon_unrewarded": (1.07, 0.33, 0.15, 0.13, 0.14),
    },
)
NETWORKS = PrintedBehaviour(
    name="networks of the paper",
    num=8,
    source="Wang et al. (2018), Figure 5c and e",
    stay=(0.989, 0.638, 0.621, 0.988),
    weights={
        "common_rewarded": (3.41, 2.87, 0.81, 0.30, 0.14),
        "uncommon_rewarded": (-1.94, -0.86, -0.51, -0.13, -0.03),
        "common_unrewarded": (-1.84, -0.93, -0.23, -0.10, -0.04),
        "uncommon_unrewarded": (3.27, 2.71, 0.90, 0.34, 0.16),
    },
)
PRINTED = {"rats": RATS, "networks": NETWORKS}
"""By the word that asks for them. Read off vector graphics, to about half a per cent of an axis."""

MATCHING_SLOPES = {"trained": 0.665, "held-out": 0.696}
"""Slopes of choice on reward ratios, by range of reward probabilities: Wang et al. (2018), Figure 2a, d."""

HARLOW_MONKEYS = {
    "1-8": (50.0, 51.8, 58.6, 68.6, 71.9, 77.9),
    "9-16": (50.0, 65.2, 71.6, 77.5, 82.6, 88.7),
    "17-24": (50.0, 66.8, 69.6, 82.6, 81.6, 90.1),
    "25-32": (50.0, 71.7, 76.5, 79.8, 86.8, 92.3),
    "1-100": (50.0, 78.4, 82.7, 83.9, 89.8, 92.3),
    "101-200": (50.0, 84.8, 89.7, 92.8, 96.2, 97.1),
    "201-256": (50.0, 89.7, 95.2, 96.6, 97.8, 96.6),
    "257-312": (50.0, 96.5, 97.7, 98.0, 98.4, 98.4),
}
"""Correct choices of eight monkeys in trials 1 to 6, per cent, by the problems of their training (the first four of
the preliminary ones): Harlow (1949), as replotted in Wang et al. (2018), Figure 6b. Read off the figure, to .3."""
HARLOW_NETWORKS = {
    "1st": (40.9, 47.0, 43.8, 44.6, 45.5, 49.3),
    "2nd": (44.2, 54.8, 50.2, 59.5, 61.7, 71.5),
    "3rd": (43.8, 60.6, 61.1, 66.7, 68.1, 79.1),
    "4th": (49.6, 70.2, 70.5, 77.8, 75.7, 91.4),
    "5th": (53.1, 73.1, 78.4, 85.0, 82.0, 96.4),
    "6th": (52.3, 90.9, 94.7, 96.4, 96.8, 96.3),
    "final": (54.0, 96.7, 97.8, 97.7, 99.0, 98.4),
}
"""The same of the fourteen networks of fifty that reached the ceiling, by quantile of their training: Wang et al.
(2018), Figure 6c. Read off the figure, to .5."""
POSITION_COUNTER = (50.0, 60.0, 60.0, 70.0, 70.0, 100.0)
"""The same of whoever counts on which side the reward has been, where six trials have three on either: exact."""
