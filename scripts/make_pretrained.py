"""Make the networks that come with the package: train what is missing, keep the small part of it, and test that.

    python scripts/make_pretrained.py [EXPERIMENT ...] [--runs runs] [--seeds 0 1 ...] [--test-only]

Without a name it makes every set again that is there. Of a run it keeps the weights and the learning curve as means
over blocks of episodes. A set is replaced only when all of that succeeded. What is kept is then tested, as
`prefrontal evaluate EXPERIMENT --pretrained` does, in its own experiment and in those that study its networks, and the
small part of the results is kept as `measured.json`. Afterwards:

    python scripts/make_tables.py
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from prefrontal.experiments import EXPERIMENTS, Experiment, find_experiment
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.workflow import draw_results, evaluate_run, train_run
from prefrontal.runs.files import make_folder, write_text
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.provenance import to_json
from prefrontal.runs.results import COURSE
from prefrontal.runs.seed_folder import ENVIRONMENT, FINISHED, WEIGHTS
from prefrontal.runs.shipped import MEASURED, SECONDS, SHIPPED, shipped_names, shipped_seeds

MOST_VALUES = 400
"""Values of a learning curve that are kept."""
LONGEST_LIST = 20
"""Of numbers, in what is kept of results."""


def main() -> None:
    """Make the sets that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="EXPERIMENT", help="default: every set that is there")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the runs are (default: runs)")
    parser.add_argument("--seeds", type=int, nargs="*", help="default: the set's own, or the preset's for a new set")
    parser.add_argument("--test-only", action="store_true", help="train nothing; test again what is there")
    options = parser.parse_args()
    for name in options.names or shipped_names():
        experiment = find_experiment(name)
        if not options.test_only and not experiment.networks:
            seeds = options.seeds or (shipped_seeds(name) if name in shipped_names() else experiment.seeds)
            keep(experiment, seeds, options.runs)
        for tested in EXPERIMENTS.values():
            if name in (tested.name, tested.networks):
                measure(tested)


def keep(experiment: Experiment, seeds: list[int] | tuple[int, ...], runs: Path) -> None:
    """Train what is missing of a set and put the small part of it in the set's place."""
    name = experiment.name
    run = runs / name / experiment.folder(experiment.config).name
    train_run(experiment, experiment.config, seeds, run)
    tested, results = evaluate_run(experiment, experiment.config, seeds, run)
    new, old = SHIPPED / f".{name}.new", SHIPPED / f".{name}.old"
    for path in (new, old):
        shutil.rmtree(path, ignore_errors=True)
    for variant in study_of(experiment).kept(experiment.config, results):
        copy_run(RunFolder.read(run / variant), new / variant, seeds)
    if (tested / COURSE).exists():  # of snapshots, which are not kept
        shutil.copy(tested / COURSE, new / COURSE)
    (new / "README.md").write_text("Run scripts/make_tables.py.\n", encoding="utf-8")
    if (SHIPPED / name).exists():
        (SHIPPED / name).rename(old)
    new.rename(SHIPPED / name)
    shutil.rmtree(old, ignore_errors=True)
    print(f"{SHIPPED / name}: {sum(f.stat().st_size for f in (SHIPPED / name).rglob('*')) / 1024:.0f} KiB", flush=True)


def copy_run(run: RunFolder, to: Path, seeds: list[int] | tuple[int, ...]) -> None:
    """Keep of `run` what testing and drawing need."""
    kept = RunFolder.open(to, run.experiment, run.config)
    for seed in seeds:
        source, target = run.seed(seed), kept.seed(seed)
        curve = source.learning_curve(most_values=MOST_VALUES)
        target.save_metrics({"reward": curve.reward.astype(np.float32)}, episodes_per_value=int(curve.episode[0]))
        for name in (WEIGHTS, ENVIRONMENT, FINISHED):
            shutil.copy(source.path / name, target.path / name)


def measure(experiment: Experiment) -> None:
    """Test the networks that come with the package, and keep the small part of the results."""
    seeds = shipped_seeds(experiment.networks or experiment.name)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.process_time()
        tested, results = evaluate_run(experiment, experiment.config, seeds, Path(folder) / "test", pretrained=True)
        draw_results(experiment, tested)
        seconds = round(time.process_time() - begun)
    make_folder(SHIPPED / experiment.name)
    write_text(SHIPPED / experiment.name / MEASURED, to_json(small_part(results) | {SECONDS: seconds}))
    print(SHIPPED / experiment.name / MEASURED, flush=True)


def small_part(results: dict[str, Any]) -> dict[str, Any]:
    """Results without their config, which the run has, and without lists that are long or hold lists; six digits."""
    return {key: _small(value) for key, value in results.items() if key != "config" and not _is_large(value)}


def _small(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _small(item) for key, item in value.items() if not _is_large(item)}
    if isinstance(value, list):
        return [_small(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _is_large(value: Any) -> bool:
    if not isinstance(value, list) or any(isinstance(item, dict) for item in value):
        return False
    return len(value) > LONGEST_LIST or any(isinstance(item, list) for item in value)


if __name__ == "__main__":
    main()
