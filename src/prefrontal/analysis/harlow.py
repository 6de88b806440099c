"""What somebody does in Harlow's task, from trial to trial, and which strategy explains it."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Bool, Float, Int

from prefrontal.agents.strategies import STRATEGIES, Seen, leads, nothing_seen, same_objects, see
from prefrontal.analysis.decoding import decode
from prefrontal.analysis.logistic import FALLBACK_RIDGE, fit_logistic
from prefrontal.errors import UserError
from prefrontal.rollouts.episodes import Trajectory

CHANCE = "chance"
"""The name of choices at random, to which all strategies are held."""
JOINT = ("object win-stay", "object lose-shift", "side win-stay", "alternation", "position counting")
"""Strategies whose leads explain choices together; an ideal learner's lead is the sum of the first two."""


@dataclass(frozen=True)
class LearningSets:
    """The trials of Harlow's task that somebody did: a network, an animal, a person. Trials not come to are missed.

    Example:
        >>> side, choice = np.array([[0, 1, 1]]), np.array([[1, 1, 1]])  # one episode, three trials
        >>> objects = np.stack([side == 0, side == 1], axis=-1)[..., None].astype(np.float32)  # the good one is a 1
        >>> rewarded, missed = choice == side, np.zeros((1, 3), bool)
        >>> sets = pf.LearningSets(choice, rewarded, missed, side, objects)
        >>> sets.accuracy.tolist(), sets.second_after(correct=False)
        ([0.0, 1.0, 1.0], 1.0)
    """

    choice: Int[np.ndarray, "episode trial"]
    """0 left, 1 right; void in a missed trial."""
    rewarded: Bool[np.ndarray, "episode trial"]
    missed: Bool[np.ndarray, "episode trial"]
    rewarded_side: Int[np.ndarray, "episode trial"]
    """0 left, 1 right."""
    objects: Float[np.ndarray, "episode trial 2 feature"]
    """What was on the left and on the right."""

    @property
    def accuracy(self) -> Float[np.ndarray, " trial"]:
        """Share of correct choices, by trial; a missed one is not correct."""
        return self.rewarded.mean(axis=0)

    def second_after(self, *, correct: bool) -> float:
        """Share of correct choices in the second trial, of those who were right, or wrong, in the first; NaN if nobody
        was. A missed first trial is neither."""
        first = self.rewarded[:, 0] if correct else ~self.rewarded[:, 0] & ~self.missed[:, 0]
        return float(self.rewarded[first, 1].mean()) if first.any() and self.rewarded.shape[1] > 1 else float("nan")


def learning_sets(played: Trajectory, num_trials: int) -> LearningSets:
    """The trials of some episodes, leaves (B, T), of `Harlow` or a task whose events have the fields of its.

    The objects of the vector form are as they were shown; where something else is shown, they are told apart by which
    of them was rewarded, which is right where both are kept.

    Arguments:
        played: the episodes, as `evaluate` gives them.
        num_trials: trials in an episode.

    Returns:
        The trials, (episode, trial).

    Example:
        >>> config = pf.HarlowConfig()
        >>> network = pf.RecurrentConfig(hidden_size=2).make(config.make(), jax.random.key(0))
        >>> played = pf.evaluate(network, config.make(), jax.random.key(1), num_episodes=5)
        >>> pf.learning_sets(played, config.num_trials).accuracy.shape
        (6,)
    """
    event = jax.tree.map(np.asarray, played.event)
    active = np.asarray(played.active)
    episode, time = np.nonzero(event.complete & active)
    trial = np.asarray(event.trial)[episode, time]
    shape = (len(active), num_trials)

    def by_trial(leaf: np.ndarray, otherwise: bool | int) -> np.ndarray:
        whole = np.full(shape, otherwise, leaf.dtype)
        whole[episode, trial] = leaf[episode, time]
        return whole

    side = by_trial(event.rewarded_side, 0)
    shown = np.asarray(played.observation)
    if shown.ndim == 3 and shown.shape[1] == 2 * num_trials:  # the vector form: two steps a trial
        objects = shown[:, 1::2, 1:].reshape(*shape, 2, -1)
    else:
        is_good = side[..., None] == np.arange(2)
        objects = np.stack([is_good, ~is_good], axis=-1).astype(np.float32)
    return LearningSets(
        choice=by_trial(event.choice, 0),
        rewarded=by_trial(event.rewarded, False),
        missed=by_trial(event.missed, True),
        rewarded_side=side,
        objects=objects,
    )


def strategy_leads(sets: LearningSets, *, tolerance: float = 1e-6) -> dict[str, Float[np.ndarray, "episode trial"]]:
    """Which side each of `STRATEGIES` would take in every trial, by name: 1 right, -1 left, 0 either.

    Arguments:
        sets: what was done. A strategy learns from it as if it had done so itself.
        tolerance: squared distance within which two views are of one object.
    """
    arrays = (sets.objects, sets.choice.astype(np.int32), sets.rewarded, ~sets.missed)
    found = np.asarray(_leads(tolerance, *map(jnp.asarray, arrays)))
    return dict(zip(STRATEGIES, np.moveaxis(found, -1, 0), strict=True))


@eqx.filter_jit
def _leads(
    tolerance: float,
    objects: Float[Array, "episode trial 2 feature"],
    choice: Int[Array, "episode trial"],
    rewarded: Bool[Array, "episode trial"],
    counts: Bool[Array, "episode trial"],
) -> Float[Array, "episode trial strategy"]:
    def step(seen: Seen, at: tuple[Array, ...]) -> tuple[Seen, Array]:
        return see(seen, *at), leads(seen, same_objects(at[0], seen.objects, tolerance))

    def episode(*record: Array) -> Array:
        return jax.lax.scan(step, nothing_seen(objects.shape[-1]), record)[1]

    return jax.vmap(episode)(objects, choice, rewarded, counts)


def fit_strategies(sets: LearningSets, *, tolerance: float = 1e-6) -> pd.DataFrame:
    r"""How well each strategy alone explains the choices of somebody, by maximum likelihood, which has a closed form.

    Of n choices, n_0 are made where a strategy has no opinion and d against its opinion. Then

        eps = min(d / (n - n_0), 1/2),    log L = d log eps + (n - n_0 - d) log(1 - eps) + n_0 log 1/2
        explained = 1 - log L / (n log 1/2),    BIC = log n - 2 log L

    A side bias may have any eps, for it has no wrong side. Missed trials are left out.

    Arguments:
        sets: what was done.
        tolerance: squared distance within which two views are of one object.

    Returns:
        A row a strategy, and one for choices by chance: strategy, lapse (NaN of chance, and of a strategy without
        opinions), log_likelihood, num_choices, explained (McFadden's share, 0 to 1), bic.

    Raises:
        UserError: when no choice was made, or no object is known again within `tolerance`.

    Example:
        >>> config = pf.HarlowConfig(sides="balanced")
        >>> played = pf.evaluate(
        ...     pf.StrategyAgent("position counting", config), config.make(), jax.random.key(0), num_episodes=100
        ... )
        >>> fits = pf.fit_strategies(pf.learning_sets(played, config.num_trials)).set_index("strategy")
        >>> fits["bic"].idxmin()
        'position counting'
    """
    made = ~sets.missed
    if not made.any():
        raise UserError("`sets` must hold choices, got missed trials only. Let somebody play who chooses.")
    if not tolerance >= 0:
        raise UserError(f"`tolerance` must be at least 0, got {tolerance}.")
    if sets.objects.shape[1] > 1 and not _is_known_again(sets.objects, tolerance):
        raise UserError(
            f"`tolerance` must let objects be known again, got {tolerance:g}, within which none of a second trial is "
            "one of the first. Views of one object differ, by noise say: give a larger squared distance."
        )
    num, half = int(made.sum()), np.log(0.5)
    rows = [(CHANCE, np.nan, num * half, num, 0.0, -2 * num * half)]
    for name, lead in strategy_leads(sets, tolerance=tolerance).items():
        side = 2 * sets.choice - 1
        against, told = int((made & (lead * side < 0)).sum()), int((made & (lead != 0)).sum())
        lapse = against / told if told else np.nan
        if name != "side bias":
            lapse = min(lapse, 0.5)
        followed = told - against
        found = sum(count * np.log(share) for count, share in ((against, lapse), (followed, 1 - lapse)) if count)
        likelihood = found + (num - told) * half
        rows.append((name, lapse, likelihood, num, 1 - likelihood / (num * half), np.log(num) - 2 * likelihood))
    return pd.DataFrame(rows, columns=["strategy", "lapse", "log_likelihood", "num_choices", "explained", "bic"])


def _is_known_again(objects: Float[np.ndarray, "episode trial 2 feature"], tolerance: float) -> bool:
    """Whether any object of a second trial is one of the first."""
    apart = objects[:, 0, :, None] - objects[:, 1, None]
    return bool((np.sum(apart**2, axis=-1) <= tolerance).any())


def explained_together(sets: LearningSets, *, without: str | None = None, tolerance: float = 1e-6) -> float:
    """McFadden's share of the choices that a side bias and the leads of `JOINT` explain together, by logistic
    regression with a slight ridge.

    Arguments:
        sets: what was done.
        without: a strategy to leave out: what is missing then, it alone explains.
        tolerance: squared distance within which two views are of one object.

    Returns:
        1 - log L / log L of chance.
    """
    by_name, made = strategy_leads(sets, tolerance=tolerance), ~sets.missed
    kept = [by_name[name][made] for name in JOINT if name != without]
    regressors = np.stack([np.ones(made.sum()), *kept], axis=1)
    fit = fit_logistic(regressors, sets.choice[made] == 1, ridge=FALLBACK_RIDGE)
    return 1 - fit.log_likelihood / (made.sum() * np.log(0.5))


def good_object_known(
    activity: Float[np.ndarray, "episode unit"], good: Float[np.ndarray, "episode feature"], bad: np.ndarray
) -> float:
    """How well activity tells which of two objects is good, on objects that the decoder has not seen: the share of
    episodes in which what ridge regression reads out of the activity is more like the good object than like the other.

    Arguments:
        activity: at one moment of each episode, before the objects are shown.
        good, bad: the two objects of the episode.

    Returns:
        A share; .5 is chance.
    """
    apart = good - bad
    read = decode(activity, apart, np.arange(len(activity))).predicted
    return float(np.mean(np.sum(read * apart, axis=1) > 0))
