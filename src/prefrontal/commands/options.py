"""The options of an experiment, as the command line reads them: every field of its config is one."""

import contextlib
import io
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, get_args

import tyro

from prefrontal.configs import ActorCriticConfig, AgentConfig, Recipe, TaskConfig, TestConfig, TrainConfig
from prefrontal.errors import UserError, check_choice, check_count, check_seed
from prefrontal.experiments import Experiment, ExperimentConfig
from prefrontal.runs.moments import read_moment
from prefrontal.runs.shipped import shipped_seeds

Task = TypeVar("Task", bound=TaskConfig)
Agent = TypeVar("Agent", bound=AgentConfig)
Test = TypeVar("Test", bound=TestConfig)


@dataclass(frozen=True)
class Start:
    """What options of an experiment are where nothing is said of them."""

    experiment: Experiment
    """In its recipe."""
    config: ExperimentConfig
    """Its numbers."""
    recipe: Recipe = "paper"
    seeds: tuple[int, ...] | None = None
    """None: the experiment's."""
    out: Path | None = None
    """The folder of the run."""
    pretrained: bool = False
    """Whether `out` holds results of the networks that come with the package."""
    is_recorded: bool = False
    """Whether the numbers are those of a run or a file, not the preset's."""


@dataclass(frozen=True)
class Options(Generic[Task, Agent, Test]):
    """Options of an experiment. Defaults are the preset's."""

    seeds: tuple[int, ...]
    """Seeds to train and test, one network each."""
    out: Path | None
    """Folder of the run. None: runs/EXPERIMENT/HASH OF THE SETTINGS."""
    name: str | None
    """A name for the run: its folder is runs/EXPERIMENT/NAME. None: a hash of the settings names it."""
    config_file: Annotated[Path | None, tyro.conf.arg(name="config", metavar="FILE")]
    """Settings to start from, JSON or TOML, such as the config.json of a run; other options count on top."""
    pretrained: bool
    """Test the networks that come with the package; nothing is trained."""
    weights: Path | None
    """Test the network in this file (weights.safetensors), as --seeds 0; nothing is trained."""
    episodes: int | None
    """Test episodes of each seed: the same as --test.num-episodes."""
    recipe: Recipe
    """How networks are trained, where no option of --train says otherwise. Paper: as the preset has it. Robust: RMSProp
    with a longer memory (decay .99) and a learning rate that falls from 2e-3 to 0. See docs/learning.md."""
    snapshot_every: int | None
    """In training, keep the weights of every so many episodes. None: as the experiment needs."""
    plot_every: int | None
    """The same, and test them and draw what they do: files, and TensorBoard images. None: never."""
    at: Annotated[str, tyro.conf.arg(metavar="EPISODE|best|last")]
    """Test the weights of another moment of training, of those that were kept: after so many episodes, or where most
    was earned in the 100 episodes before (best). Results go into a folder within the run's."""
    dry_run: bool
    """Say what would be trained, where and about how long it would take; train nothing."""
    quiet: bool
    """Print nothing but warnings and what goes wrong."""
    task: Task
    agent: Agent
    train: TrainConfig
    test: Test

    @property
    def config(self) -> ExperimentConfig[Task]:
        test = self.test if self.episodes is None else replace(self.test, num_episodes=self.episodes)
        return ExperimentConfig(task=self.task, agent=self.agent, train=self.train, test=test)


def parse(command: str, experiment: Experiment, arguments: Sequence[str], start: Start | None = None) -> Options:
    """Read the options that follow `prefrontal COMMAND EXPERIMENT`.

    Arguments:
        command: the command.
        experiment: the experiment.
        arguments: what follows.
        start: what options are where nothing is said. None: the preset's, in the recipe that is asked for.

    Raises:
        UserError: when a value is not allowed. What is no value at all ends the process with exit code 2.
    """
    asked = asked_recipe(arguments)
    if start is None or value_of("recipe", arguments) is not None:
        experiment = experiment.in_recipe(asked)
        start = replace(start or Start(experiment, experiment.config), config=experiment.config, recipe=asked)
    config = experiment.config
    pretrained = start.pretrained or "--pretrained" in arguments
    if pretrained and start.is_recorded and not start.pretrained:
        raise UserError(
            "`--pretrained` must go with the preset of an experiment, got a run or --config. Leave one of them out."
        )
    shipped = shipped_seeds(experiment.networks or experiment.name) if pretrained else None
    default = Options(
        seeds=start.seeds or shipped or experiment.seeds,
        out=start.out,
        name=None,
        config_file=None,
        pretrained=start.pretrained,
        weights=None,
        episodes=None,
        recipe=start.recipe,
        snapshot_every=None,
        plot_every=None,
        at="last",
        dry_run=False,
        quiet=False,
        task=start.config.task,
        agent=start.config.agent,
        train=start.config.train,
        test=start.config.test,
    )
    generic: Any = Options
    options_of_experiment = generic[type(config.task), type(config.agent), type(config.test)]
    kind: Any = Annotated[options_of_experiment, tyro.conf.arg(name="")]  # pyright: ignore[reportInvalidTypeForm]
    options: Options = read_options(
        kind,
        arguments,
        program=f"prefrontal {command} {experiment.name}",
        description=f"{experiment.title}.\n\n{experiment.paper}, {experiment.shows}.",
        default=default,
    )
    given = {argument.partition("=")[0].replace("_", "-") for argument in arguments}
    if isinstance(options.agent, ActorCriticConfig) and "--agent.discount" not in given:
        options = replace(options, agent=replace(options.agent, discount=options.train.discount))
    if not options.seeds:
        raise UserError("`seeds` must be at least one seed, got none. Leave the option out for the preset's.")
    for seed in options.seeds:
        check_seed("seeds", seed)
    for name in ("snapshot_every", "plot_every", "episodes"):
        if getattr(options, name) is not None:
            check_count(name, getattr(options, name))
    _check_effects(experiment, start.config, options.config)
    read_moment(options.at)
    if options.at != "last" and (command not in ("evaluate", "intervene") or options.weights):
        got = "--weights" if options.weights else command
        raise UserError(f"`--at` must go with evaluate or intervene, got {got}. Leave it out.")
    is_elsewhere = start.out is not None and options.out != start.out
    if is_elsewhere and command in ("evaluate", "intervene") and not (experiment.networks or options.pretrained):
        raise UserError(
            f"`--out` must be left out where a run is named, got {options.out}. Results go into the run's folder."
        )
    if options.dry_run and (command not in ("train", "reproduce") or options.pretrained):
        got = "--pretrained" if options.pretrained else command
        raise UserError(f"`--dry-run` must go with train or reproduce, got {got}. Leave it out: nothing is trained.")
    if options.plot_every and (command not in ("train", "reproduce") or options.pretrained):
        got = "--pretrained" if options.pretrained else command
        raise UserError(f"`--plot-every` must go with train or reproduce, got {got}. Leave it out: nothing is trained.")
    if options.weights and (command != "evaluate" or options.pretrained):
        got = "--pretrained" if options.pretrained else command
        raise UserError(f"`--weights` must go with evaluate alone, got {got}. Leave one of them out.")
    if options.pretrained and (asked != "paper" or options.config.training != config.training):
        raise UserError(
            "`--pretrained` must go with the preset's own task, agent and training, got others. "
            "Leave out the options that change them, or train a run with them."
        )
    return options


def _check_effects(experiment: Experiment, preset: ExperimentConfig, config: ExperimentConfig) -> None:
    """Refuse options that change no network: those that each variant of the experiment sets for itself.

    Arguments:
        experiment: the experiment.
        preset: what the options are where nothing is said.
        config: what they are.

    Raises:
        UserError: when there is one.
    """
    as_preset = [variant.training for variant in experiment.variants(preset).values()]
    for part in ("task", "agent", "train"):
        before, after = getattr(preset, part), getattr(config, part)
        for name in (
            field.name for field in fields(before) if getattr(before, field.name) != getattr(after, field.name)
        ):
            try:
                alone = replace(preset, **{part: replace(before, **{name: getattr(after, name)})})
            except UserError:  # it goes with another option that was changed too
                continue
            if alone.training == preset.training:
                continue
            if [variant.training for variant in experiment.variants(alone).values()] == as_preset:
                option = f"--{part}.{name}".replace("_", "-")
                raise UserError(
                    f"`{option}` must be left out of {experiment.name}, whose networks each have their own, got "
                    f"{getattr(after, name)}."
                )


def asked_recipe(arguments: Sequence[str]) -> Recipe:
    """The recipe that a command line asks for: it decides what the other options' defaults are.

    Raises:
        UserError: when there is no such recipe.
    """
    given = value_of("recipe", arguments)
    asked: Any = "paper" if given is None else given
    check_choice("recipe", asked, get_args(Recipe))
    return asked


def value_of(option: str, arguments: Sequence[str]) -> str | None:
    """What a command line says of --`option`: the last word given for it; None where it does not stand there.

    Raises:
        UserError: when nothing follows it.
    """
    value = None
    for word, following in itertools.zip_longest(arguments, arguments[1:], fillvalue="--"):
        if word == f"--{option}":
            if following.startswith("--"):
                raise UserError(f"`--{option}` must be followed by a value, got none. Add it, or leave it out.")
            value = following
        elif word.startswith(f"--{option}="):
            value = word.partition("=")[2]
    return value


def read_options(kind: Any, arguments: Sequence[str], *, program: str, description: str, default: Any = None) -> Any:
    """Read `arguments` into the dataclass `kind`.

    Raises:
        UserError: when a value is not allowed. What is no value at all ends the process with exit code 2.
    """
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told):
            known = {} if default is None else {"default": default}
            return tyro.cli(kind, prog=program, description=description, args=arguments, **known)
    except SystemExit as exit_:
        error: BaseException | None = exit_
        while error is not None:
            if isinstance(error, UserError):
                raise error from None  # a config's own sentence, which tyro would tell in a box, broken into lines
            error = error.__context__
        sys.stderr.write(told.getvalue())
        raise
