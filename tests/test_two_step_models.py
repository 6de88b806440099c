"""Cognitive models and the ideal observer against plain loops, and the behaviour that tells them apart."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import binomtest, fisher_exact

from prefrontal.agents.two_step import GREEDY, BayesOptimal, Hybrid, RandomChoice, TwoStepAgent
from prefrontal.analysis.behaviour import stay_counts
from prefrontal.configs import TwoStepConfig
from prefrontal.rollouts.episodes import agent_inputs, replay
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.tasks import TwoStep
from prefrontal.tasks.two_step import FIXATE
from prefrontal.trials.table import trial_table

FALSE_ALARM = 1e-6
"""Chance that any one of the tests of frequencies or means here fails a correct model."""
ERRORS = 4.9
"""Standard errors that a mean is further off with a chance of `FALSE_ALARM`."""


@dataclass(frozen=True)
class Trial:
    """A recorded trial."""

    choice: int
    state: int
    reward: int
    spoilt: str = ""
    """Whether the response to the "first" or the "second" stage was invalid."""


def recorded(*, spoilt: bool, num_trials: int = 60) -> list[Trial]:
    rng = np.random.default_rng(5)
    kinds = rng.choice(["", "first", "second"], num_trials, p=[0.6, 0.2, 0.2] if spoilt else [1, 0, 0])
    binary = rng.integers(0, 2, (num_trials, 3))
    return [Trial(*row, str(kind)) for row, kind in zip(binary.tolist(), kinds, strict=True)]


def shown(trials: list[Trial], encoding: str, *, invalid_reward: float) -> list[tuple[list[float], int, float]]:
    """What the encoding makes of the trials: observation, action, reward of every step."""
    rng, steps = np.random.default_rng(6), []
    one_hot = lambda place, size: [float(i == place) for i in range(size)]  # noqa: E731
    before = None
    for trial in trials:
        if encoding == "trial":
            seen = one_hot(0 if before is None else 1 + before.state, 3)
            steps.append((seen, trial.choice, float(trial.reward)))
        elif encoding == "stage":
            steps.append((one_hot(0, 3), trial.choice, 0.0))
            steps.append((one_hot(1 + trial.state, 3), int(rng.integers(2)), float(trial.reward)))
        else:
            cue = int(rng.choice([FIXATE, 0, 1]))
            steps.append((one_hot(0, 4), cue, 0.0 if cue == FIXATE else invalid_reward))
            if trial.spoilt == "first":
                steps.append((one_hot(1, 4), FIXATE, invalid_reward))
                steps.append(([0.0] * 4, int(rng.integers(3)), 0.0))
            elif trial.spoilt == "second":
                steps.append((one_hot(1, 4), trial.choice, 0.0))
                steps.append((one_hot(2 + trial.state, 4), FIXATE, invalid_reward))
            else:
                steps.append((one_hot(1, 4), trial.choice, 0.0))
                steps.append((one_hot(2 + trial.state, 4), int(rng.integers(2)), float(trial.reward)))
        before = trial
    return steps


def choice_logits(model, trials, encoding, *, invalid_reward=-1.0) -> np.ndarray:
    """Logits of the two choices at every first stage of a replay."""
    observation, action, reward = zip(*shown(trials, encoding, invalid_reward=invalid_reward), strict=True)
    record = (jnp.array(observation), jnp.array(action), jnp.array(reward))
    agent = TwoStepAgent(model, encoding)

    @jax.jit
    def play(*record):
        return replay(agent, agent_inputs(*record, 3 if encoding == "fixation" else 2))

    logits = np.asarray(play(*record).logits)
    first_stage = {"trial": slice(None), "stage": slice(0, None, 2), "fixation": slice(1, None, 3)}[encoding]
    others = np.delete(logits, first_stage if encoding != "trial" else [], axis=0)
    check_the_other_cues(others if encoding != "trial" else others[:0], encoding)
    return logits[first_stage, :2]


def check_the_other_cues(logits: np.ndarray, encoding: str) -> None:
    """At a fixation cue only the fixation, at a second stage either choice; nothing else is ever taken."""
    policy = np.asarray(jax.nn.softmax(logits))
    if encoding == "fixation":
        np.testing.assert_array_equal(policy[::2], np.tile(np.eye(3)[FIXATE], (len(policy[::2]), 1)))
        after_blank = policy[1::2][:, FIXATE] == 1
        np.testing.assert_array_equal(policy[1::2][~after_blank], np.tile([0.5, 0.5, 0.0], ((~after_blank).sum(), 1)))
    else:
        np.testing.assert_array_equal(policy, np.full(policy.shape, 0.5))


def hybrid_by_loop(trials, *, first_rate, second_rate, trace, weight, beta, perseveration, common) -> np.ndarray:
    q1, q2, last, logits = [0.0, 0.0], [0.0, 0.0], None, []
    for trial in trials:
        planned = [common * q2[a] + (1 - common) * q2[1 - a] for a in (0, 1)]
        values = [weight * planned[a] + (1 - weight) * q1[a] for a in (0, 1)]
        logits.append([beta * (values[a] + perseveration * (a == last)) for a in (0, 1)])
        if trial.spoilt:
            continue
        a, s, r = trial.choice, trial.state, trial.reward
        d1, d2 = q2[s] - q1[a], r - q2[s]
        q1[a] += first_rate * (d1 + trace * d2)
        q2[s] += second_rate * d2
        last = a
    return np.array(logits)


def bayes_by_loop(trials, *, common, better, worse, reversal, start) -> np.ndarray:
    """Expected reward of each choice, before each trial."""
    p, rewards = start * (1 - reversal) + (1 - start) * reversal, []
    for trial in trials:
        pays = [p * better + (1 - p) * worse, p * worse + (1 - p) * better]
        rewards.append([common * pays[a] + (1 - common) * pays[1 - a] for a in (0, 1)])
        if trial.spoilt:
            continue
        if_0, if_1 = (better, worse) if trial.state == 0 else (worse, better)
        if not trial.reward:
            if_0, if_1 = 1 - if_0, 1 - if_1
        p = if_0 * p / (if_0 * p + if_1 * (1 - p))
        p = p * (1 - reversal) + (1 - p) * reversal
    return np.array(rewards)


ENCODINGS = [("trial", False), ("stage", False), ("fixation", False), ("fixation", True)]
HYBRID = Hybrid(
    first_learning_rate=0.6,
    second_learning_rate=0.3,
    trace=0.7,
    weight=0.4,
    inverse_temperature=3.0,
    perseveration=0.25,
    common_probability=0.7,
)


@pytest.mark.parametrize(("encoding", "spoilt"), ENCODINGS)
def test_hybrid_is_its_equations_in_every_encoding(encoding, spoilt):
    """And a trial spoilt by an invalid response teaches nothing."""
    trials = recorded(spoilt=spoilt)
    expected = hybrid_by_loop(
        trials, first_rate=0.6, second_rate=0.3, trace=0.7, weight=0.4, beta=3.0, perseveration=0.25, common=0.7
    )
    np.testing.assert_allclose(choice_logits(HYBRID, trials, encoding), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("encoding", "spoilt"), ENCODINGS)
@pytest.mark.parametrize("better_state", ["drawn", "second"])
def test_ideal_observer_is_its_equations_in_every_encoding(encoding, spoilt, better_state):
    trials = recorded(spoilt=spoilt)
    config = TwoStepConfig(
        common_probability=0.7,
        better_reward_probability=0.85,
        worse_reward_probability=0.25,
        reversal_probability=0.05,
        better_state=better_state,
    )
    start = {"drawn": 0.5, "second": 0.0}[better_state]
    expected = bayes_by_loop(trials, common=0.7, better=0.85, worse=0.25, reversal=0.05, start=start)
    rewards = choice_logits(BayesOptimal.of_task(config), trials, encoding) / GREEDY
    np.testing.assert_allclose(rewards, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("invalid_reward", [0.0, 0.5])
def test_a_spoilt_trial_teaches_nothing_whatever_it_pays(invalid_reward):
    trials = recorded(spoilt=True)
    as_published = choice_logits(HYBRID, trials, "fixation")
    np.testing.assert_array_equal(
        choice_logits(HYBRID, trials, "fixation", invalid_reward=invalid_reward), as_published
    )


UNINFORMATIVE = TwoStepConfig(better_reward_probability=0.5, worse_reward_probability=0.5, encoding="trial")
"""Rewards tell nothing of the state, so that what a choice owes to the transition is the agent's doing alone."""


def hybrid(weight: float, trace: float) -> Hybrid:
    """A hybrid whose parameters are arrays: one compiled program plays them all."""
    return jax.tree.map(jnp.float32, Hybrid(weight=weight, trace=trace))


def simulated_stays(model) -> dict[str, tuple[int, int]]:
    """(stays, leaves) after each kind of trial."""
    played = evaluate(TwoStepAgent(model, "trial"), TwoStep(UNINFORMATIVE), jax.random.key(0), num_episodes=200)
    event = jax.tree.map(lambda leaf: np.asarray(leaf)[None], played.event)
    counts = stay_counts(trial_table(event, subjects=[0])).loc[0]
    names = counts.index.get_level_values("condition").unique()
    return {name: (counts[name, "stays"], counts[name, "pairs"] - counts[name, "stays"]) for name in names}


def probability(stays: tuple[int, int]) -> float:
    return stays[0] / sum(stays)


def test_a_model_free_agent_stays_by_reward_alone():
    stays = simulated_stays(hybrid(weight=0.0, trace=1.0))
    for outcome in ("rewarded", "unrewarded"):
        table = [stays[f"common_{outcome}"], stays[f"uncommon_{outcome}"]]
        assert fisher_exact(table).pvalue > FALSE_ALARM
    for transition in ("common", "uncommon"):
        assert probability(stays[f"{transition}_rewarded"]) > probability(stays[f"{transition}_unrewarded"]) + 0.2


def test_a_model_based_agent_stays_by_reward_and_transition():
    stays = simulated_stays(hybrid(weight=1.0, trace=0.0))
    assert probability(stays["common_rewarded"]) > probability(stays["uncommon_rewarded"]) + 0.2
    assert probability(stays["uncommon_unrewarded"]) > probability(stays["common_unrewarded"]) + 0.2


def test_a_random_agent_stays_by_chance():
    for stays in simulated_stays(RandomChoice()).values():
        assert binomtest(int(stays[0]), int(sum(stays)), 0.5).pvalue > FALSE_ALARM


def test_a_biased_agent_prefers_choice_1_whatever_happens():
    logits = choice_logits(RandomChoice(bias=1.5), recorded(spoilt=False), "trial")
    np.testing.assert_array_equal(logits, np.tile([0.0, 1.5], (len(logits), 1)))


def ideal_play(num_episodes: int, seed: int) -> tuple[np.ndarray, dict[tuple[bool, bool], np.ndarray]]:
    """The ideal observer playing the paper's task, in NumPy: reward per episode, and stays by (common, rewarded)."""
    rng = np.random.default_rng(seed)
    better = rng.integers(0, 2, num_episodes)
    belief, total = np.full(num_episodes, 0.5), np.zeros(num_episodes)
    stays: dict[tuple[bool, bool], list[np.ndarray]] = {(c, r): [] for c in (True, False) for r in (True, False)}
    last = None
    for _ in range(100):
        better = np.where(rng.random(num_episodes) < 0.025, 1 - better, better)
        choice = np.where(belief == 0.5, rng.integers(0, 2, num_episodes), belief < 0.5)
        if last is not None:
            for (is_common, is_rewarded), kept in stays.items():
                kept.append((choice == last[0])[(last[1] == is_common) & (last[2] == is_rewarded)])
        common = rng.random(num_episodes) < 0.8
        state = np.where(common, choice, 1 - choice)
        rewarded = rng.random(num_episodes) < np.where(state == better, 0.9, 0.1)
        total += rewarded
        if_0 = np.where(rewarded == (state == 0), 0.9, 0.1)
        belief = if_0 * belief / (if_0 * belief + (1 - if_0) * (1 - belief))
        belief = 0.975 * belief + 0.025 * (1 - belief)
        last = (choice, common, rewarded)
    return total, {kind: np.concatenate(kept) for kind, kept in stays.items()}


def test_ideal_observer_earns_and_stays_as_it_should():
    """As an independent simulation, and as a long run of that: 70.587, standard error .003, in 2,000,000 episodes."""
    config = TwoStepConfig()
    agent = TwoStepAgent(BayesOptimal.of_task(config), "fixation")
    played = evaluate(agent, TwoStep(config), jax.random.key(0), num_episodes=1000)
    rewards = np.asarray(played.reward.sum(axis=1))
    error = rewards.std(ddof=1) / np.sqrt(len(rewards))
    assert abs(rewards.mean() - 70.587) < ERRORS * error
    assert not np.any(played.event.missed)
    assert np.all(played.reward >= 0)

    expected, stays = ideal_play(4000, seed=0)
    error = np.hypot(error, expected.std(ddof=1) / np.sqrt(len(expected)))
    assert abs(rewards.mean() - expected.mean()) < ERRORS * error
    event = jax.tree.map(lambda leaf: np.asarray(leaf)[None], played.event)
    counts = stay_counts(trial_table(event, subjects=[0])).loc[0]
    for (common, rewarded), kept in stays.items():
        name = ("common" if common else "uncommon") + ("_rewarded" if rewarded else "_unrewarded")
        pairs, stayed = counts[name, "pairs"], counts[name, "stays"]
        table = [[stayed, pairs - stayed], [kept.sum(), (~kept).sum()]]
        if common == rewarded:
            assert stayed == pairs
            assert kept.all()
        else:
            assert 0.6 < stayed / pairs < 0.75
            assert fisher_exact(table).pvalue > FALSE_ALARM
