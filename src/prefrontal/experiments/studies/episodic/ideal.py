"""The two-step task with cues, played by one who knows its rules and, if it remembers, every trial."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from prefrontal.tasks.episodic_two_step import EpisodicTwoStep, EpisodicTwoStepEvent, EpisodicTwoStepState


@eqx.filter_jit
def play_ideally(
    task: EpisodicTwoStep, key: PRNGKeyArray, *, num_episodes: int, remembers: bool
) -> tuple[Float[Array, "episode trial"], EpisodicTwoStepEvent]:
    """Play by Bayes' rule: with p the chance that state 0 is the better one, g and b the chances of a reward in the
    better state and the other, and h that of a reversal,

        p <- p (1 - h) + (1 - p) h         at the start of a trial
        p <- p P(r | s, 0 better) / (p P(r | s, 0 better) + (1 - p) P(r | s, 1 better))

    after a reward r in state s. The choice is the one that pays more now; what it would tell for later is not counted.

    Arguments:
        task: the task.
        key: random key.
        num_episodes: episodes to play.
        remembers: whether it knows, in a cued trial, which state the trial brought back had reached and what it paid.
            One who does not takes every reward for one of the present.

    Returns:
        Rewards and events of the trials.
    """

    def trial(
        carry: tuple[EpisodicTwoStepState, Float[Array, ""]], key: PRNGKeyArray
    ) -> tuple[tuple[EpisodicTwoStepState, Float[Array, ""]], tuple[Float[Array, ""], EpisodicTwoStepEvent]]:
        state, belief = carry
        to_choice, to_tie = jax.random.split(key)
        reversal = task.reversal_probability
        belief = belief * (1 - reversal) + (1 - belief) * reversal
        better, worse = task.better_reward_probability, task.worse_reward_probability
        pays = jnp.stack([worse + (better - worse) * belief, better + (worse - better) * belief])
        is_cued, place = task.source(state)
        then = (state.reached[place], state.paid[place])
        if remembers:
            pays = jnp.where(is_cued & (jnp.arange(2) == then[0]), then[1].astype(float), pays)
        lead = task.common_probability * pays + (1 - task.common_probability) * pays[::-1]
        choice = jnp.argmax(lead + 1e-6 * jax.random.uniform(to_tie, (2,))).astype(jnp.int32)
        state, reward, event = task.step(state, choice, to_choice)
        state, _, _ = task.step(state, choice, to_tie)  # the outcome, in which nothing is decided
        tells: Bool[Array, ""] = ~(is_cued & (event.state == then[0])) | (not remembers)
        rewards = jnp.where(event.rewarded, jnp.stack([better, worse]), 1 - jnp.stack([better, worse]))
        rewards = jnp.where(
            event.state == 0, rewards, rewards[::-1]
        )  # given that state 0 is the better one, or state 1
        after = belief * rewards[0] / (belief * rewards[0] + (1 - belief) * rewards[1])
        return (state, jnp.where(tells, after, belief)), (reward, event)

    def episode(key: PRNGKeyArray) -> tuple[Float[Array, " trial"], EpisodicTwoStepEvent]:
        to_init, to_trials = jax.random.split(key)
        start = (task.init(to_init), jnp.float32(0.5))
        return jax.lax.scan(trial, start, jax.random.split(to_trials, 2 * task.num_uncued))[1]

    return jax.vmap(episode)(jax.random.split(key, num_episodes))
