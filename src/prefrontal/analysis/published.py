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
