"""Episodes to learn, by encoding and time input: from rewards in training to results, report and figure."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from shown import check_shown

from prefrontal.analysis.learning_speed import passing_episodes, running_reward, survival
from prefrontal.errors import UserError
from prefrontal.experiments import find_experiment
from prefrontal.experiments.studies import study_of
from prefrontal.runs.files import write_text
from prefrontal.runs.results import read_learning

COMPARISON = find_experiment("encoding-comparison")
NAMES = ("trial-no-time", "trial-time", "stage-no-time", "stage-time")


def write_learning(folder: Path, learns_at: dict[str, list[float]], *, every: int = 40, last: int = 40_000) -> None:
    """Rewards in training that rise from 50 to 69 at once, for each variant and seed; NaN: never."""
    episode = np.arange(every, last + 1, every)
    parts = [
        pd.DataFrame({"variant": name, "seed": seed, "episode": episode, "reward": np.where(episode > at, 69.0, 50.0)})
        for name, all_seeds in learns_at.items()
        for seed, at in enumerate(all_seeds)
    ]
    write_text(folder / "learning.csv", pd.concat(parts).to_csv(index=False))


def analysed(folder: Path, learns_at: dict[str, list[float]]) -> dict:
    write_learning(folder, learns_at)
    seeds = dict.fromkeys(range(len(learns_at["trial-time"])))
    return study_of(COMPARISON).analyse(dict.fromkeys(NAMES, seeds), COMPARISON.config, folder)


def test_the_variants_differ_in_encoding_and_time_alone():
    """Time counts stages: two a trial, whatever the network's steps."""
    variants = COMPARISON.variants(COMPARISON.config)
    assert tuple(variants) == NAMES
    for name, config in variants.items():
        encoding, has_time = name.split("-")[0], not name.endswith("no-time")
        assert (config.task.encoding, config.agent.time_input) == (encoding, "raw" if has_time else "none")
        assert config.agent.time_per_step * config.task.num_steps == (200 if has_time else config.task.num_steps)
        assert config.train == COMPARISON.config.train


def test_a_seed_passes_when_its_running_reward_does(tmp_path):
    write_learning(tmp_path, {"a": [400, np.nan, 0]}, every=40, last=2000)
    learning = read_learning(tmp_path)
    episode, reward = running_reward(learning, "a", [0, 1, 2], window=200)
    assert (episode[0], episode[-1]) == (200, 2000)
    # Of five values of 40 episodes each, four must be 69 for a mean above 65, and three are not enough.
    np.testing.assert_array_equal(passing_episodes(episode, reward, 65.0), [560, np.nan, 200])
    np.testing.assert_allclose(running_reward(learning, "a", [0], window=201)[0][0], 240)
    with pytest.raises(UserError, match=r"`num_episodes` must be at least 2001, got 2000\. Train for longer\."):
        running_reward(learning, "a", [0], window=2001)


def test_survival_falls_by_a_seed_at_a_time():
    episode, share = survival(np.array([300.0, np.nan, 100.0, 300.0]), 500)
    np.testing.assert_array_equal(episode, [0, 100, 300, 300, 500])
    np.testing.assert_allclose(share, [1, 0.75, 0.5, 0.25, 0.25])
    np.testing.assert_array_equal(survival(np.array([np.nan]), 9), [[0, 9], [1, 1]])


def test_what_is_slower_is_called_slower_and_nothing_else_is(tmp_path):
    early, late = np.linspace(2000, 5000, 8), np.linspace(12_000, 20_000, 8)
    never = np.array([*late[:2], *[np.nan] * 6])
    results = analysed(
        tmp_path, {"trial-no-time": early, "trial-time": late, "stage-no-time": early + 40, "stage-time": never}
    )
    assert [verdict["passed"] for verdict in results["verdicts"]] == [True, True, True, False]
    part = results["episodes_to_learn"]
    assert [part[name]["passed"] for name in NAMES] == [8, 8, 8, 2]
    assert part["stage-time"]["median"] is None
    assert part["stage-time"]["per_seed"][2:] == [None] * 6
    # Means of 200 episodes pass 65 when four in five of them are after learning.
    assert part["trial-no-time"]["median"] == pytest.approx(np.median(early) + 160, abs=40)
    summary = study_of(COMPARISON).summary(results)
    assert summary["episodes_trial-time"] == part["trial-time"]["median"]
    assert np.isnan(summary["episodes_stage-time"])

    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    study_of(COMPARISON).report(results, console)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    (row,) = [line.split("  ") for line in lines if "stage, time" in line]
    assert [cell.strip() for cell in row if cell.strip()][1:3] == ["2 of 8", "not half"]

    drawn = study_of(COMPARISON).draw(tmp_path)
    assert [path.name for path in drawn] == ["figure.png", "figure.svg", "figure.pdf"]
    assert all(path.stat().st_size > 5000 for path in drawn)
    check_shown(COMPARISON, tmp_path)


def test_equal_variants_are_not_told_apart(tmp_path):
    """Ten comparisons of one distribution with itself, at level .05: above three false alarms have a chance of .1 %."""
    rng, alarms = np.random.default_rng(0), 0
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        results = analysed(folder, {name: rng.uniform(2000, 60_000, 8) for name in NAMES})
        alarms += results["verdicts"][0]["passed"]
    assert alarms <= 3
