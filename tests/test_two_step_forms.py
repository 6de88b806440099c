"""Blocks and Daw's task: their contracts, their probabilities; and the cognitive models that play them."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import AgentContract, TaskContract
from scipy.stats import binomtest, kstest, norm

from prefrontal.agents.two_step import HybridHBayesDM, LatentState, RewardAsCue, TwoStepAgent, WinStayLoseShift
from prefrontal.configs import BlockTwoStepConfig, DawTwoStepConfig, TwoStepConfig
from prefrontal.configs.block_two_step import AKAM2015, MILLER2017
from prefrontal.errors import UserError
from prefrontal.fitting.simulation import known_of
from prefrontal.tasks import BlockTwoStep, DawTwoStep, TwoStep
from prefrontal.tasks.daw_two_step import reflected

FALSE_ALARM = 1e-6
"""Chance that any one of the tests of frequencies here fails a correct task."""


def assert_frequency(successes: np.ndarray, probability: float) -> None:
    assert successes.size >= 400
    assert binomtest(int(successes.sum()), successes.size, probability).pvalue > FALSE_ALARM


class BlockContract(TaskContract):
    num_episodes = 100

    @pytest.fixture(scope="class")
    @classmethod
    def better(cls, played) -> np.ndarray:
        """Which state was better in each trial, (episode, trial)."""
        return np.asarray(played["event"].better_state)


class TestBlocksOfOneLength(BlockContract):
    task = BlockTwoStep(BlockTwoStepConfig(num_trials=20, shortest_block=7, longest_block=7, encoding="trial"))

    def test_every_block_has_its_length(self, better):
        reversals = np.diff(better, axis=1) != 0
        expected = np.zeros(reversals.shape[1], bool)
        expected[6::7] = True
        np.testing.assert_array_equal(reversals, np.tile(expected, (len(reversals), 1)))

    def test_rewards_are_the_better_states(self, played, better):
        rewarded, state = (np.asarray(getattr(played["event"], name)) for name in ("rewarded", "state"))
        assert_frequency(rewarded[state == better], 0.8)
        assert_frequency(rewarded[state != better], 0.2)

    def test_transitions_are_common_as_often_as_told(self, played):
        assert_frequency(np.asarray(played["event"].common).ravel(), 0.8)


class TestBlocksOfChance(BlockContract):
    task = BlockTwoStep(
        BlockTwoStepConfig(num_trials=30, shortest_block=4, longest_block=8, reversal_probability=0.3, encoding="trial")
    )

    def test_blocks_end_by_chance_between_the_shortest_and_the_longest(self, better):
        lengths = []
        for episode in better:
            places = np.flatnonzero(np.diff(episode)) + 1
            lengths += list(np.diff(np.concatenate([[0], places])))
        lengths = np.array(lengths)
        assert lengths.min() == 4
        assert lengths.max() == 8
        for length in (4, 5, 6):
            assert_frequency(lengths[lengths >= length] == length, 0.3)


class TestBlocksWithFixation(TaskContract):
    task = BlockTwoStep(BlockTwoStepConfig(num_trials=8, shortest_block=3, longest_block=3))

    def test_a_block_counts_trials_and_not_steps(self, played):
        better = np.asarray(played["event"].better_state)[:, ::3]
        reversals = np.diff(better, axis=1) != 0
        assert reversals[:, 2::3].all()
        assert reversals.sum() == reversals[:, 2::3].size


class TestDawTwoStep(TaskContract):
    task = DawTwoStep(DawTwoStepConfig(num_trials=25))
    num_episodes = 200
    counters = ("trial",)

    def test_rewards_are_drawn_from_the_options_own_probability(self, played):
        """Probability integral: of the trials whose option pays with about p, about p are rewarded."""
        event = played["event"]
        done = np.asarray(event.complete)
        state, choice, rewarded = (np.asarray(getattr(event, name))[done] for name in ("state", "choice2", "rewarded"))
        pays = np.asarray(played["state"].reward_probability)[done][np.arange(len(state)), state, choice]
        for low in (0.25, 0.35, 0.45, 0.55, 0.65):
            band = (pays >= low) & (pays < low + 0.1)
            mean = pays[band].mean()
            assert binomtest(int(rewarded[band].sum()), int(band.sum()), mean).pvalue > FALSE_ALARM

    def test_rewards_walk_in_normal_steps_between_the_bounds(self, played):
        walk = np.asarray(played["state"].reward_probability)[:, ::2]
        assert walk.min() >= 0.25
        assert walk.max() <= 0.75
        steps = np.diff(walk, axis=1)
        inside = (walk[:, :-1] > 0.4) & (walk[:, :-1] < 0.6)
        assert kstest(steps[inside], norm(0, 0.025).cdf).pvalue > FALSE_ALARM

    def test_rewards_change_between_trials_only(self, played):
        walk = np.asarray(played["state"].reward_probability)
        np.testing.assert_array_equal(walk[:, 0::2], walk[:, 1::2])

    def test_walks_start_anywhere(self, played):
        first = np.asarray(played["state"].reward_probability)[:, 0].ravel()
        assert kstest((first - 0.25) / 0.5, "uniform").pvalue > FALSE_ALARM

    def test_transitions_are_common_as_often_as_told(self, played):
        event = played["event"]
        done = np.asarray(event.complete)
        common, choice, state = (np.asarray(getattr(event, name))[done] for name in ("common", "choice", "state"))
        assert_frequency(common, 0.7)
        np.testing.assert_array_equal(common, choice == state)


def test_reflection_is_that_of_two_mirrors():
    value = jnp.array([0.25, 0.5, 0.75, 0.2, 0.8, 1.3, -0.35])
    np.testing.assert_allclose(
        reflected(value, jnp.float32(0.25), jnp.float32(0.75)), [0.25, 0.5, 0.75, 0.3, 0.7, 0.3, 0.65], atol=1e-6
    )


class TestHBayesDMOnDawsTask(AgentContract):
    task = DawTwoStep(DawTwoStepConfig(num_trials=20))
    agent = TwoStepAgent(HybridHBayesDM(), "stage")


class TestRewardAsCue(AgentContract):
    task = DawTwoStep(DawTwoStepConfig(num_trials=20))
    agent = TwoStepAgent(RewardAsCue(second_options=2), "stage")


class TestLatentState(AgentContract):
    task = BlockTwoStep(BlockTwoStepConfig(num_trials=20))
    agent = TwoStepAgent(LatentState(), "fixation")


class TestWinStayLoseShift(AgentContract):
    task = TwoStep(TwoStepConfig(num_trials=20, encoding="trial"))
    agent = TwoStepAgent(WinStayLoseShift(), "trial")


def test_latent_state_with_lapses_is_the_papers():
    """With a very large β1 it takes the likelier state's choice, but for lapses: Akam, Costa & Dayan (2015)."""
    model = LatentState(inverse_temperature=1e6, lapse=0.1)
    logits, _ = model.choose(model.learn(model.init(), rewarded_in_state_1()))
    np.testing.assert_allclose(jax.nn.softmax(logits), [0.05, 0.95], rtol=1e-5)


def rewarded_in_state_1():
    from prefrontal.agents.two_step import Trial

    one, zero = jnp.int32(1), jnp.int32(0)
    return Trial(choice=zero, state=one, second_choice=zero, reward=jnp.float32(1.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BlockTwoStepConfig(shortest_block=5, longest_block=4), "`longest_block` must be at least"),
        (lambda: BlockTwoStepConfig(reversal_probability=2.0), "`reversal_probability` must be a probability"),
        (lambda: BlockTwoStepConfig(common_probability=-1.0), "`common_probability` must be a probability"),
        (lambda: DawTwoStepConfig(num_trials=0), "`num_trials` must be a whole number of at least 1, got 0."),
        (lambda: DawTwoStepConfig(walk_deviation=-0.1), "`walk_deviation` must be at least 0, got -0.1."),
        (
            lambda: DawTwoStepConfig(highest_reward_probability=0.2),
            "`highest_reward_probability` must be above `lowest_reward_probability`, got 0.2 and 0.25.",
        ),
    ],
)
def test_wrong_numbers_are_refused(make, message):
    with pytest.raises(UserError, match=re.escape(message)):
        make()


def test_what_a_model_is_to_know_of_blocks():
    """The chance of a reversal that gives blocks of the same mean length."""
    assert known_of(AKAM2015).reversal_probability == pytest.approx(1 / 50)
    assert known_of(MILLER2017).reversal_probability == pytest.approx(
        1 / (10 + 49)
    )  # the trials that fail before the one that ends it: .98 / .02
    between = BlockTwoStepConfig(shortest_block=4, longest_block=8, reversal_probability=0.3)
    lengths, alive = 0.0, 1.0
    for length in range(4, 8):
        lengths += alive * 0.3 * length
        alive *= 0.7
    assert known_of(between).reversal_probability == pytest.approx(1 / (lengths + alive * 8))
    assert isinstance(AKAM2015.make(), BlockTwoStep)
    assert isinstance(DawTwoStepConfig().make(), DawTwoStep)
