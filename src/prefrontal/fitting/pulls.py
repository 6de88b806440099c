"""Pulls as arrays: a table of them, padded to one length, with masks for what is padding or was missed."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Bool, Float, Int

from prefrontal.agents.bandit_network import BanditNetwork
from prefrontal.errors import UserError
from prefrontal.fitting.choices import Batch, Unit, batch_of, places
from prefrontal.trials.numbers import without_categories

NUM_ARMS = 4
Numbers = np.ndarray | Array
COLUMNS = ("subject", "block", "trial", "arm", "reward")


class Pulls(eqx.Module):
    """What was pulled and paid; leaves lead with *axes, for instance (subject, block, trial)."""

    arm: Int[Numbers, "*axes"]
    reward: Float[Numbers, "*axes"]
    """In standard deviations from the mean."""
    counts: Bool[Numbers, "*axes"]
    """Whether this was a pull to predict and to learn from: not missed, and no padding."""
    scored: Bool[Numbers, "*axes"] | None = None
    """Which of them to predict, where some are only to be learned from. None: all."""


@dataclass(frozen=True)
class PullBatch:
    """The pulls of all subjects."""

    units: pd.DataFrame
    """Whose they are, a row each: column subject."""
    choices: Pulls
    """Leaves (subject, block, trial)."""
    centre: float
    """The reward that stands as 0."""
    scale: float
    """The difference of rewards that stands as 1."""
    second_choices: bool = False


def are_pulls(table: pd.DataFrame) -> bool:
    """Whether `table` is one of pulls, as `read_mindrl` reads them, and no trial table."""
    return "arm" in table and "block" in table


def pulls_of(table: pd.DataFrame, *, name: str = "table", like: PullBatch | None = None) -> PullBatch:
    """The pulls in `table`. Subjects who missed every pull are left out.

    Arguments:
        table: a row a pull, as of `read_mindrl`: subject, block, trial, arm, reward, and missed, if any were.
        name: what it is called in errors.
        like: those whose centre and scale rewards are given in. None: the mean and the standard deviation of all of
            them, those of held-out folds too: two numbers of rewards alone, that tell nothing of who pulled what.

    Raises:
        UserError: when a column is lacking, or is empty somewhere, an arm is none of the four, a reward no number, or
            every pull was missed.
    """
    if lacking := [column for column in COLUMNS if column not in table]:
        raise UserError(f"`{name}` must have {', '.join(lacking)}. Read it: `read_mindrl`.")
    if empty := [column for column in COLUMNS[:3] if np.any(table[column].isna())]:
        raise UserError(f"`{empty[0]}` must be told of every pull, got none of some. Name it.")
    table = table.assign(subject=without_categories(pd.Series(table["subject"])))
    if "missed" in table:
        table = table.loc[~table.groupby("subject", sort=False)["missed"].transform("all").to_numpy(bool)]
    # By their order and not by themselves: names of which some are numbers and some are text have one, too.
    order = [pd.factorize(table[column], sort=True)[0] for column in COLUMNS[:3]]
    table = table.iloc[np.lexsort(order[::-1])]
    missed = table["missed"].to_numpy(bool) if "missed" in table else np.zeros(len(table), bool)
    arm, reward = table["arm"].to_numpy(float), table["reward"].to_numpy(float)
    if not len(table):
        raise UserError(f"`{name}` must hold a pull that was not missed, got none.")
    if not np.isin(arm[~missed], range(NUM_ARMS)).all():
        wrong = arm[~missed][~np.isin(arm[~missed], range(NUM_ARMS))][0]
        raise UserError(f"`arm` must be from 0 to {NUM_ARMS - 1}, got {wrong:g}. Number the arms from 0.")
    if not np.isfinite(reward[~missed]).all():
        raise UserError("`reward` must be a number of every pull that was not missed. Mark the others in `missed`.")
    centre = like.centre if like else float(reward[~missed].mean())
    scale = like.scale if like else float(reward[~missed].std()) or 1.0
    place = places(table, session="block")
    shape = tuple(leaf.max() + 1 for leaf in place)

    def padded(values: np.ndarray, dtype: type) -> np.ndarray:
        array = np.zeros(shape, dtype)
        array[place] = np.where(missed, 0, values)
        return array

    pulls = Pulls(padded(arm, np.int32), padded((reward - centre) / scale, np.float64), padded(~missed, np.bool_))
    units = pd.DataFrame(table[["subject"]]).drop_duplicates().reset_index(drop=True)
    return PullBatch(units, pulls, centre, scale)


def choices_of(table: pd.DataFrame, *, by: Unit = "subject") -> Batch | PullBatch:
    """What people chose: the pulls of a table of them, the choices of a trial table.

    Raises:
        UserError: when it is neither, or has nothing that counts; or pulls are to be taken by session.
    """
    if not are_pulls(table):
        return batch_of(table, by=by)
    if by != "subject":
        raise UserError('`by` must be "subject" of pulls, whose blocks are sessions, got session. Leave it out.')
    return pulls_of(table)


def pull_log_likelihoods(network: BanditNetwork, block: Pulls) -> Float[Array, " trial"]:
    """log P(arm | pulls before) of each pull of a block, 0 where it does not count.

    Arguments:
        network: what is replayed on them, as if they had been its own; missed pulls are passed over.
        block: leaves (trial,).
    """

    def step(beliefs, at: Pulls):
        logits = jax.nn.log_softmax(network.preferences(beliefs))
        taken = jnp.sum(logits * jax.nn.one_hot(at.arm, len(logits)))
        learned = network.follow(beliefs, jnp.asarray(at.arm), jnp.asarray(at.reward, logits.dtype))
        after = jax.tree.map(lambda new, old: jnp.where(at.counts, new, old), learned, beliefs)
        return after, jnp.where(at.counts, taken, 0.0)

    return jax.lax.scan(step, network.init(), block)[1]
