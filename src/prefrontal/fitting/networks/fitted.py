"""What a fit of networks found."""

from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from prefrontal.agents.bandit_network import BanditNetwork, BanditNetworkAgent
from prefrontal.agents.two_step.network import TwoStepNetwork, TwoStepNetworkAgent
from prefrontal.configs.two_step import Encoding
from prefrontal.errors import UserError
from prefrontal.fitting.choices import Batch, digest
from prefrontal.fitting.folds import Folds
from prefrontal.fitting.pulls import PullBatch

Sharing = Literal["alone", "group", "one"]
Network = TwoStepNetwork | BanditNetwork


@dataclass(frozen=True)
class NetworkFit:
    """A network of one kind fitted to everybody, without each outer fold in turn. Made by `fit_networks`.

    Example:
        >>> quick = pf.NetworkRecipe(num_steps=5)
        >>> fits = pf.fit_networks(table, "gru-1", num_outer=2, num_inner=2, num_seeds=1, recipe=quick)
        >>> player = fits["gru-1"].agent(0, "trial")
        >>> config = pf.TwoStepConfig(num_trials=10, encoding="trial")
        >>> pf.rollout(player, config.make(), jax.random.key(0)).activity.shape
        (10, 1)
    """

    name: str
    """Such as "gru-2"."""
    sharing: Sharing
    """Whether each subject's networks are fitted alone, begin at the group's, or are the group's."""
    table: pd.DataFrame
    """A row a subject (or session) and outer fold: model; subject (session); fold; log_likelihood of the held-out
    choices, nats; num_choices; nats, the log-likelihood a choice; normalised_likelihood, e to that; num_steps, after
    which it was stopped; seed."""
    networks: Network
    """Fitted to all trials of each subject (session), as many steps as the inner folds say; leaves (subject, ...)."""
    units: pd.DataFrame
    """Whose they are, a row each."""
    by_fold: Network
    """Those without each outer fold, leaves (subject, fold, ...)."""
    group: Network | None
    """The network fitted to all trials of everybody, for somebody new; None where each was fitted alone."""
    folds: Folds
    """The outer folds."""
    choices: str
    """What they were fitted to: a digest, the same for the same choices."""

    def agent(self, place: int = 0, encoding: Encoding = "stage") -> TwoStepNetworkAgent | BanditNetworkAgent:
        """The network of the subject (session) in row `place` of `units`, as an agent that plays; `encoding` is of the
        two-step task.

        Raises:
            UserError: when there is no such row.
        """
        if not 0 <= place < len(self.units):
            raise UserError(f"`place` must be from 0 to {len(self.units) - 1}, got {place}.")
        network = self.network(place)
        return (
            BanditNetworkAgent(network)
            if isinstance(network, BanditNetwork)
            else TwoStepNetworkAgent(network, encoding)
        )

    def is_of(self, batch: Batch | PullBatch, folds: Folds) -> bool:
        """Whether it was fitted to these choices of these people, with these outer folds."""
        same = self.choices == digest(batch.choices) and np.array_equal(self.folds.number, folds.number)
        return same and self.units.astype(str).equals(batch.units.astype(str))

    def network(self, place: int) -> Network:
        """The network of row `place` of `units`, fitted to all its trials."""
        return jax.tree.map(lambda leaf: jnp.asarray(leaf[place]), self.networks)

    def __repr__(self) -> str:
        if not self.folds.num:
            return f"{self.name} ({self.sharing}): {len(self.units)} subjects"
        per_choice = self.table["log_likelihood"].sum() / self.table["num_choices"].sum()
        count = f"{len(self.units)} subjects, {self.folds.num} outer folds"
        return f"{self.name} ({self.sharing}): {count}, {per_choice:.4f} nats a held-out choice"
