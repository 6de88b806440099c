"""`prefrontal bench`: what is measured, in which order, and what is made of it."""

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from prefrontal import devices
from prefrontal.bench.answer import Answer, time_to_learn
from prefrontal.bench.figure import bench_figure
from prefrontal.bench.measure import Measurement, measure
from prefrontal.errors import UserError, argument, counted, quietly
from prefrontal.experiments import EXPERIMENTS, Experiment, ExperimentConfig, find_experiment
from prefrontal.experiments.presets.criteria import TwoStepCriteria
from prefrontal.figures.style import save_figure
from prefrontal.learning import native
from prefrontal.runs.files import make_folder, write_text
from prefrontal.runs.provenance import environment, to_json

RECORD = "bench.json"
USUAL_SEEDS = (8, 1, 64)
SEEDS = (1, 2, 8, 64, 512)
SHARE_OF_ROBUST = 0.4
"""Of the preset's episodes: the robust recipe needs less than half of them (docs/learning.md)."""
HIDDEN_SIZES = (16, 48, 128, 256, 512)
TRIALS = (100, 300, 1_000)


def run_bench(
    experiment: Experiment,
    config: ExperimentConfig,
    out: Path,
    console: Console,
    *,
    num_seeds: int | None = None,
    full: bool = False,
) -> list[Measurement]:
    """Measure, and write `bench.json`, after each measurement, and `bench.png` into the folder `out`.

    Arguments:
        experiment: the experiment.
        config: its numbers, of which seeds, hidden size and trials are varied, one at a time.
        out: the folder.
        console: where the table goes.
        num_seeds: measure with so many seeds alone. None: with 8, 1 and 64.
        full: measure other sizes and presets, too, and not how long it takes to learn.

    Raises:
        UserError: when `out` holds a benchmark already, or cannot be written.
    """
    if (out / RECORD).exists():
        raise UserError(f"`{out}` must be a new folder, got one that holds {RECORD}. Give another {argument('out')}.")
    make_folder(out)
    peak = _in_new_process(_peak)
    measurements = []
    table = _table(f"{experiment.name}; the machine's peak: {peak / 1e9:.0f} GFLOP/s in matrix products")
    record: dict[str, Any] = {"environment": environment(), "peak_operations_per_second": peak}
    numbers = USUAL_SEEDS if num_seeds is None else (num_seeds,)
    points = _points(experiment.name, config) if full else [(experiment.name, config, number) for number in numbers]
    for point in points:
        name, varied, seeds = point
        size = getattr(varied.agent, "hidden_size", None)
        units = f", hidden size {size}" if size else ""
        console.print(f"measuring {name}, {counted(seeds, 'seed')}{units} ...", style="dim")
        measurements.append(_in_new_process(_measure, *point, peak))
        _add_row(table, measurements[-1])
        record["measurements"] = [asdict(measurement) for measurement in measurements]
        write_text(out / RECORD, to_json(record))  # a bench that is stopped keeps what it has
    answer, learning = None, None if full else _learning(experiment, config)
    if learning:
        console.print(f"training {counted(numbers[0], 'seed')} until they have learned ...", style="dim")
        answer = _in_new_process(_answer, *learning, numbers[0])
        write_text(out / RECORD, to_json(record | {"time_to_learn": asdict(answer)}))
    console.print(table)
    console.print(_told_of_compiler(native.described()))
    if answer:
        console.print(answer.told)
    save_figure(bench_figure(record), out / "bench")
    return measurements


def _points(name: str, config: ExperimentConfig) -> Iterator[tuple[str, ExperimentConfig, int]]:
    """Each combination once: the experiment, the other presets, then its seeds, hidden sizes and trials varied."""
    seen = set()
    varied = (
        (name, config, 8),
        *((other, experiment.config, 8) for other, experiment in EXPERIMENTS.items() if other != name),
        *((name, config, num_seeds) for num_seeds in SEEDS),
        *((name, _with(config, agent={"hidden_size": size}), 8) for size in HIDDEN_SIZES),
        *((name, _with(config, task={"num_trials": num}), 8) for num in TRIALS),
    )
    for point in varied:
        if point not in seen:
            seen.add(point)
            yield point


def _learning(experiment: Experiment, config: ExperimentConfig) -> tuple[ExperimentConfig, str, float] | None:
    """What is trained to see how soon it has learned: as it is asked for, or where nothing is said of training, in the
    robust recipe. None where the preset does not say when a network has learned."""
    criteria = experiment.criteria
    if not isinstance(criteria, TwoStepCriteria):
        return None
    preset = find_experiment(experiment.name)
    if config.train != preset.config.train:
        return config, "given", criteria.learned_reward
    train = preset.in_recipe("robust").config.train
    train = replace(train, num_episodes=round(train.num_episodes * SHARE_OF_ROBUST))
    return replace(config, train=train), "robust", criteria.learned_reward


def _told_of_compiler(compiler: str | None) -> str:
    if compiler is None:
        return "Trained by JAX alone: with a C compiler, LSTMs take about two thirds of the time."
    return f"Gradients of LSTMs in C, by {compiler}."


def _with(config: ExperimentConfig, **changes: Mapping[str, int]) -> ExperimentConfig:
    """`config` with some numbers changed; as it was, where a part has no number of that name."""
    parts = {
        part: replace(getattr(config, part), **numbers)
        for part, numbers in changes.items()
        if numbers.keys() <= {field.name for field in fields(getattr(config, part))}
    }
    return replace(config, **parts)


def _measure(name: str, config: ExperimentConfig, num_seeds: int, peak: float) -> Measurement:
    devices.configure()
    return measure(name, config, num_seeds, peak)


def _answer(config: ExperimentConfig, recipe: str, threshold: float, num_seeds: int) -> Answer:
    devices.configure()
    with quietly():
        return time_to_learn(config, recipe, threshold, num_seeds)


def _peak() -> float:
    devices.configure()
    from prefrontal.bench.arithmetic import peak_rate

    return peak_rate()


def _in_new_process(function, *arguments):
    """What it costs is then its own: memory, compilation, a device that nothing else has used."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        return pool.submit(function, *arguments).result()


HEADINGS: Sequence[str] = (
    "seeds", "units", "trials", "episodes a second", "steps a second", "test steps a second", "GFLOP /s",
    "of the peak", "compile", "MiB",
)  # fmt: skip


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE, padding=0, show_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, justify="right", min_width=len(heading.split()[0]))
    return table


def _add_row(table: Table, measurement: Measurement) -> None:
    m = measurement
    table.add_row(
        f"{m.seeds}",
        f"{m.hidden_size}",
        f"{m.trials or ''}",
        f"{m.episodes_per_second:,.0f}",
        f"{m.steps_per_second / 1e3:,.0f} k",
        f"{m.test_steps_per_second / 1e3:,.0f} k",
        f"{m.operations_per_step * m.steps_per_second / 1e9:.1f}",
        f"{m.share_of_peak:.0%}",
        f"{m.compile_seconds:.1f} s",
        f"{m.memory_mebibytes:,.0f}",
    )
