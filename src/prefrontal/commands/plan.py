"""What a training is going to do: which seeds are there, where they stand, and about how long the others take."""

import contextlib
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

from prefrontal.commands.flags import Options
from prefrontal.errors import Stopped, UserError, counted
from prefrontal.experiments import Experiment, ExperimentConfig
from prefrontal.experiments.records import changed_options
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.inventory import SeedState, goes_on, ranges, seed_state, span
from prefrontal.runs.provenance import differences
from prefrontal.runs.seed_folder import CONFIG, SeedFolder


class Standing(NamedTuple):
    """How far the seeds of one set of networks have come."""

    folder: RunFolder
    config: ExperimentConfig
    seeds: list[SeedState]

    @property
    def num_left(self) -> int:
        """Episodes still to train, all seeds together."""
        return sum(self.config.train.num_episodes - state.episode for state in self.seeds if state.state != "trained")

    @property
    def steps_left(self) -> int:
        """Steps of the task in them."""
        return self.num_left * self.config.task.num_steps


def standing(
    experiment: Experiment, config: ExperimentConfig, seeds: Sequence[int], out: Path | None
) -> list[Standing]:
    """How far `seeds` have come, of each set of networks; nothing is written, and other runs are passed over."""
    trainer, folder = _networks_of(experiment, config, out)
    found = []
    for name, variant in experiment.variants(config).items():
        run = RunFolder(folder / name, trainer, variant.training)
        states = [seed_state(SeedFolder(run.path, trainer, run.config, seed)) for seed in dict.fromkeys(seeds)]
        found.append(Standing(run, variant, states))
    return found


@contextlib.contextmanager
def told(experiment: Experiment, options: Options) -> Iterator[bool]:
    """Says from where a training goes on, and where it was stopped; yields whether there is nothing left to train."""
    before = standing(experiment, options.config, options.seeds, options.out)
    if line := goes_on([state for one in before for state in one.seeds]):
        print(line, flush=True)
    try:
        yield not any(one.num_left for one in before)
    except Stopped:
        after = standing(experiment, options.config, options.seeds, options.out)
        left = [(one, state) for one in after for state in one.seeds if state.state != "trained"]
        if left:
            episodes, (one, _) = span([state.episode for _, state in left]), left[0]
            folder = _networks_of(experiment, options.config, options.out)[1]
            print(f"At {episodes} of {one.config.train.num_episodes:,}: {folder}", flush=True)
        raise


def test_command(experiment: Experiment, options: Options) -> str:
    """The command that tests what was trained with `options`; what the run does not keep of them is in it."""
    from prefrontal.experiments.places import results_folder

    folder = results_folder(experiment, options.config, options.out)
    preset, test, words = experiment.config.test, options.config.test, []
    for field in fields(test):
        value = getattr(test, field.name)
        if value != getattr(preset, field.name):
            words += [f"--test.{field.name.replace('_', '-')}", str(value)]
    return shlex.join(["prefrontal", "evaluate", str(folder), *words])


def print_plan(experiment: Experiment, settings: Sequence[tuple[Options, Path | None]]) -> None:
    """What would be trained: see --dry-run.

    Arguments:
        experiment: the experiment.
        settings: what was asked for, and the folder; one, or those of a sweep.

    Raises:
        UserError: when a folder holds another run.
    """
    from prefrontal.experiments.workflow import check_training  # which starts JAX

    done = whole = 0
    for options, out in settings:
        check_training(experiment, options.config, options.snapshot_every or options.plot_every)
        sets = standing(experiment, options.config, options.seeds, out)
        folder = _networks_of(experiment, options.config, out)[1]
        _check(sets)
        changed = " ".join(changed_options(experiment, options.config)) or "nothing"
        train = sets[0].config.train
        print(f"{experiment.name}: {counted(len(sets), 'set')} of networks" if len(sets) > 1 else f"{experiment.name}")
        print(f"  folder: {folder}" + ("" if folder.exists() else ", new"))
        in_recipe = "" if options.recipe == "paper" else f" in the {options.recipe} recipe"
        print(f"  differs from the preset{in_recipe}: {changed}")
        print(f"  episodes of each seed: {train.num_episodes:,}, {counted(sets[0].config.task.num_steps, 'step')} each")
        for state, what in (("trained", "trained"), ("stopped", "to go on with"), ("training", "in training now")):
            if seeds := [one.seed for set_ in sets for one in set_.seeds if one.state == state]:
                print(f"  {what}: seeds {ranges(seeds)}")
        if seeds := [one.seed for set_ in sets for one in set_.seeds if one.state in ("begun", "damaged")]:
            print(f"  to be trained: seeds {ranges(seeds)}")
        done += sum(one.steps_left for one in sets)
    for variant in experiment.variants(experiment.config).values():
        whole += variant.train.num_episodes * variant.task.num_steps * len(experiment.seeds)
    number, unit = experiment.duration.split()
    minutes = float(number) * (60 if unit.startswith("hour") else 1) * done / whole
    takes = "nothing is left to train" if not done else f"{_time(minutes)} on two cores"
    print(f"Takes: {takes}" + (f", as the preset takes {experiment.duration} with its test." if done else "."))
    print("Nothing was trained or written: leave out --dry-run to do it.", flush=True)


def _networks_of(experiment: Experiment, config: ExperimentConfig, out: Path | None) -> tuple[str, Path]:
    from prefrontal.experiments.places import networks_of  # which starts JAX, and help comes at once

    return networks_of(experiment, config, out)


def _check(sets: Sequence[Standing]) -> None:
    for one in sets:
        if not (one.folder.path / CONFIG).exists():
            continue
        there = RunFolder.read(one.folder.path)
        asked = {"experiment": one.folder.experiment, "config": one.folder.config}
        if differing := differences({"experiment": there.experiment, "config": there.config}, asked):
            raise UserError(
                f"`{one.folder.path}` must hold the same experiment and config, got another: {differing}. Give another "
                "--out or --name."
            )


def _time(minutes: float) -> str:
    if minutes < 1:
        return "less than a minute"
    return (
        f"about {counted(round(minutes), 'minute')}"
        if minutes < 90
        else f"about {counted(round(minutes / 60), 'hour')}"
    )
