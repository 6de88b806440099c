"""The benchmark counts what it says it counts."""

import dataclasses
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import pytest
from rich.console import Console

from prefrontal import cli
from prefrontal.bench import measure as measuring
from prefrontal.bench import run
from prefrontal.bench.answer import Answer, time_to_learn
from prefrontal.bench.arithmetic import count_operations, peak_rate
from prefrontal.bench.figure import bench_figure
from prefrontal.configs import BanditConfig, RecurrentConfig, TrainConfig, TwoStepConfig
from prefrontal.errors import UserError, on_the_command_line
from prefrontal.experiments import EXPERIMENTS, ExperimentConfig, find_experiment
from prefrontal.learning import native
from prefrontal.learning.lanes import CPU_LANES


@pytest.fixture(autouse=True)
def _messages_name_flags():
    """As on the command line; what they say to callers from Python is in `test_errors.py`."""
    with on_the_command_line():
        yield


TINY = ExperimentConfig(
    task=TwoStepConfig(num_trials=10, encoding="trial"),
    agent=RecurrentConfig(hidden_size=8),
    train=TrainConfig(unroll=None),
)


def test_matrix_products_are_counted_loops_included():
    def function(matrix):
        def body(x, _):
            return jax.jit(lambda y: y @ matrix)(x), None

        once = matrix.T @ jnp.ones((4, 7))
        return jax.lax.scan(body, jnp.ones((2, 4)), length=5)[0], once

    expected = 5 * 2 * (2 * 4 * 4) + 2 * (4 * 4 * 7)
    assert count_operations(function, jnp.ones((4, 4))) == expected


class Trainer:
    """In the place of training and testing: both have a known speed, by a clock that nothing else moves."""

    def __init__(self, monkeypatch, *, disturbed_call: int):
        self.now, self.calls, self.disturbed_call = 100.0, 0, disturbed_call
        monkeypatch.setattr(measuring, "time", SimpleNamespace(perf_counter=lambda: self.now))
        monkeypatch.setattr(measuring, "train_lanes", self.train_lanes)
        monkeypatch.setattr(measuring, "evaluate", self.evaluate)

    def train_lanes(self, lanes, num_episodes, **_):
        """To compile takes three seconds, an episode of all lanes ten milliseconds; the disturbed call twice that."""
        each = 0.02 if self.calls == self.disturbed_call else 0.01
        self.now += each * num_episodes if num_episodes else 3.0
        self.calls += 1
        return lanes, None

    def evaluate(self, agent, task, key, *, num_episodes):
        self.now += 4.0
        return SimpleNamespace(reward=jnp.zeros((num_episodes, task.num_steps)))


@pytest.mark.parametrize("groups", [1, 2])
def test_what_has_a_known_speed_is_measured_at_it(monkeypatch, groups):
    """An episode of TINY has ten steps, each a trial. Two groups of seeds, the second not full, take turns."""
    num_seeds = 2 if groups == 1 else jax.local_device_count() * CPU_LANES + 3
    # Compiling, the first episode and the guess of how many come before the first measurement, which is disturbed.
    Trainer(monkeypatch, disturbed_call=3 * groups)
    measurement = measuring.measure("tiny", TINY, num_seeds=num_seeds, peak=2e9)
    assert measurement.compile_seconds == pytest.approx(3.0 * groups)
    episodes = num_seeds / (0.01 * groups)
    assert measurement.episodes_per_second == pytest.approx(episodes)
    assert measurement.slowest_and_fastest == pytest.approx((num_seeds / (0.01 * groups + 0.01), episodes))
    assert measurement.steps_per_second == pytest.approx(10 * episodes)
    assert measurement.trials_per_second == pytest.approx(10 * episodes)
    assert measurement.test_steps_per_second == pytest.approx(100 * 10 / 4.0)
    # Forward, errors backward, and weight gradients each take one product with every weight matrix; the errors of the
    # input rows are not needed but come with those of the units.
    inputs, units, actions = 3 + 1 + 2, 8, 2
    kernel, heads = (inputs + units) * 4 * units, units * (actions + 1)
    assert measurement.operations_per_step == pytest.approx(3 * 2 * (kernel + heads), rel=0.05)
    assert measurement.share_of_peak == pytest.approx(3 * 2 * (kernel + heads) * 10 * episodes / 2e9, rel=0.05)


@pytest.mark.thorough
def test_a_real_training_is_measured():
    measurement = measuring.measure("tiny", TINY, num_seeds=2, peak=1e12)
    assert (measurement.seeds, measurement.hidden_size, measurement.trials, measurement.steps) == (2, 8, 10, 10)
    assert min(measurement.slowest_and_fastest) > 0
    assert 0 < measurement.share_of_peak < 1
    status = Path("/proc/self/status")
    if status.exists():
        (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())
        assert measurement.memory_mebibytes == pytest.approx(int(peak) / 1024, rel=0.1)


def test_the_peak_is_above_what_a_plain_loop_of_small_products_reaches():
    assert peak_rate(seconds=0.2, size=512) > 1e9


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_its_seeds_sizes_and_trials_varied_one_at_a_time(name):
    config = EXPERIMENTS[name].config
    points = list(run._points(name, config))
    assert points[0] == (name, config, 8)
    assert len(set(points)) == len(points)
    assert {point[0] for point in points} == set(EXPERIMENTS)
    own = [(varied, num_seeds) for point, varied, num_seeds in points if point == name]
    assert {num_seeds for varied, num_seeds in own if varied == config} == {1, 2, 8, 64, 512}
    for part, option, values in (("agent", "hidden_size", run.HIDDEN_SIZES), ("task", "num_trials", run.TRIALS)):
        if option in {field.name for field in dataclasses.fields(getattr(config, part))}:
            for value in values:
                varied = replace(config, **{part: replace(getattr(config, part), **{option: value})})
                assert (varied, 8) in own
    assert all(num_seeds == 8 for varied, num_seeds in own if varied != config)


@pytest.mark.thorough
def test_the_bench_measures_every_point_and_writes_its_table_and_figure(tmp_path, monkeypatch, capsys):
    def canned(name, config, num_seeds, peak):
        asked.append((name, config, num_seeds))
        task = config.task.make()
        return measuring.Measurement(
            name=name,
            seeds=num_seeds,
            hidden_size=getattr(config.agent, "hidden_size", 0),
            trials=getattr(config.task, "num_trials", None),
            steps=task.num_steps,
            unroll=config.train.unroll_for(task.num_steps),
            lanes=8,
            compile_seconds=1.5,
            episodes_per_second=1e3 * num_seeds,
            trials_per_second=None,
            steps_per_second=1e5 * num_seeds,
            slowest_and_fastest=(900.0 * num_seeds, 1100.0 * num_seeds),
            test_steps_per_second=1e6,
            operations_per_step=1e4,
            share_of_peak=1e9 * num_seeds / peak,
            memory_mebibytes=1234.5,
        )

    asked, experiment = [], find_experiment("wang2018-two-step")
    monkeypatch.setattr(run, "_in_new_process", lambda function, *arguments: function(*arguments))
    monkeypatch.setattr(run, "_peak", lambda: 1e12)
    monkeypatch.setattr(run, "_measure", canned)
    run.run_bench(experiment, experiment.config, tmp_path, Console(width=80), full=True)
    assert asked == list(run._points(experiment.name, experiment.config))
    record = json.loads((tmp_path / "bench.json").read_text())
    assert [(row["name"], row["seeds"]) for row in record["measurements"]] == [(name, num) for name, _, num in asked]
    assert record["peak_operations_per_second"] == 1e12
    assert record["environment"]["compiler"] == native.described()
    assert (tmp_path / "bench.png").stat().st_size > 5_000
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert re.search(
        r"^ *512 +48 +100 +512,000 +51,200 k +1,000 k +512\.0 +51% +1\.5 s +1,234 *$", printed, re.MULTILINE
    )
    with pytest.raises(UserError, match=r"must be a new folder, got one that holds bench\.json\. Give another --out"):
        run.run_bench(experiment, experiment.config, tmp_path, Console(width=80))


@pytest.mark.thorough
def test_seeds_that_learn_are_told_from_those_that_do_not() -> None:
    config = replace(TINY, task=BanditConfig(num_trials=5), train=TrainConfig(unroll=None, num_episodes=120))
    below, above = (time_to_learn(config, "given", threshold, num_seeds=2) for threshold in (-1.0, 6.0))
    assert (below.num_learned, below.episodes, below.num_episodes) == (2, (100.0, 100.0), 120)
    assert above.num_learned == 0
    assert above.told.startswith("In the given recipe, 0 of 2 seeds earned 6 an episode within 120 episodes (")


def test_what_is_trained_until_it_has_learned() -> None:
    """The robust recipe where nothing was said of training; nothing where no criterion tells who has learned."""
    two_step = find_experiment("wang2018-two-step")
    trained, recipe, threshold = run._learning(two_step, two_step.config) or (two_step.config, "", 0.0)
    assert (recipe, threshold, trained.train.num_episodes) == ("robust", 66.0, 4_000)
    asked = replace(two_step.config, train=replace(two_step.config.train, num_episodes=50))
    assert run._learning(two_step, asked) == (asked, "given", 66.0)
    matching = find_experiment("wang2018-matching")
    assert run._learning(matching, matching.config) is None


def test_it_is_told_what_computes_gradients():
    assert run._told_of_compiler("gcc 12.2") == "Gradients of LSTMs in C, by gcc 12.2."
    assert run._told_of_compiler(None).startswith("Trained by JAX alone: with a C compiler")


def test_each_measurement_has_a_process_of_its_own():
    assert run._in_new_process(os.getpid) != os.getpid()


def test_so_many_seeds_are_measured_alone(tmp_path, monkeypatch, capsys):
    """And what was measured is kept when the bench is stopped."""
    seen = []

    def measured(function, *arguments):
        if arguments:
            seen.append(arguments[:3])
        return function(*arguments)

    monkeypatch.setattr(run, "_in_new_process", measured)
    monkeypatch.setattr(run, "_peak", lambda: 1e10)
    row = measuring.Measurement("tiny", 2, 8, 10, 10, 10, 2, 1.0, 5.0, 50.0, 50.0, (4.0, 6.0), 70.0, 100.0, 0.1, 30.0)
    monkeypatch.setattr(run, "_measure", lambda *_: row)
    answer = Answer("robust", 6.3, 100, (40.0, float("nan")), 5.0)
    monkeypatch.setattr(run, "_answer", lambda *_: answer)
    cli.main(["bench", "reference-arxiv", "--seeds", "4", "7", "--out", str(tmp_path / "two")])
    config = find_experiment("reference-arxiv").config
    (first, (learned, *rest)) = seen
    assert first == ("reference-arxiv", config, 2)
    assert (learned.task, learned.agent, rest) == (config.task, config.agent, ["robust", 6.3])
    said = " ".join(capsys.readouterr().out.split())
    assert "measuring reference-arxiv, 2 seeds" in said
    assert "1 of 2 seeds earned 6.3 an episode within 40 episodes: 2.0 s, of 5.0 s for 100 episodes" in said
    assert json.loads((tmp_path / "two" / "bench.json").read_text())["time_to_learn"]["episodes"] == [40.0, None]

    def stopped(name, config, num_seeds, peak):
        if num_seeds == 2:
            raise KeyboardInterrupt
        return row

    monkeypatch.setattr(run, "_measure", stopped)
    monkeypatch.setattr(run, "_points", lambda name, config: [(name, config, seeds) for seeds in (1, 2, 8)])
    with pytest.raises(KeyboardInterrupt):
        run.run_bench(find_experiment("reference-arxiv"), config, tmp_path / "stopped", Console(), full=True)
    assert len(json.loads((tmp_path / "stopped" / "bench.json").read_text())["measurements"]) == 1


@pytest.mark.parametrize(
    "words",
    [["--pretrained"], ["--episodes", "3"], ["--snapshot-every", "5"], ["--plot-every", "5"], ["--weights", "x"]],
)
def test_options_that_a_bench_has_no_use_for_are_refused(words, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["bench", "wang2018-two-step", *words])
    assert ended.value.code == 2
    assert words[0] in capsys.readouterr().err


def test_the_figure_shows_the_measured_rates():
    row = {"name": "a", "seeds": 8, "hidden_size": 48, "trials": 100, "steps": 300, "steps_per_second": 3e5}
    rows = [{**row, "seeds": s, "slowest_and_fastest": [900, 1100], "steps_per_second": 1000.0 * s} for s in (1, 2, 8)]
    ax = bench_figure({"measurements": rows}).get_axes()[0]
    line = ax.get_lines()[0]
    assert list(line.get_xdata()) == [1, 2, 8]
    assert list(line.get_ydata()) == [1000.0, 2000.0, 8000.0]
