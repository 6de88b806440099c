"""Experiments on bandits: who is chosen, what is reported, what is drawn."""

import json
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from shown import check_shown

from prefrontal.agents.bandit_models import BanditAgent, Counts, StructureOptimal, Thompson, UpperConfidenceBound
from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.configs import BanditConfig, InformativeArmConfig, RecurrentConfig, TestConfig
from prefrontal.experiments import find_experiment
from prefrontal.experiments.presets.criteria import BanditCriteria
from prefrontal.experiments.presets.wang2016_bandits import drawn_settings
from prefrontal.experiments.studies import bandits as bandit_results
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.studies.informative_arm import chance_reward, optimal_regrets, search_rewards
from prefrontal.experiments.studies.played import play_test
from prefrontal.learning.group import new_agent
from prefrontal.runs.results import LEARNING

INFORMATIVE = find_experiment("wang2016-informative-arm")
SEARCH = find_experiment("wang2016-bandits")
LEARNED = "variant,seed,episode,reward\n,0,10,5\n,0,20,6\n,1,10,5\n,1,20,7\n"


class AsksThenTakes(AbstractAgent):
    """Pulls the informative arm, reads the target off its reward, and takes it."""

    asks: bool = eqx.field(static=True, default=True)

    def init(self) -> jax.Array:
        return jnp.int32(0)

    def __call__(self, inputs: AgentInput, state: jax.Array) -> tuple[AgentOutput, jax.Array]:
        told = jnp.round(10 * inputs.previous_reward).astype(jnp.int32) - 1
        state = jnp.where(inputs.step == 1, told, state)
        arm = jnp.where((inputs.step == 0) & self.asks, 10, state)
        logits = 1e6 * jax.nn.one_hot(arm, 11)
        return AgentOutput(logits=logits, value=jnp.zeros(()), activity=jnp.zeros(1)), state


@pytest.mark.thorough
def test_who_asks_and_takes_earns_the_optimum_and_passes(tmp_path):
    config = replace(INFORMATIVE.config, test=TestConfig(num_episodes=2_000))
    results = study_of(INFORMATIVE).analyse({"": {0: AsksThenTakes(), 1: AsksThenTakes()}}, config, tmp_path)
    # What asking pays is uniform on .1 to 1: its mean over 2,000 episodes is known to .0065.
    assert results["reward_per_episode"]["mean"] == pytest.approx(20.55, abs=0.03)
    assert results["asks_first"]["mean"] == results["target_after_asking"]["mean"] == 1
    np.testing.assert_allclose(results["regret"]["networks"][0], results["regret"]["optimal"], atol=0.03)
    assert all(verdict["passed"] for verdict in results["verdicts"])
    (tmp_path / LEARNING).write_text(LEARNED)
    drawn = study_of(INFORMATIVE).draw(tmp_path)
    assert [path.suffix for path in drawn] == [".png", ".svg", ".pdf"]
    check_shown(INFORMATIVE, tmp_path)


@pytest.mark.thorough
def test_who_does_not_ask_fails(tmp_path):
    config = replace(INFORMATIVE.config, test=TestConfig(num_episodes=50))
    results = study_of(INFORMATIVE).analyse({"": {0: AsksThenTakes(), 1: AsksThenTakes(asks=False)}}, config, tmp_path)
    assert results["asks_first"]["per_seed"] == [1.0, 0.0]
    assert results["target_after_asking"]["per_seed"] == [1.0, None]
    assert not any(verdict["passed"] for verdict in results["verdicts"])
    assert results["verdicts"][-1]["measured"] == 1
    shares = sum(np.array(results["pulls"][kind]) for kind in ("informative", "target", "other"))
    np.testing.assert_allclose(shares, 1)


def test_references_of_the_informative_arm_by_simulation():
    task, rng = InformativeArmConfig(), np.random.default_rng(0)
    searched, random = [], []
    for _ in range(20_000):
        target = rng.integers(10)
        order = rng.permutation(10)
        searched.append(sum(5.0 if target in order[: trial + 1] else 1.0 for trial in range(5)))
        pays = np.append(np.where(np.arange(10) == target, 5.0, 1.0), 0.1 * (target + 1))
        random.append(pays[rng.integers(0, 11, 5)].sum())
    for expected, rewards in ((search_rewards(task).sum(), searched), (chance_reward(task), random)):
        assert abs(np.mean(rewards) - expected) < 4.9 * np.std(rewards) / np.sqrt(len(rewards))
    assert 25 - optimal_regrets(task).sum() == pytest.approx(task.optimal_reward)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(bandit_results, "NUM_BASELINE_EPISODES", 40)


SHORT = BanditConfig(num_trials=40)
AGENTS = (
    BanditAgent(UpperConfidenceBound(exploration=2.0)),
    BanditAgent(StructureOptimal()),
    BanditAgent(Thompson()),
)


class Alternates(AbstractAgent):
    """Wins nothing by learning: pulls one arm after the other."""

    def init(self) -> Counts:
        return Counts(wins=jnp.zeros(2), losses=jnp.zeros(2))

    def __call__(self, inputs: AgentInput, state: Counts) -> tuple[AgentOutput, Counts]:
        logits = 1e6 * jax.nn.one_hot(inputs.step % 2, 2)
        return AgentOutput(logits=logits, value=jnp.zeros(()), activity=jnp.zeros(1)), state


@pytest.mark.thorough
def test_the_best_are_chosen_in_the_first_half_and_reported_in_the_second(tmp_path, quick):
    settings = dict.fromkeys(("uniform", "medium"), drawn_settings(3))
    published = {"uniform": SEARCH.published["uniform"]}
    experiment = replace(SEARCH, criteria=BanditCriteria(settings, num_best=2), published=published)
    config = replace(experiment.config, task=SHORT, test=TestConfig(num_episodes=60))
    agents = {name: {7: agent} for name, agent in zip(experiment.variants(config), [*AGENTS, *AGENTS], strict=True)}
    agents["medium-01"] = {7: Alternates()}
    results = study_of(experiment).analyse(agents, config, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == results

    uniform, medium = results["chosen"]["uniform"], results["chosen"]["medium"]
    assert [one["variant"] for one in uniform] == ["uniform-01", "uniform-02"]
    assert [one["variant"] for one in medium] == ["medium-02", "medium-00"]
    setting = drawn_settings(3)[1]
    assert (uniform[0]["learning_rate"], uniform[0]["discount"]) == (setting.learning_rate, setting.discount)

    task = replace(config.task, arms="medium").make()
    played = play_test(AGENTS[1], task, config.test.seed, 60)
    assert results["regret"]["uniform"]["medium"]["per_seed"][0] == pytest.approx(played.total_regret[30:].mean())
    assert results["curves"]["uniform"]["networks"][0][-1] == pytest.approx(
        results["regret"]["uniform"]["uniform"]["per_seed"][0]
    )
    verdicts = {verdict["name"].split(":")[0]: verdict for verdict in results["verdicts"]}
    published = verdicts["correlated-trained, on .25/.75"]
    assert published["measured"] == results["regret"]["uniform"]["medium"]["mean"]


@pytest.mark.thorough
def test_networks_are_chosen_like_any_agent(tmp_path, quick):
    experiment = replace(SEARCH, criteria=BanditCriteria({"medium": drawn_settings(3)}, num_best=2), published={})
    config = replace(
        experiment.config, task=SHORT, agent=RecurrentConfig(hidden_size=3), test=TestConfig(num_episodes=8)
    )
    task = SHORT.make()
    agents = {name: {0: new_agent(config.agent, task, 0)} for name in experiment.variants(config)}
    results = study_of(experiment).analyse(agents, config, tmp_path)
    assert len(results["chosen"]["medium"]) == len(results["regret"]["medium"]["medium"]["per_seed"]) == 2


@pytest.mark.thorough
def test_it_is_drawn(tmp_path, quick):
    experiment = replace(
        SEARCH, criteria=replace(SEARCH.criteria, settings=dict.fromkeys(SEARCH.criteria.settings, drawn_settings(2)))
    )
    config = replace(experiment.config, task=SHORT, test=TestConfig(num_episodes=10))
    agents = {name: {0: AGENTS[0]} for name in experiment.variants(config)}
    results = study_of(experiment).analyse(agents, config, tmp_path)
    assert [path.name for path in study_of(experiment).draw(tmp_path)] == ["figure.png", "figure.svg", "figure.pdf"]
    assert set(study_of(experiment).summary(results)) == {f"regret_{arms}" for arms in SEARCH.criteria.settings}
    check_shown(experiment, tmp_path)


def test_every_distribution_is_trained_with_every_setting():
    variants = SEARCH.variants(SEARCH.config)
    for name, config in variants.items():
        arms, number = name.split("-")
        assert config.task.arms == arms
        setting = SEARCH.criteria.settings[arms][int(number)]
        assert (config.train.learning_rate, config.train.discount) == (setting.learning_rate, setting.discount)
    assert len({json.dumps(config.training) for config in variants.values()}) == len(variants)


def test_a_longer_list_of_settings_begins_as_a_shorter_one():
    settings = drawn_settings(200)
    assert settings[:20] == drawn_settings(20)
    rates, discounts = np.array([(setting.learning_rate, setting.discount) for setting in settings]).T
    assert 2e-3 <= rates.min() < 2.5e-3 < 1.6e-2 < rates.max() <= 2e-2
    assert 0.5 <= discounts.min() < 0.55 < 0.9 < discounts.max() <= 0.95
