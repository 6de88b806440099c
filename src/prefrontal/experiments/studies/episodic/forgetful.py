"""The best that can be done on a bandit with one good arm by who starts every episode from nothing."""

from functools import cache

import numpy as np
from jaxtyping import Float

from prefrontal.configs import CuedBanditConfig

MOST_PULLS = 12
"""Of longer episodes there are too many histories to go through."""


def best_without_memory(task: CuedBanditConfig) -> Float[np.ndarray, " trial"] | None:
    r"""Expected reward of each pull under the policy that earns most in an episode, found by dynamic programming.

    What matters of a history is how often each arm paid and did not, s_i and f_i, in any order. With g and b the
    chances of a reward of the good arm and the others,

        P(i is good) ~ g^s_i (1-g)^f_i prod_{j != i} b^s_j (1-b)^f_j

    Returns:
        One value a pull; None for episodes of more than `MOST_PULLS`.
    """
    if task.num_trials > MOST_PULLS:
        return None
    good, bad, num = task.good_probability, task.bad_probability, task.num_arms

    @cache
    def best(history: tuple[tuple[int, int], ...], left: int) -> tuple[float, ...]:
        """Expected rewards of the pulls that are left; `history`: of the arms pulled so far, sorted."""
        if left == 0:
            return ()
        arms = (*history, (0, 0)) if len(history) < num else history  # one stands for all that were not pulled
        many = np.array([1] * len(history) + [num - len(history)] * (len(arms) > len(history)))
        tried = np.array(arms, float).reshape(-1, 2)
        ways = good ** tried[:, 0] * (1 - good) ** tried[:, 1]
        other = bad ** tried[:, 0] * (1 - bad) ** tried[:, 1]
        rest = np.array([np.prod(np.delete(other, place)) for place in range(len(arms))])
        weight = ways * rest
        chance = weight / (weight @ many)  # the unpulled arms have `other` 1: they change no product
        found: list[tuple[float, ...]] = []
        for place in {arm: place for place, arm in enumerate(arms)}.values():
            pays = bad + (good - bad) * chance[place]
            rewards = np.zeros(left - 1)
            for paid, probability in ((1, pays), (0, 1 - pays)):
                after = list(arms) if place < len(history) else [*history, (0, 0)]
                where = place if place < len(history) else len(history)
                after[where] = (after[where][0] + paid, after[where][1] + 1 - paid)
                after = [arm for arm in after if arm != (0, 0)]
                if probability > 0:  # else no history leads there
                    rewards += probability * np.array(best(tuple(sorted(after)), left - 1))
            found.append((float(pays), *rewards.tolist()))
        return max(found, key=sum)

    return np.array(best((), task.num_trials))
