"""Harlow's task as an experiment: agents whose behaviour is known are tested, drawn and told apart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shown import check_shown

from prefrontal import cli
from prefrontal.agents.strategies import StrategyAgent
from prefrontal.analysis.published import HARLOW_MONKEYS, HARLOW_NETWORKS, POSITION_COUNTER
from prefrontal.configs import TestConfig
from prefrontal.experiments import find_experiment
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.studies.harlow.counting import HarlowCounting, difference, shape
from prefrontal.experiments.studies.harlow.course import performance, quantiles
from prefrontal.figures.harlow.counting import counting_figure
from prefrontal.figures.harlow.sets import harlow_figure
from prefrontal.runs.results import read_results, read_table

HARLOW, COUNTING = find_experiment("wang2018-harlow"), find_experiment("harlow-counting")
CONFIG = replace(HARLOW.config, test=TestConfig(num_episodes=400))
TINY = ["--agent.hidden-size", "4", "--train.num-episodes", "600", "--test.num-episodes", "100"]


@pytest.fixture(scope="module")
def tested(tmp_path_factory) -> tuple[Path, dict]:
    """Two ideal learners and one who stays with what paid and learns nothing from errors."""
    folder = tmp_path_factory.mktemp("harlow")
    names = ("ideal learner", "ideal learner", "object win-stay")
    agents = {seed: StrategyAgent(name, CONFIG.task) for seed, name in enumerate(names)}
    return folder, study_of(HARLOW).analyse({"": agents}, CONFIG, folder)


@pytest.mark.thorough
def test_what_is_measured_is_what_is_known(tested):
    _, results = tested
    accuracy = np.array(results["accuracy"]["held-out"]["per_seed"])
    assert (accuracy[:2, 1:] == 1).all()
    assert abs(accuracy[2, 1] - 0.75) < 4.9 * np.sqrt(0.1875 / 400)
    assert results["best_strategies"] == {"0": "ideal learner", "1": "ideal learner", "2": "object win-stay"}
    assert (results["ceiling"]["reached"], results["ceiling"]["of"]) == (2, 3)
    after = results["second_trial"]
    assert after["after a correct first"]["per_seed"] == [1, 1, 1]
    assert after["after an error"]["per_seed"][:2] == [1, 1]
    assert abs(after["after an error"]["per_seed"][2] - 0.5) < 4.9 * np.sqrt(0.25 / 200)
    assert results["missed"]["mean"] == 0
    known = np.array(results["good_object_known"]["per_seed"])
    assert (abs(known[:, 0] - 0.5) < 4.9 * np.sqrt(0.25 / 400)).all()


def test_published_shares_have_exact_intervals(tested):
    """Clopper and Pearson's of 14 of 50, by their definition: the tails hold 2.5 % each."""
    from scipy.stats import binom

    part = tested[1]["published_ceilings"]["2018"]
    low, high = part["interval95"]
    assert binom.sf(13, 50, low) == pytest.approx(0.025)
    assert binom.cdf(14, 50, high) == pytest.approx(0.025)


def test_verdicts(tested):
    verdicts = {verdict["name"]: verdict for verdict in tested[1]["verdicts"]}
    seeds = verdicts["seeds with trial 2 ≥ 0.98, held-out objects"]
    assert (seeds["measured"], seeds["passed"]) == (2, False)
    assert not verdicts["trial 2, held-out objects"]["passed"]  # .917 on average, .967 published


def test_its_figure_and_report(tested):
    folder, _ = tested
    check_shown(HARLOW, folder)


def test_one_program_plays_all_strategies(tested):
    """So that a study of many costs one compilation."""
    agents = [StrategyAgent(name, CONFIG.task) for name in ("ideal learner", "alternation")]
    import jax

    assert jax.tree.structure(agents[0]) == jax.tree.structure(agents[1])


def course_of(curves: dict[str, tuple[float, ...]], seeds: int = 3, scatter: float = 0.0) -> pd.DataFrame:
    """A training whose networks go through `curves` (per cent by trial) in turn, after some time at chance."""
    rng = np.random.default_rng(0)
    rows = []
    for seed in range(seeds):
        stages = [(50.0,) * 6] * 5 + list(curves.values()) + [(50.0, *(98.0,) * 5)] * 5
        for moment, stage in enumerate(stages):
            accuracy = np.array(stage) / 100 + rng.normal(0, scatter, 6)
            named = {f"trial_{number}": share for number, share in enumerate(accuracy, start=1)}
            rows.append(
                {
                    "seed": seed,
                    "episode": 100 * moment,
                    "performance": performance(accuracy),
                    **named,
                    "counter": 0.1,
                    "counter_only": 0.05,
                    "best": "ideal learner",
                }
            )
    return pd.DataFrame(rows)


def test_performance_is_scaled_to_chance_and_to_all_that_can_be_known():
    assert performance(np.full(6, 0.5)) == 50
    assert performance(np.array([0.5, 1, 1, 1, 1, 1])) == 100


def test_quantiles_of_a_course_are_its_stages():
    """Networks that go through the paper's curves come out with these: each stage at its own performance."""
    stages = {name: HARLOW_NETWORKS[name] for name in ("2nd", "3rd", "4th", "5th", "6th")}
    found = quantiles(course_of(stages))
    rows = np.array(found["by_trial"]["mean"], float)
    assert rows.shape == (7, 6)
    np.testing.assert_allclose(rows[-1], [0.5, *[0.98] * 5])
    assert (np.diff(rows[:, 1:].mean(axis=1)) > 0).all()
    between = np.array(list(stages.values())) / 100
    assert (rows[1:5, 1:] >= between[:, 1:].min() - 0.1).all()
    assert all(400 <= onset <= 600 for onset in found["onset"])


def test_the_papers_own_course_has_the_counters_shape():
    """Of the paper's quantiles 2 to 5 the counter's profile explains more than a straight line; of monkeys less."""
    of_paper = shape(np.array([HARLOW_NETWORKS[name] for name in ("2nd", "3rd", "4th", "5th")]) / 100)
    assert of_paper["counter"] == pytest.approx(np.mean([0.90, 0.97, 0.99, 0.91]), abs=0.01)
    assert of_paper["line"] == pytest.approx(np.mean([0.78, 0.87, 0.76, 0.83]), abs=0.01)
    of_monkeys = shape(np.array([HARLOW_MONKEYS[name] for name in ("9-16", "17-24", "25-32", "1-100")]) / 100)
    assert of_monkeys["counter_over_line"] < 0 < of_paper["counter_over_line"]
    exact = shape(np.array([POSITION_COUNTER]) / 100)
    assert exact["counter"] == pytest.approx(1)
    assert np.isnan(shape(np.full((2, 6), 0.5))["counter"])


def test_differences_are_welchs():
    one, other = [1.0, 2.0, 3.0, np.nan], [0.0, 0.0, 3.0]
    found = difference(one, other)
    assert found["mean"] == 1
    error = np.sqrt(1 / 3 + 1)
    freedom = (1 / 3 + 1) ** 2 / ((1 / 3) ** 2 / 2 + 1 / 2)
    from scipy.special import stdtrit

    half = stdtrit(freedom, 0.975) * error
    np.testing.assert_allclose(found["interval95"], [1 - half, 1 + half])


def test_the_figures_of_a_course():
    """Drawn of made-up courses; words and colours are looked at by whoever draws them."""
    stages = {name: HARLOW_NETWORKS[name] for name in ("2nd", "3rd", "4th", "5th", "6th")}
    course = course_of(stages, scatter=0.01)
    part = {
        "quantiles": quantiles(course),
        "most_counter": {"per_seed": [0.1, 0.2, 0.3], "mean": 0.2, "interval95": [0.1, 0.3]},
        "shape": {"counter_over_line": {"per_seed": [0.1, 0.2, 0.3], "mean": 0.2, "interval95": [None, None]}},
    }
    results = {
        "seeds": [0, 1, 2],
        "test_episodes": 100,
        "sides": {"balanced": part, "independent": part},
        "published_shape": {"counter_over_line": 0.13},
    }
    both = pd.concat([course.assign(sides=sides) for sides in ("balanced", "independent")])
    figure = counting_figure(results, both, "counting")
    assert len(figure.axes) == 6
    assert [len(ax.lines) for ax in figure.axes[:3]] == [9, 9, 9]  # six quantiles, the end, chance, the counter


@pytest.mark.thorough
def test_a_small_run_of_both(tmp_path: Path):
    """Trained, kept along the way, tested, drawn; and a sweep's folder is not touched by the other's results."""
    out = tmp_path / "harlow"
    cli.main(["reproduce", "wang2018-harlow", "--seeds", "0", "1", *TINY, "--snapshot-every", "100", "--out", str(out)])
    results = read_results(out)
    assert len(results["quantiles"]["by_trial"]["mean"]) == 7
    assert len(read_table(out / "course.csv")) == 2 * 7
    figure = harlow_figure(results, read_table(out / "learning.csv"), "tiny")
    assert len(figure.axes) == 6
    counting = tmp_path / "counting"
    cli.main(
        ["reproduce", "harlow-counting", "--seeds", "0", "1", *TINY, "--snapshot-every", "100", "--out", str(counting)]
    )
    course = read_table(counting / "course.csv")
    assert set(course["sides"]) == {"balanced", "independent"}
    assert len(course) == 2 * 2 * 7
    assert isinstance(study_of(COUNTING), HarlowCounting)
    check_shown(COUNTING, counting)
