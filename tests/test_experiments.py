"""Experiments: found by name, held against the paper, and the ideal they are compared with."""

import dataclasses
import json
import math
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.analysis.behaviour import stay_probability
from prefrontal.commands.options import parse
from prefrontal.commands.settings import sweep_settings
from prefrontal.configs import ActorCriticConfig, RecurrentConfig, RiskConfig, TestConfig, TrainConfig, TwoStepConfig
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError
from prefrontal.experiments import EXPERIMENTS, ExperimentConfig, find_experiment
from prefrontal.experiments.drawing import draw_results
from prefrontal.experiments.studies import Study, study_of
from prefrontal.experiments.studies.two_step import (
    NUM_IDEAL_EPISODES,
    _verdicts,
    ideal_behaviour,
)
from prefrontal.experiments.workflow import evaluate_run, train_run
from prefrontal.learning.group import new_learner
from prefrontal.runs.results import read_results
from prefrontal.trials.table import read_table

WANG2018 = find_experiment("wang2018-two-step")
NEAR = {"common_rewarded": 0.97, "uncommon_rewarded": 0.6, "common_unrewarded": 0.6, "uncommon_unrewarded": 0.97}


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.mark.parametrize("name", ["wang2018-two", "wang-2018-two-steps", "WANG2018-TWO-STEP"])
def test_an_unknown_experiment_is_refused_with_the_nearest(name: str) -> None:
    with pytest.raises(UserError) as refusal:
        find_experiment(name)
    assert str(refusal.value) == (
        f"`experiment` must be one of {', '.join(EXPERIMENTS)}, got {name}. Did you mean wang2018-two-step? "
        "`prefrontal list` tells about each."
    )


def test_experiments_go_by_their_names() -> None:
    for name, experiment in EXPERIMENTS.items():
        assert experiment.name == name
        assert find_experiment(name) is experiment
        assert experiment.folder(experiment.config, Path("mine")) == Path("mine")
        assert experiment.folder(experiment.config).parent == Path("runs") / name


def test_the_test_is_no_part_of_what_a_run_depends_on() -> None:
    config = WANG2018.config
    tested_longer = replace(config, test=TestConfig(num_episodes=1_000, seed=5))
    assert WANG2018.folder(tested_longer) == WANG2018.folder(config)
    for other in (
        replace(config, task=TwoStepConfig(num_trials=20)),
        replace(config, agent=RecurrentConfig(hidden_size=47)),
        replace(config, train=TrainConfig(unroll=60, discount=0.8)),
    ):
        assert WANG2018.folder(other) != WANG2018.folder(config)


def test_an_unroll_that_does_not_divide_the_episode_is_refused_with_those_that_do() -> None:
    with pytest.raises(UserError) as refusal:
        replace(WANG2018.config, train=TrainConfig(unroll=70))
    assert str(refusal.value) == "`unroll` must divide the 300 steps of an episode, got 70. Near it are 50, 60, 75."


def test_wang2018_is_the_simulation_of_the_paper() -> None:
    # Wang et al. (2018), Figure 5c; Methods, "Simulation 4" and the general parameters.
    assert {name: number.value for name, number in WANG2018.published.items()} == {
        "common_rewarded": 0.989,
        "uncommon_rewarded": 0.638,
        "common_unrewarded": 0.621,
        "uncommon_unrewarded": 0.988,
    }
    assert {number.source for number in WANG2018.published.values()} == {"Wang et al. (2018), Figure 5c"}
    assert {number.tolerance for number in WANG2018.published.values()} == {0.06}
    config = WANG2018.config
    task, agent, train, test = config.task, config.agent, config.train, config.test
    assert (task.num_trials, task.encoding, task.invalid_reward) == (100, "fixation", -1.0)
    assert (task.common_probability, task.reversal_probability) == (0.8, 0.025)
    assert (task.better_reward_probability, task.worse_reward_probability) == (0.9, 0.1)
    assert (agent.hidden_size, agent.initial_state, agent.time_input) == (48, "learned", "none")
    assert (train.num_episodes, train.learning_rate, train.discount) == (10_000, 7e-4, 0.9)
    assert (train.value_cost, train.entropy_cost) == (0.05, 0.05)
    assert (test.num_episodes, len(WANG2018.seeds)) == (300, 8)


@pytest.mark.parametrize(
    ("name", "steps", "episodes", "test_episodes", "num_seeds", "stays"),
    [
        ("reference-final", 100, 20_000, 300, 8, (0.94, 0.71, 0.59, 0.95)),
        ("reference-first-try", 200, 194_000, 300, 4, (0.998, 0.693, 0.669, 0.999)),
        ("reference-arxiv", 20, 40_000, 3_000, 8, (0.979, 0.53, 0.557, 0.955)),
    ],
)
def test_the_reference_is_in_its_own_form(name, steps, episodes, test_episodes, num_seeds, stays) -> None:
    # mtrazzi/two-step-task, commit c0cc2f5, the three notebooks. Its clock counts two stages a trial.
    experiment = find_experiment(name)
    config = experiment.config
    task, agent, train = config.task, config.agent, config.train
    assert tuple(number.value for number in experiment.published.values()) == stays
    assert (task.num_steps, train.unroll_for(task.num_steps), train.num_episodes) == (steps, steps, episodes)
    assert (config.test.num_episodes, len(experiment.seeds)) == (test_episodes, num_seeds)
    assert (task.better_reward_probability, task.worse_reward_probability) == (0.9, 0.1)
    short = name == "reference-arxiv"
    assert task.common_probability == (0.75 if short else 0.8)
    assert (task.reversal_probability, task.better_state) == ((0.0, "drawn") if short else (0.025, "carried"))
    assert (agent.hidden_size, agent.initial_state, agent.head_bias) == (48, "zero", False)
    assert (agent.time_input, agent.time_per_step * steps) == ("raw", 2 * task.num_trials)
    assert (agent.first_previous_action, agent.forget_bias, agent.kernel_initialiser) == ("first", 1, "glorot-uniform")
    assert (agent.policy_scale, agent.value_scale) == (0.01, 1.0)
    assert (train.learning_rate, train.discount, train.value_cost, train.entropy_cost) == (7e-4, 0.9, 0.05, 0.05)
    assert (train.optimiser, train.max_gradient_norm, train.log_epsilon) == ("rmsprop-tf1", 999.0, 1e-7)
    assert train.time_shift == 1


def test_wang2016_is_the_experiment_of_the_paper() -> None:
    # Wang et al. (2016), Experiment 5; its Figure 5c is of the first trial of an episode.
    experiment = find_experiment("wang2016-two-step")
    task = experiment.config.task
    assert (task.num_trials, task.num_steps, task.encoding) == (10, 20, "stage")
    assert (task.common_probability, task.reversal_probability, task.better_state) == (0.75, 0.0, "drawn")
    assert [number.value for number in experiment.criteria.published_first.values()] == [1.0, 0.0, 0.0, 0.96]
    assert find_experiment("reference-arxiv").criteria.published_first == experiment.criteria.published_first


def test_the_ideal_of_the_first_trial_is_that_of_the_paper() -> None:
    # One trial tells which choice is better, and an agent that knows the transitions acts on it at once.
    ideal = ideal_behaviour(find_experiment("wang2016-two-step").config.task, trials="first")
    assert [ideal[measure] for measure in TRIAL_KINDS] == [1.0, 0.0, 0.0, 1.0]


def test_options_that_came_later_are_recorded_when_they_are_used() -> None:
    plain, config = WANG2018.config.training, WANG2018.config
    assert "time_shift" not in plain["train"]
    assert "first_previous_action" not in plain["agent"]
    used = replace(config, train=replace(config.train, time_shift=1)).training
    assert used["train"] == {**plain["train"], "time_shift": 1}
    named = dataclasses.fields(config.train)
    later = {"log_epsilon", "time_shift", "episodes_per_update", "average_last"}
    assert {field.name for field in named} - set(plain["train"]) == later


def test_references_of_the_papers_task_are_exact() -> None:
    task = TwoStepConfig()
    assert task.chance_reward == pytest.approx(50.0)
    assert task.oracle_reward == pytest.approx(100 * (0.8 * 0.9 + 0.2 * 0.1))


def test_the_ideal_agent_earns_what_it_is_known_to() -> None:
    ideal = ideal_behaviour(TwoStepConfig())
    # 70.69 and (1, .67, .66, 1) come from an independent NumPy simulation of the Bayes-optimal agent. The total reward
    # of an episode has a standard deviation of 4.8; the standard errors of the stays are at most .005.
    standard_error = 4.8 / math.sqrt(NUM_IDEAL_EPISODES)
    assert ideal["reward"] == pytest.approx(70.69, abs=3 * standard_error)
    assert [ideal[measure] for measure in TRIAL_KINDS] == pytest.approx([1.0, 0.67, 0.66, 1.0], abs=0.02)


def test_the_ideal_does_not_depend_on_how_the_task_is_shown() -> None:
    short = TwoStepConfig(num_trials=10)
    shown_otherwise = TwoStepConfig(num_trials=10, encoding="stage", better_state="carried")
    assert ideal_behaviour(shown_otherwise) == ideal_behaviour(short)


def test_verdicts_are_whether_a_mean_is_within_the_tolerance() -> None:
    stay = {**NEAR, "uncommon_rewarded": 0.638 - 0.0599, "common_unrewarded": 0.621 + 0.0601}
    verdicts = {verdict["name"]: verdict for verdict in _verdicts(WANG2018, np.array([66.0, 70.0, 65.9]), stay, {})}
    assert {name: verdict["passed"] for name, verdict in verdicts.items()} == {
        "stay, common rewarded": True,
        "stay, uncommon rewarded": True,
        "stay, common unrewarded": False,
        "stay, uncommon unrewarded": True,
        "seeds with reward ≥ 66": False,
    }
    assert verdicts["stay, common unrewarded"] == {
        "name": "stay, common unrewarded",
        "published": 0.621,
        "measured": 0.621 + 0.0601,
        "tolerance": 0.06,
        "passed": False,
    }
    learned = verdicts["seeds with reward ≥ 66"]
    assert (learned["of"], learned["measured"]) == (3, 2)


def test_verdicts_when_all_learn_and_when_nothing_was_measured() -> None:
    assert all(verdict["passed"] for verdict in _verdicts(WANG2018, np.array([66.0, 70.0]), NEAR, {}))
    nothing = _verdicts(WANG2018, np.array([70.0]), dict.fromkeys(TRIAL_KINDS, math.nan), {})
    assert [verdict["passed"] for verdict in nothing] == [False, False, False, False, True]


@pytest.mark.thorough
def test_an_analysis_writes_what_it_returns_and_null_for_what_cannot_be_measured(tmp_path: Path) -> None:
    config = ExperimentConfig(
        task=TwoStepConfig(num_trials=1, encoding="trial"),
        agent=RecurrentConfig(hidden_size=3),
        test=TestConfig(num_episodes=5),
    )
    agents = {seed: RecurrentAgent(config.agent, config.task.make(), key=jax.random.key(seed)) for seed in (4, 2)}
    results = study_of(WANG2018).analyse({"": agents}, config, tmp_path)
    text = (tmp_path / "results.json").read_text()
    assert json.loads(text, parse_constant=refuse_constant) == results == read_results(tmp_path)
    assert results["seeds"] == [4, 2]
    for part in results["stay_probability"].values():
        assert part["per_seed"] == [None, None]
        assert (part["mean"], part["bayes_optimal"], part["interval95"]) == (None, None, [None, None])
    reward = results["reward_per_episode"]
    table = read_table(tmp_path / "trials.csv")
    assert table.groupby("subject", sort=False)["reward"].sum().to_dict() == {
        seed: pytest.approx(5 * mean) for seed, mean in zip((4, 2), reward["per_seed"], strict=True)
    }
    assert (reward["chance"], reward["oracle"]) == (pytest.approx(0.5), pytest.approx(0.74))
    assert stay_probability(table).isna().all(axis=None)


def test_results_that_are_missing_or_broken_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"results.json` must be there, got a run not evaluated yet\. Evaluate it"):
        read_results(tmp_path)
    (tmp_path / "results.json").write_text('{"experiment": "wang')
    with pytest.raises(UserError, match=r"results.json` must be readable JSON, got .* Evaluate the run again\."):
        read_results(tmp_path)
    (tmp_path / "results.json").write_text("{}")
    with pytest.raises(UserError, match=r"results.json` must hold reward_per_episode, seeds, got"):
        read_results(tmp_path, ("seeds", "reward_per_episode"))


def config_of(name: str, *options: str) -> ExperimentConfig:
    """What the command line makes of the options."""
    return parse("train", find_experiment(name), options).config


def test_an_actor_shares_the_discount_of_training_in_a_sweep_too() -> None:
    """Its prediction error is that of the returns which teach it: two numbers that must be one."""
    name = "wang2018-optogenetics"
    for options in (["--train.discount", "0.5"], ["--train.discount=0.5", "--agent.discount", "0.5"]):
        config = config_of(name, *options)
        assert (config.agent.discount, config.train.discount) == (0.5, 0.5)
    points = sweep_settings("train", find_experiment(name), [], {"train.discount": [".8", ".95"]})
    assert [point.config.agent.discount for point in points] == [0.8, 0.95]
    assert [point.config.train.discount for point in points] == [0.8, 0.95]
    for options in (["--agent.discount", "0.5"], ["--train.discount", "0.5", "--agent.discount=0.9"]):
        with pytest.raises(UserError, match=r"`agent.discount` must be that of training, 0\..*Leave it out"):
            config_of(name, *options)
    with pytest.raises(UserError, match=r"`agent.discount` must be that of training"):
        replace(find_experiment(name).config, train=TrainConfig(discount=0.5))
    with pytest.raises(UserError, match=r"`agent.discount` must be that of training"):
        new_learner(RiskConfig().make(), ActorCriticConfig(discount=0.8), TrainConfig(), seed=0)


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("wang2016-bandits", "--train.learning-rate", "0.001"),
        ("wang2016-bandits", "--train.discount", "0.5"),
        ("wang2016-bandits", "--task.arms", "hard"),
        ("encoding-comparison", "--task.encoding", "stage"),
        ("encoding-comparison", "--agent.time-input", "raw"),
    ],
)
def test_an_option_that_changes_no_network_is_refused(name: str, option: str, value: str) -> None:
    for others in ([], ["--task.num-trials", "10"]):
        with pytest.raises(UserError, match=f"`{option}` must be left out of {name}, whose networks each have their"):
            config_of(name, *others, option, value)
    with pytest.raises(UserError, match=f"`{option}` must be left out"):
        sweep_settings("train", find_experiment(name), [], {option.removeprefix("--"): [value, value]})


def test_options_that_change_all_networks_are_taken() -> None:
    assert config_of("wang2016-bandits", "--task.num-trials", "10", "--train.unroll", "5").task.num_trials == 10
    assert config_of("encoding-comparison", "--agent.hidden-size", "4").agent.hidden_size == 4


@pytest.mark.thorough
def test_a_study_of_ones_own(tmp_path: Path) -> None:
    class Counts(Study):
        def measure(self, agents, config, folder, subjects):
            return {"trained": len(agents[""]), "verdicts": []}

        def figures(self, folder, title):
            (folder / "figure.txt").write_text(title)
            return [folder / "figure.txt"]

    task = TwoStepConfig(num_trials=5, encoding="trial")
    config = ExperimentConfig(task=task, agent=RecurrentConfig(hidden_size=2), train=TrainConfig(num_episodes=4))
    mine = replace(WANG2018, name="mine", draws="how many there are", study=Counts, config=config, is_published=False)
    folder = train_run(mine, config, [3, 1], tmp_path / "run")
    _, results = evaluate_run(mine, config, [3, 1], folder)
    assert (results["experiment"], results["seeds"], results["trained"]) == ("mine", [3, 1], 2)
    assert [path.read_text() for path in draw_results(mine, folder)] == ["mine: how many there are"]
    with pytest.raises(UserError, match=r"`study` must be one of two-step, .*, got 'none'"):
        study_of(replace(mine, study="none"))
