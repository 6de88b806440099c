"""The benchmark counts what it says it counts."""

import json

import jax
import jax.numpy as jnp
import pytest
from rich.console import Console

from prefrontal import cli
from prefrontal.bench import run
from prefrontal.bench.arithmetic import count_operations, peak_rate
from prefrontal.bench.measure import Measurement, measure
from prefrontal.configs import RecurrentConfig, TrainConfig, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.experiments import EXPERIMENTS, ExperimentConfig, find_experiment
from prefrontal.figures.bench import bench_figure

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


def test_a_training_step_needs_three_times_a_forward_step():
    """Forward, errors backward, and weight gradients each take one product with every weight matrix; the errors of the
    input rows are not needed but come with those of the units."""
    inputs, units, actions = 3 + 1 + 2, 8, 2
    kernel, heads = (inputs + units) * 4 * units, units * (actions + 1)
    measurement = measure("tiny", TINY, num_seeds=2, peak=1e9)
    assert measurement.operations_per_step == pytest.approx(3 * 2 * (kernel + heads), rel=0.05)


def test_rates_agree_with_each_other():
    measurement = measure("tiny", TINY, num_seeds=2, peak=2e9)
    assert measurement.steps_per_second == pytest.approx(10 * measurement.episodes_per_second)
    assert measurement.trials_per_second == measurement.steps_per_second  # one step a trial
    low, high = measurement.slowest_and_fastest
    assert low <= measurement.episodes_per_second <= high
    share = measurement.operations_per_step * measurement.steps_per_second / 2e9
    assert measurement.share_of_peak == pytest.approx(share)
    assert measurement.memory_mebibytes > 10


def test_the_peak_is_above_what_a_plain_loop_of_small_products_reaches():
    assert peak_rate(seconds=0.2, size=512) > 1e9


def test_the_bench_writes_its_table_and_figure(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run, "_points", lambda name, config: [("tiny", TINY, 2), ("tiny", TINY, 8)])
    monkeypatch.setattr(run, "_in_new_process", lambda function, *arguments: function(*arguments))
    monkeypatch.setattr(run, "_peak", lambda: 1e10)
    run.run_bench(find_experiment("wang2018-two-step"), TINY, tmp_path, Console(width=80))
    record = json.loads((tmp_path / "bench.json").read_text())
    assert [row["seeds"] for row in record["measurements"]] == [2, 8]
    assert record["peak_operations_per_second"] == 1e10
    assert (tmp_path / "bench.png").stat().st_size > 5_000
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
    with pytest.raises(UserError, match=r"must be a new folder, got one that holds bench\.json\. Give another --out"):
        run.run_bench(find_experiment("wang2018-two-step"), TINY, tmp_path, Console(width=80))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_its_measurements(name):
    points = list(run._points(name, EXPERIMENTS[name].config))
    assert points[0] == (name, EXPERIMENTS[name].config, 8)
    assert {point[0] for point in points} == set(EXPERIMENTS)


def test_so_many_seeds_are_measured_alone(tmp_path, monkeypatch, capsys):
    """And what was measured is kept when the bench is stopped."""
    seen = []

    def measured(function, *arguments):
        if arguments:
            seen.append(arguments[:3])
        return function(*arguments)

    monkeypatch.setattr(run, "_in_new_process", measured)
    monkeypatch.setattr(run, "_peak", lambda: 1e10)
    row = Measurement("tiny", 2, 8, 10, 10, 10, 2, 1.0, 5.0, 50.0, 50.0, (4.0, 6.0), 70.0, 100.0, 0.1, 30.0)
    monkeypatch.setattr(run, "_measure", lambda *_: row)
    cli.main(["bench", "reference-arxiv", "--seeds", "4", "7", "--out", str(tmp_path / "two")])
    config = find_experiment("reference-arxiv").config
    assert seen == [("reference-arxiv", config, 2)]
    assert "measuring reference-arxiv, 2 seeds" in capsys.readouterr().out

    def stopped(name, config, num_seeds, peak):
        if num_seeds == 2:
            raise KeyboardInterrupt
        return row

    monkeypatch.setattr(run, "_measure", stopped)
    monkeypatch.setattr(run, "_points", lambda name, config: [(name, config, seeds) for seeds in (1, 2, 8)])
    with pytest.raises(KeyboardInterrupt):
        run.run_bench(find_experiment("reference-arxiv"), config, tmp_path / "stopped", Console())
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
