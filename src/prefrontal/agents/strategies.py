"""What one may do in Harlow's task, half learned or fully: strategies, as agents."""

from collections.abc import Callable, Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Int

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.configs.harlow import HarlowConfig
from prefrontal.errors import UserError, check_choice, check_probability, counted
from prefrontal.tasks.harlow import FIXATE, LEFT, RIGHT

NEVER = -1e6
"""Logit of a response that does not fit what is shown."""


class Seen(eqx.Module):
    """What the trials so far have shown. A trial without a choice shows nothing."""

    objects: Float[Array, "2 feature"]
    """Of the last trial: left, right."""
    choice: Int[Array, ""]
    """`LEFT` or `RIGHT`."""
    rewarded: Bool[Array, ""]
    counts: Float[Array, "2"]
    """Trials in which the rewarded object was on either side: left, right."""

    @property
    def any(self) -> Bool[Array, ""]:
        """Whether there was a trial yet."""
        return jnp.sum(self.counts) > 0

    @property
    def good(self) -> Int[Array, ""]:
        """Where the rewarded object was in the last trial."""
        return jnp.where(self.rewarded, self.choice, 1 - self.choice)


def nothing_seen(object_size: int) -> Seen:
    """What is known as an episode begins."""
    return Seen(jnp.zeros((2, object_size)), jnp.int32(LEFT), jnp.bool_(False), jnp.zeros(2))


def see(
    seen: Seen,
    objects: Float[Array, "2 feature"],
    choice: Int[Array, ""],
    rewarded: Bool[Array, ""],
    counts: Bool[Array, ""],
) -> Seen:
    """What is known after a trial; `counts`: whether a choice was made in it."""
    good = jnp.where(rewarded, choice, 1 - choice)
    after = Seen(objects, choice, rewarded, seen.counts + jax.nn.one_hot(good, 2))
    return jax.tree.map(lambda new, old: jnp.where(counts, new, old), after, seen)


Again = Bool[Array, "2 2"]
"""Whether the object now on one side (first axis: left, right) was on either (second axis) in the last trial."""
Lead = Float[Array, ""]
"""Which side a strategy takes: 1 the right one, -1 the left one, 0 neither."""


def ideal_learner(seen: Seen, again: Again) -> Lead:
    """Chooses the object that it knows to be rewarded, or avoids the one that it knows not to be."""
    return _towards(again @ jnp.where(jnp.arange(2) == seen.good, 1.0, -1.0), seen.any)


def object_win_stay(seen: Seen, again: Again) -> Lead:
    """Chooses the object of its last choice again if that was rewarded. Unrewarded ones teach it nothing."""
    return _towards(again[:, seen.choice].astype(jnp.float32), seen.any & seen.rewarded)


def object_lose_shift(seen: Seen, again: Again) -> Lead:
    """Avoids the object of its last choice if that was not rewarded. Rewarded ones teach it nothing."""
    return -_towards(again[:, seen.choice].astype(jnp.float32), seen.any & ~seen.rewarded)


def familiarity(seen: Seen, again: Again) -> Lead:
    """Chooses the object that was there in the last trial, when the other was not. It takes no notice of rewards."""
    return _towards(jnp.any(again, axis=1).astype(jnp.float32), seen.any)


def side_bias(seen: Seen, again: Again) -> Lead:
    """Prefers a side, the same in all trials."""
    return jnp.ones(())


def side_win_stay(seen: Seen, again: Again) -> Lead:
    """Chooses the side where the last reward was: stays after a reward, and shifts after none."""
    return jnp.where(seen.any, 2.0 * seen.good - 1, 0.0)


def alternation(seen: Seen, again: Again) -> Lead:
    """Takes the two sides in turn."""
    return jnp.where(seen.any, 1 - 2.0 * seen.choice, 0.0)


def position_counting(seen: Seen, again: Again) -> Lead:
    """Chooses the side where the rewarded object has been less often. It takes no notice of what the objects are.

    Where sides are balanced within an episode, this is the best that can be done without looking: of six trials it
    wins 4.1, .5 .6 .6 .7 .7 and 1 of them.
    """
    return jnp.sign(seen.counts[LEFT] - seen.counts[RIGHT])


STRATEGIES: Mapping[str, Callable[[Seen, Again], Lead]] = {
    "ideal learner": ideal_learner,
    "object win-stay": object_win_stay,
    "object lose-shift": object_lose_shift,
    "familiarity": familiarity,
    "side bias": side_bias,
    "side win-stay": side_win_stay,
    "alternation": alternation,
    "position counting": position_counting,
}
"""By name: which side each takes, of what it has seen and what is there again."""


def leads(seen: Seen, again: Again) -> Float[Array, " strategy"]:
    """Of all `STRATEGIES`, in their order."""
    return jnp.stack([strategy(seen, again) for strategy in STRATEGIES.values()])


class StrategyState(eqx.Module):
    """What a strategy remembers from step to step."""

    seen: Seen
    objects: Float[Array, "2 feature"]
    """Shown in the last step."""
    chose: Bool[Array, ""]
    """Whether that step was one to choose in."""


class StrategyAgent(AbstractAgent):
    r"""A strategy that plays Harlow's task (vectors), or is replayed on somebody's choices.

    It fixates when the cross is shown. Else, with a lapse rate eps and its lead (see `STRATEGIES`),

        P(right) = 1 - eps, 1/2 or eps     for a lead of 1, 0 or -1

    Activity: what it has seen, flattened.

    Example:
        >>> task = pf.Harlow(pf.HarlowConfig())
        >>> player = pf.StrategyAgent("ideal learner", pf.HarlowConfig())
        >>> played = pf.evaluate(player, task, jax.random.key(0), num_episodes=100)
        >>> played.event.rewarded[:, 3::2].mean().item()
        1.0
    """

    place: Int[Array, ""]
    """Which of `STRATEGIES` it follows. One program plays them all."""
    object_size: int = eqx.field(static=True)
    lapse: Float[Array, ""]
    """eps, 0 to 1."""
    tolerance: Float[Array, ""]
    """Squared distance within which two views are of one object."""

    def __init__(self, strategy: str, config: HarlowConfig, *, lapse: float = 0.0):
        """
        Arguments:
            strategy: the name of one of `STRATEGIES`.
            config: the task that it plays.
            lapse: eps, 0 to 1.

        Raises:
            UserError: when there is no such strategy, or `lapse` is no probability.
        """
        check_choice("strategy", strategy, list(STRATEGIES))
        check_probability("lapse", lapse)
        self.place = jnp.int32(list(STRATEGIES).index(strategy))
        self.object_size = config.object_size
        self.lapse = jnp.float32(lapse)
        self.tolerance = jnp.float32(tolerance_of(config))

    def init(self) -> StrategyState:
        blank = nothing_seen(self.object_size)
        return StrategyState(seen=blank, objects=blank.objects, chose=jnp.bool_(False))

    def __call__(self, inputs: AgentInput, state: StrategyState) -> tuple[AgentOutput, StrategyState]:
        if inputs.observation.shape != (1 + 2 * self.object_size,):
            raise UserError(
                f"`task` must be Harlow's with objects of {counted(self.object_size, 'number')}, as the strategy's "
                f"config says, got observations of shape {inputs.observation.shape}. Give that task to both."
            )
        action = jnp.argmax(inputs.previous_action).astype(jnp.int32)
        answered = state.chose & (action != FIXATE)
        choice = jnp.minimum(action, RIGHT)
        seen = see(state.seen, state.objects, choice, inputs.previous_reward > 0, answered)
        objects, chooses = inputs.observation[1:].reshape(2, self.object_size), inputs.observation[0] == 0
        lead = leads(seen, same_objects(objects, seen.objects, self.tolerance))[self.place]
        right = jnp.where(lead == 0, 0.5, jnp.where(lead > 0, 1 - self.lapse, self.lapse))
        sides = jnp.maximum(jnp.log(jnp.stack([1 - right, right])), NEVER)
        logits = jnp.where(chooses, jnp.append(sides, NEVER), jnp.array([NEVER, NEVER, 0.0]))
        state = StrategyState(seen=seen, objects=objects, chose=chooses)
        activity = ravel_pytree(seen)[0].astype(jnp.float32)
        return AgentOutput(logits=logits, value=jnp.zeros(()), activity=activity), state


def tolerance_of(config: HarlowConfig) -> float:
    """Squared distance within which two views are of one object: three times what noise makes of it, on average."""
    return 1e-6 + 6 * config.object_size * config.observation_noise**2


def same_objects(
    now: Float[Array, "2 feature"], before: Float[Array, "2 feature"], tolerance: Float[Array, ""] | float
) -> Again:
    """Whether the object on one side `now` (first axis) is the one that was on either side `before` (second axis)."""
    return jnp.sum((now[:, None] - before[None]) ** 2, axis=-1) <= tolerance


def _towards(worth: Float[Array, "2"], known: Bool[Array, ""]) -> Float[Array, ""]:
    """The lead of one who goes where it is worth more."""
    return jnp.where(known, jnp.sign(worth[RIGHT] - worth[LEFT]), 0.0)
