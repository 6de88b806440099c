"""Bandit algorithms, cognitive models and ideal observers of Bernoulli bandits, as agents."""

from abc import abstractmethod
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from prefrontal.agents.bandit_tables import gittins_indices, optimal_preferences, preference_place
from prefrontal.agents.base import GREEDY, AbstractAgent, AgentInput, AgentOutput

UNTRIED = 1e3
"""Index of an arm that must be pulled before any that was."""
NUM_PROBABILITIES = 100
"""Chances of a reward over which Thompson sampling integrates its posteriors. They are evenly spaced in arcsin(sqrt p),
where a posterior after n pulls has a standard deviation of about 1 / sqrt(4 n) wherever it lies."""


class AbstractBanditModel(eqx.Module):
    """A model that thinks in pulls: what it believes, how it chooses, how it learns. `BanditAgent` lets it play."""

    @abstractmethod
    def init(self) -> Any:
        """Beliefs before the first pull."""

    @abstractmethod
    def preferences(self, beliefs: Any) -> Float[Array, " action"]:
        """What each arm is worth to it, in a unit of its own, which the model's docstring says: the x in fits of
        softmax(beta x), with a beta that people follow it with (see `prefrontal.fit_bandit_agents`)."""

    @abstractmethod
    def choose(self, beliefs: Any) -> tuple[Float[Array, " action"], Float[Array, ""]]:
        """Logits of the arms as it plays itself, and the reward expected of the best one."""

    @abstractmethod
    def learn(self, beliefs: Any, choice: Int[Array, ""], reward: Float[Array, ""]) -> Any:
        """Beliefs after a pull: its arm, from 0, and its reward."""


class BanditAgent(AbstractAgent):
    """A model that plays a bandit, or is replayed on somebody's choices. Activity: the beliefs, flattened."""

    model: AbstractBanditModel

    @property
    def most_steps(self) -> int | None:
        """The longest episode that the model has answers for; None where there is no longest."""
        return getattr(self.model, "num_trials", None)

    def init(self) -> Any:
        return self.model.init()

    def __call__(self, inputs: AgentInput, state: Any) -> tuple[AgentOutput, Any]:
        choice = jnp.argmax(inputs.previous_action).astype(jnp.int32)
        learned = self.model.learn(state, choice, inputs.previous_reward)
        beliefs = jax.tree.map(lambda new, old: jnp.where(inputs.step > 0, new, old), learned, state)
        logits, value = self.model.choose(beliefs)
        activity = ravel_pytree(beliefs)[0].astype(jnp.float32)
        return AgentOutput(logits=logits, value=value, activity=activity), beliefs


class Counts(eqx.Module):
    """What an arm's pulls have shown: all there is to know of a Bernoulli arm."""

    wins: Float[Array, " action"]
    losses: Float[Array, " action"]

    @property
    def pulls(self) -> Float[Array, " action"]:
        return self.wins + self.losses

    @property
    def means(self) -> Float[Array, " action"]:
        """Posterior means, with uniform priors."""
        return (self.wins + 1) / (self.pulls + 2)


class AbstractCounter(AbstractBanditModel):
    """A model whose beliefs are how often each arm won and lost."""

    num_arms: eqx.AbstractVar[int]

    def init(self) -> Counts:
        return Counts(wins=jnp.zeros(self.num_arms), losses=jnp.zeros(self.num_arms))

    def learn(self, beliefs: Counts, choice: Int[Array, ""], reward: Float[Array, ""]) -> Counts:
        chosen = jax.nn.one_hot(choice, self.num_arms)
        return Counts(wins=beliefs.wins + reward * chosen, losses=beliefs.losses + (1 - reward) * chosen)


class Gittins(AbstractCounter):
    """Pulls the arm of the greatest Gittins index: optimal for independent arms where reward is discounted for ever.

    Preferences: the indices, rewards per pull; NaN after more pulls than it was made for.

    Reference:
        Gittins (1979), J R Stat Soc B 41:148.
    """

    num_arms: int = eqx.field(static=True)
    num_trials: int = eqx.field(static=True)
    indices: Float[Array, "wins losses"]

    def __init__(self, num_trials: int = 100, discount: float = 0.99, num_arms: int = 2):
        """
        Arguments:
            num_trials: the most pulls in an episode.
            discount: of future rewards, 0 to below 1.
            num_arms: arms.
        """
        self.num_arms, self.num_trials = num_arms, num_trials
        self.indices = jnp.array(gittins_indices(num_trials, discount), jnp.float32)

    def preferences(self, beliefs: Counts) -> Float[Array, " action"]:
        indices = self.indices[beliefs.wins.astype(jnp.int32), beliefs.losses.astype(jnp.int32)]
        return jnp.where(beliefs.pulls < self.indices.shape[0], indices, jnp.nan)

    def choose(self, beliefs: Counts) -> tuple[Float[Array, " action"], Float[Array, ""]]:
        return GREEDY * self.preferences(beliefs), jnp.max(beliefs.means)


class UpperConfidenceBound(AbstractCounter):
    r"""Pulls every arm once, then that of the greatest index: its mean reward so far, and a bonus for few pulls.

        index_k = mean_k + sqrt(c ln t / n_k),     t the trial, from 1; n_k the arm's pulls

    c = 2 is UCB1 of Auer et al. (2002). c = 1/2 is what the papers' regret of about 3 on two arms agrees with.
    Preferences: the indices, rewards per pull; 1,000 for an arm not pulled yet.
    """

    num_arms: int = eqx.field(static=True, default=2)
    exploration: float = 0.5
    """c, at least 0."""

    def preferences(self, beliefs: Counts) -> Float[Array, " action"]:
        pulls = jnp.maximum(beliefs.pulls, 1)
        trial = 1 + jnp.sum(beliefs.pulls)
        indices = beliefs.wins / pulls + jnp.sqrt(self.exploration * jnp.log(trial) / pulls)
        return jnp.where(beliefs.pulls == 0, UNTRIED, indices)

    def choose(self, beliefs: Counts) -> tuple[Float[Array, " action"], Float[Array, ""]]:
        return GREEDY * self.preferences(beliefs), jnp.max(beliefs.means)


class Thompson(AbstractCounter):
    r"""Pulls each arm with the probability that it is the best, given what it has seen and uniform priors.

        P(k) = \int f_k(p) \prod_{j \neq k} F_j(p) dp,    f_k, F_k density and CDF of Beta(wins_k + 1, losses_k + 1)

    It does not draw from its posteriors: its preferences and logits are the natural logarithms of these probabilities,
    so that a replay gives the likelihood of choices. The integral is a sum over `NUM_PROBABILITIES` values of p.

    Reference:
        Thompson (1933), Biometrika 25:285.
    """

    num_arms: int = eqx.field(static=True, default=2)

    def preferences(self, beliefs: Counts) -> Float[Array, " action"]:
        angle = jnp.pi / 2 * (jnp.arange(NUM_PROBABILITIES) + 0.5)[:, None] / NUM_PROBABILITIES
        win, loss = 2 * jnp.log(jnp.sin(angle)), 2 * jnp.log(jnp.cos(angle))  # log p and log (1 - p)
        density = jax.nn.softmax((beliefs.wins + 0.5) * win + (beliefs.losses + 0.5) * loss, axis=0)
        below = jnp.cumsum(density, axis=0) - density / 2
        others = jnp.stack([jnp.prod(jnp.delete(below, arm, axis=1), axis=1) for arm in range(self.num_arms)], axis=1)
        is_best = jnp.sum(density * others, axis=0)
        return jnp.log(jnp.maximum(is_best, 1e-30))

    def choose(self, beliefs: Counts) -> tuple[Float[Array, " action"], Float[Array, ""]]:
        return self.preferences(beliefs), jnp.max(beliefs.means)


class BayesOptimal(AbstractCounter):
    """Earns the most that can be earned in an episode of two independent uniform arms, found by dynamic programming.

    Where its two arms are worth the same it takes either. Preferences: 1 for the better arm and -1 for the other, or 0
    for both, without a unit; NaN after more pulls than it was made for. See `optimal_preferences`.
    """

    num_arms: int = eqx.field(static=True)
    num_trials: int = eqx.field(static=True)
    expected_reward: float = eqx.field(static=True)
    """Of an episode, where arms are independent and uniform."""
    better_arm: Int[Array, " place"]
    """1 for the first arm, -1 for the second, 0 for either, by `preference_place`."""

    def __init__(self, num_trials: int = 100):
        """
        Arguments:
            num_trials: pulls in an episode.
        """
        self.num_arms, self.num_trials = 2, num_trials
        better_arm, self.expected_reward = optimal_preferences(num_trials)
        self.better_arm = jnp.array(better_arm)

    def preferences(self, beliefs: Counts) -> Float[Array, " action"]:
        pulls, wins = beliefs.pulls.astype(jnp.int32), beliefs.wins.astype(jnp.int32)
        place = preference_place(jnp.sum(pulls), pulls[0], wins[0], wins[1])
        preference = jnp.where(place < self.better_arm.shape[0], self.better_arm[place].astype(jnp.float32), jnp.nan)
        return jnp.stack([preference, -preference])

    def choose(self, beliefs: Counts) -> tuple[Float[Array, " action"], Float[Array, ""]]:
        return GREEDY * self.preferences(beliefs), jnp.max(beliefs.means)


class StructureOptimal(AbstractCounter):
    """Knows that the two arms pay with p and 1 - p, so that a loss of one is a win of the other.

    It pulls the arm for which there is more evidence; both tell as much, so that being greedy is optimal. Preferences:
    the evidence, pulls that speak for each arm. Its value is that of a uniform p.
    """

    num_arms: int = eqx.field(static=True, default=2)

    def preferences(self, beliefs: Counts) -> Float[Array, " action"]:
        return beliefs.wins + beliefs.losses[::-1]

    def choose(self, beliefs: Counts) -> tuple[Float[Array, " action"], Float[Array, ""]]:
        evidence = self.preferences(beliefs)
        means = (evidence + 1) / (jnp.sum(evidence) + 2)
        return GREEDY * evidence, jnp.max(means)


class RescorlaWagner(AbstractBanditModel):
    r"""Learns values by their prediction errors and chooses by a softmax of them, with lapses.

        Q_k += alpha (r - Q_k) for the arm pulled,     P(k) = (1 - eps) softmax(beta Q)_k + eps / K

    Preferences: the values Q, rewards per pull.

    References:
        Rescorla & Wagner (1972); Wang et al. (2016), section 3.1.4 (the models with lapses).
    """

    num_arms: int = eqx.field(static=True, default=2)
    learning_rate: float | Float[Array, ""] = 0.5
    """alpha, 0 to 1."""
    inverse_temperature: float | Float[Array, ""] = 5.0
    """beta, at least 0."""
    lapse: float | Float[Array, ""] = 0.0
    """eps, 0 to 1."""
    initial_value: float | Float[Array, ""] = 0.5
    """Q before the first pull."""

    def init(self) -> Float[Array, " action"]:
        return jnp.full(self.num_arms, self.initial_value, jnp.float32)

    def preferences(self, beliefs: Float[Array, " action"]) -> Float[Array, " action"]:
        return beliefs

    def choose(self, beliefs: Float[Array, " action"]) -> tuple[Float[Array, " action"], Float[Array, ""]]:
        chosen = jax.nn.log_softmax(self.inverse_temperature * beliefs)
        lapsed = jnp.log(jnp.maximum(jnp.asarray(self.lapse, jnp.float32), 1e-30) / self.num_arms)
        kept = jnp.log(jnp.maximum(1 - jnp.asarray(self.lapse, jnp.float32), 1e-30))
        return jnp.logaddexp(kept + chosen, lapsed), jnp.max(beliefs)

    def learn(
        self, beliefs: Float[Array, " action"], choice: Int[Array, ""], reward: Float[Array, ""]
    ) -> Float[Array, " action"]:
        error = reward - beliefs[choice]
        return beliefs.at[choice].add(self.learning_rate * error)


def bandit_baselines(num_trials: int) -> dict[str, BanditAgent]:
    """The agents that networks on two-armed Bernoulli bandits are held against, by name.

    Arguments:
        num_trials: pulls in an episode.
    """
    return {
        "Gittins": BanditAgent(Gittins(num_trials)),
        "UCB": BanditAgent(UpperConfidenceBound()),
        "Thompson": BanditAgent(Thompson()),
        "Bayes-optimal": BanditAgent(BayesOptimal(num_trials)),
        "structure-optimal": BanditAgent(StructureOptimal()),
    }
