"""Make the networks that come with the package: train what is missing, test it, and keep the small part of it.

    python scripts/make_pretrained.py [EXPERIMENT ...] [--runs runs] [--seeds 0 1 ...]

Without a name it makes every set again that is there. Of a run it keeps the weights, the learning curve as means over
blocks of episodes, the results of the test, and a model card. A set is replaced only when all of that succeeded.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np

from prefrontal.experiments import Experiment, find_experiment
from prefrontal.provenance import read_record
from prefrontal.runs import RunFolder
from prefrontal.seed_folder import CONFIG, ENVIRONMENT, FINISHED, WEIGHTS
from prefrontal.shipped import SHIPPED, shipped_names, shipped_seeds
from prefrontal.workflow import evaluate_run, train_run

MOST_VALUES = 400
"""Values of a learning curve that are kept."""


def main() -> None:
    """Make the sets that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="EXPERIMENT", help="default: every set that is there")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the runs are (default: runs)")
    parser.add_argument("--seeds", type=int, nargs="*", help="default: the set's own, or the preset's for a new set")
    options = parser.parse_args()
    for name in options.names or shipped_names():
        experiment = find_experiment(name)
        seeds = options.seeds or (shipped_seeds(name) if name in shipped_names() else experiment.seeds)
        run = options.runs / name / experiment.folder(experiment.config).name
        train_run(experiment, experiment.config, seeds, run)
        _, results = evaluate_run(experiment, experiment.config, seeds, run)
        new = SHIPPED / f".{name}.new"
        shutil.rmtree(new, ignore_errors=True)
        for variant in experiment.kept(experiment.config, results):
            copy_run(RunFolder.read(run / variant), new / variant, seeds)
        (new / "README.md").write_text(card(experiment, results, run), encoding="utf-8")
        shutil.rmtree(SHIPPED / name, ignore_errors=True)
        new.rename(SHIPPED / name)
        print(f"{SHIPPED / name}: {sum(f.stat().st_size for f in (SHIPPED / name).rglob('*')) / 1024:.0f} KiB")


def copy_run(run: RunFolder, to: Path, seeds: list[int]) -> None:
    """Keep of `run` what testing and drawing need."""
    kept = RunFolder.open(to, run.experiment, run.config)
    for seed in seeds:
        source, target = run.seed(seed), kept.seed(seed)
        curve = source.learning_curve(most_values=MOST_VALUES)
        target.save_metrics({"reward": curve.reward.astype(np.float32)}, episodes_per_value=int(curve.episode[0]))
        for name in (WEIGHTS, ENVIRONMENT, FINISHED):
            shutil.copy(source.path / name, target.path / name)


def card(experiment: Experiment, results: dict, run: Path) -> str:
    """The model card of a set, in Markdown."""
    environment = json.loads(next(run.rglob(ENVIRONMENT)).read_text())
    versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items() if version)
    rows = [
        f"| {v['name']} | {number(v['published'])} | {number(v['measured'])} | {verdict(v['passed'])} |"
        for v in results["verdicts"]
    ]
    kept = experiment.kept(experiment.config, results)[0]
    variant = f', variant="{kept}"' if kept else ""
    config = json.dumps(read_record(next(run.rglob(CONFIG)))["config"], indent=2)
    return "\n".join(
        [
            f"# Networks of `{experiment.name}`",
            "",
            f"{experiment.title}. {experiment.paper}, {experiment.shows}.",
            "",
            f"- Seeds: {', '.join(map(str, results['seeds']))}; weights frozen after training.",
            f"- Trained by `prefrontal train {experiment.name}`, with {versions}.",
            f"- Test them: `prefrontal evaluate {experiment.name} --pretrained`. In Python:",
            f'  `prefrontal.load_pretrained("{experiment.name}", seed={results["seeds"][0]}{variant})`.',
            "- Made by `scripts/make_pretrained.py`. `metrics.safetensors` holds the learning curve.",
            "- Not for: anything but this task in this form. MIT licence, as the package.",
            "",
            "| test | published | measured | within tolerance |",
            "|---|---|---|---|",
            *rows,
            "",
            "How they were trained (of several variants, the first):",
            "",
            "```json",
            config,
            "```",
            "",
        ]
    )


def number(value: float | None) -> str:
    """As a table shows it."""
    return "" if value is None else f"{value:.3g}"


def verdict(passed: bool | None) -> str:
    """As a table shows it; None: a measurement, not a claim."""
    return "" if passed is None else "yes" if passed else "NO"


if __name__ == "__main__":
    main()
