"""The experiments on episodic memory, with agents whose behaviour is known in the networks' place."""

import re
from dataclasses import replace
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from shown import check_shown

from prefrontal.agents.base import AbstractAgent, AgentOutput
from prefrontal.agents.memory import Dictionary
from prefrontal.configs import CuedBanditConfig, EpisodicTwoStepConfig, RecurrentConfig, TestConfig
from prefrontal.errors import UserError
from prefrontal.experiments import find_experiment
from prefrontal.experiments.presets.with_memory import with_and_without
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.studies.episodic.forgetful import best_without_memory
from prefrontal.experiments.studies.episodic.ideal import play_ideally
from prefrontal.experiments.studies.episodic.two_step import model_based, stays
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.runs.results import LEARNING
from prefrontal.tasks.episodic_two_step import EpisodicTwoStepEvent

LEARNED = "".join(
    ["variant,seed,episode,reward\n"]
    + [f"{name},{seed},{n},{n}\n" for name in ("memory", "no-memory") for seed in (0, 1) for n in (10, 20)]
)


class Tally(eqx.Module):
    """What an agent knows of a problem, of all problems before, and what it saw and did last."""

    known: jax.Array
    memory: Dictionary
    context: jax.Array
    seen: jax.Array


class Remembers(AbstractAgent):
    """Goes by a tally of what paid, of this episode and, if it remembers, of the one before with the same barcode."""

    num_actions: int
    num_known: int
    num_seen: int
    remembers: bool

    def init(self):
        nothing = Dictionary.empty(20, 20, self.num_known)
        return Tally(jnp.zeros(self.num_known), nothing, jnp.zeros(20), jnp.zeros(self.num_seen))

    def restart(self, state, inputs):
        if not self.remembers:
            return self.init()
        known = state.known + self.learned(state, inputs)
        return replace(self.init(), memory=state.memory.write(state.context, known, jnp.bool_(True)))

    def __call__(self, inputs, state):
        context = jnp.where(jnp.any(inputs.observation[-20:] != 0), inputs.observation[-20:], state.context)
        known = state.known + jnp.where(inputs.step > 0, self.learned(state, inputs), state.memory.read(context, 0.99))
        state = Tally(known, state.memory, context, inputs.observation[: self.num_seen])
        return AgentOutput(30 * self.logits(known, inputs), jnp.zeros(()), jnp.zeros(2)), state

    def learned(self, state, inputs):
        """On cued bandits: a point for the arm that paid, one less for an arm that did not."""
        return (2 * inputs.previous_reward - 1) * inputs.previous_action

    def logits(self, known, inputs):
        return known


class RemembersObjects(Remembers):
    """In Harlow's task the tally is a vector, of which the better object has the larger part."""

    def learned(self, state, inputs):
        size = self.num_known
        chosen = inputs.previous_action[:2] @ state.seen[1:].reshape(2, size)
        return jnp.where(jnp.abs(inputs.previous_reward) == 1, inputs.previous_reward, 0.0) * chosen

    def logits(self, known, inputs):
        left_right = inputs.observation[1 : 1 + 2 * self.num_known].reshape(2, self.num_known) @ known
        return jnp.append(left_right, jnp.where(inputs.observation[0] > 0, 10.0, -10.0))


def measured(name: str, agents: Any, folder, num_episodes: int) -> dict[str, Any]:
    experiment = find_experiment(name)
    config = replace(experiment.config, test=TestConfig(num_episodes=num_episodes))
    (folder / LEARNING).write_text(LEARNED)
    return study_of(experiment).analyse(agents, config, folder, Subjects())


def told(results: dict[str, Any]) -> dict[str, Any]:
    return {verdict["name"]: verdict["passed"] for verdict in results["verdicts"]}


def both(agents: Any) -> Any:
    return {name: {0: agents[name], 1: agents[name]} for name in ("memory", "no-memory")}


def swapped(agents: Any) -> Any:
    return {"memory": agents["no-memory"], "no-memory": agents["memory"]}


class TestCuedBandits:
    made: ClassVar = {"memory": Remembers(10, 10, 20, True), "no-memory": Remembers(10, 10, 20, False)}

    @pytest.mark.thorough
    def test_who_remembers_passes_and_who_does_not_fails(self, tmp_path):
        right = measured("ritter2018-cued-bandits", both(self.made), tmp_path, 2_000)
        assert set(told(right).values()) == {True, None}, right["verdicts"]
        assert right["bounds"]["best_without_memory"] == pytest.approx(0.4436, abs=1e-4)
        assert right["reward_per_pull"]["memory"]["last"]["mean"] > 0.8
        assert right["reward_per_pull"]["no-memory"]["last"]["mean"] < right["bounds"]["best_without_memory"] + 0.02
        check_shown(find_experiment("ritter2018-cued-bandits"), tmp_path)
        wrong = measured("ritter2018-cued-bandits", both(swapped(self.made)), tmp_path, 400)
        assert told(wrong)["first pull, last time met, memory > 0.54"] is False
        assert told(wrong)["first pull, no-memory, within .05 of 0.18"] is False

    def test_the_best_without_memory_by_all_histories(self):
        """A plain recursion over ordered histories, each with its posterior by Bayes' rule."""

        def by_hand(task, history, left):
            if not left:
                return []
            weights = np.ones(task.num_arms)
            for arm, paid in history:
                for good in range(task.num_arms):
                    chance = task.good_probability if arm == good else task.bad_probability
                    weights[good] *= chance if paid else 1 - chance
            weights /= weights.sum()
            plans = []
            for arm in range(task.num_arms):
                pays = task.bad_probability + (task.good_probability - task.bad_probability) * weights[arm]
                plan = np.zeros(left - 1)
                for paid, probability in ((1, pays), (0, 1 - pays)):
                    if probability > 0:
                        plan += probability * np.array(by_hand(task, [*history, (arm, paid)], left - 1))
                plans.append([pays, *plan])
            return max(plans, key=sum)

        for task in (
            CuedBanditConfig(num_arms=2, num_trials=4),
            CuedBanditConfig(num_arms=3, num_trials=4, good_probability=0.7, bad_probability=0.2),
            CuedBanditConfig(num_arms=4, num_trials=3, good_probability=1.0, bad_probability=0.0),
        ):
            found = best_without_memory(task)
            assert found is not None
            assert found.sum() == pytest.approx(sum(by_hand(task, [], task.num_trials)))
            assert found[0] == pytest.approx(task.blind_reward)
        assert best_without_memory(CuedBanditConfig(num_trials=13)) is None


@pytest.mark.thorough
def test_episodic_harlow(tmp_path):
    """Who remembers the better object is right at once; who does not, half of the time."""
    made: ClassVar = {"memory": RemembersObjects(3, 8, 17, True), "no-memory": RemembersObjects(3, 8, 17, False)}
    results = measured("episodic-harlow", both(made), tmp_path, 400)
    assert set(told(results).values()) == {True}
    assert results["accuracy"]["memory"]["trial_1_again"]["mean"] > 0.98
    assert results["accuracy"]["memory"]["trial_1_first"]["mean"] == pytest.approx(0.5, abs=0.2)
    check_shown(find_experiment("episodic-harlow"), tmp_path)
    wrong = told(measured("episodic-harlow", both(swapped(made)), tmp_path, 200))
    assert [*wrong.values()][:3] == [False] * 3


class RemembersTrials(AbstractAgent):
    """In the two-step task with cues: goes for the state that the trial brought back had reached if it paid, for the
    other if it did not; in the uncued half, and if it remembers nothing, at random."""

    remembers: bool

    def init(self):
        return Dictionary.empty(50, 20, 2)

    def __call__(self, inputs, state):
        seen, barcode = inputs.observation[:4], inputs.observation[4:]
        known = state.read(barcode, 0.99) * seen[0] * self.remembers
        outcome = (2 * inputs.previous_reward - 1) * seen[1:3]
        state = state.write(barcode, outcome, seen[0] == 0)
        return AgentOutput(100 * known, jnp.zeros(()), jnp.zeros(2)), state


class TestEpisodicTwoStep:
    @pytest.mark.thorough
    def test_who_remembers_goes_by_the_trial_brought_back(self, tmp_path):
        made = {"memory": RemembersTrials(True), "no-memory": RemembersTrials(False)}
        results = measured("ritter2018-episodic-two-step", both(made), tmp_path, 100)
        verdicts = told(results)
        assert verdicts["episodic, model-based, memory > 0.1"] is True
        assert verdicts["reward of a cued trial, memory less no-memory > 0"] is True
        stay = {bars: [kind["mean"] for kind in of.values()] for bars, of in results["stay"]["memory"].items()}
        np.testing.assert_allclose(stay["episodic"], [1, 0, 0, 1], atol=0.005)  # two barcodes may be alike
        np.testing.assert_allclose(stay["incremental_uncued"], 0.5, atol=0.1)
        np.testing.assert_allclose(results["reward"]["no-memory"]["cued"]["mean"], 0.5, atol=0.05)
        check_shown(find_experiment("ritter2018-episodic-two-step"), tmp_path)
        wrong = told(measured("ritter2018-episodic-two-step", both(swapped(made)), tmp_path, 100))
        assert wrong["episodic, model-based, memory > 0.1"] is False

    @pytest.mark.parametrize("remembers", [True, False])
    def test_the_ideal_player_by_the_forward_algorithm(self, remembers):
        """Every choice of it again, from what it saw, over both hypotheses one by one."""
        config = EpisodicTwoStepConfig(
            num_trials=20, common_probability=0.8, better_reward_probability=0.7, worse_reward_probability=0.2
        )
        reward, event = jax.tree.map(
            np.asarray, play_ideally(config.make(), jax.random.key(0), num_episodes=40, remembers=remembers)
        )
        np.testing.assert_array_equal(reward, event.rewarded)
        for episode in range(40):
            chance = {0: 0.5, 1: 0.5}
            for trial in range(20):
                chance = {s: 0.9 * chance[s] + 0.1 * chance[1 - s] for s in (0, 1)}
                pays = [0.7 * chance[s] + 0.2 * chance[1 - s] for s in (0, 1)]
                source, cued = event.source[episode, trial], trial >= 10
                then = event.state[episode, source] if cued and remembers else None
                if then is not None:
                    pays[then] = float(event.rewarded[episode, source])
                lead = [0.8 * pays[a] + 0.2 * pays[1 - a] for a in (0, 1)]
                if abs(lead[0] - lead[1]) > 1e-4:
                    assert event.choice[episode, trial] == int(lead[1] > lead[0])
                state, paid = event.state[episode, trial], event.rewarded[episode, trial]
                if state != then:
                    likely = {s: 0.7 if state == s else 0.2 for s in (0, 1)}
                    weights = {s: chance[s] * (likely[s] if paid else 1 - likely[s]) for s in (0, 1)}
                    chance = {s: weight / sum(weights.values()) for s, weight in weights.items()}

    def test_stays_are_counted_by_the_trial_they_refer_to(self):
        """Two uncued trials and two cued, which bring back the second and the first."""
        rows = {
            "choice": [0, 1, 1, 1],
            "rewarded": [True, False, True, False],
            "common": [True, False, True, True],
            "source": [0, 1, 1, 0],
            "cued": [False, False, True, True],
        }
        nothing = np.zeros(4, int)
        columns = {**rows, "trial": nothing, "complete": nothing > 0, "state": nothing, "better_state": nothing}
        arrays = {name: jnp.asarray(np.array([values])) for name, values in columns.items()}
        event = jax.tree.map(np.asarray, EpisodicTwoStepEvent(**arrays))
        found = stays(event)
        np.testing.assert_array_equal(found["incremental_uncued"], [0, np.nan, np.nan, np.nan])
        np.testing.assert_array_equal(found["incremental_cued"], [1, np.nan, np.nan, np.nan])
        np.testing.assert_array_equal(found["episodic"], [0, np.nan, np.nan, 1])
        np.testing.assert_array_equal(model_based(np.array([[1.0, 0, 0, 1], [0.9, 0.9, 0.2, 0.2]])), [1, 0])


def test_networks_differ_in_their_memory_alone():
    config = find_experiment("episodic-harlow").config
    variants = with_and_without(config, None)
    assert [variant.agent.retrieval for variant in variants.values()] == [True, False]
    assert replace(variants["no-memory"], agent=config.agent) == variants["memory"] == config
    message = "`agent` must be an EpisodicConfig, whose retrieval is varied here, got a RecurrentConfig. Give one."
    with pytest.raises(UserError, match=re.escape(message)):
        with_and_without(replace(config, agent=RecurrentConfig()), None)
