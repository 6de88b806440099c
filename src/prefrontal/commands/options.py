"""The options of an experiment, as the command line reads them: every field of its config is one."""

import contextlib
import io
import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, get_args

import tyro

from prefrontal.configs import ActorCriticConfig, AgentConfig, Recipe, TaskConfig, TestConfig, TrainConfig
from prefrontal.errors import UserError, check_choice, check_count, check_seed
from prefrontal.experiments import Experiment, ExperimentConfig
from prefrontal.runs.shipped import shipped_seeds

Task = TypeVar("Task", bound=TaskConfig)
Agent = TypeVar("Agent", bound=AgentConfig)
Test = TypeVar("Test", bound=TestConfig)


@dataclass(frozen=True)
class Options(Generic[Task, Agent, Test]):
    """Options of an experiment. Defaults are the preset's."""

    seeds: tuple[int, ...]
    """Seeds to train and test, one network each."""
    out: Path | None
    """Folder of the run. None: runs/EXPERIMENT/HASH OF THE SETTINGS."""
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
    task: Task
    agent: Agent
    train: TrainConfig
    test: Test

    @property
    def config(self) -> ExperimentConfig[Task]:
        test = self.test if self.episodes is None else replace(self.test, num_episodes=self.episodes)
        return ExperimentConfig(task=self.task, agent=self.agent, train=self.train, test=test)


def parse(command: str, experiment: Experiment, arguments: Sequence[str]) -> Options:
    """Read the options that follow `prefrontal COMMAND EXPERIMENT`.

    Raises:
        UserError: when a value is not allowed. What is no value at all ends the process with exit code 2.
    """
    asked = asked_recipe(arguments)
    experiment = experiment.in_recipe(asked)
    config = experiment.config
    pretrained = "--pretrained" in arguments
    default = Options(
        seeds=shipped_seeds(experiment.networks or experiment.name) if pretrained else experiment.seeds,
        out=None,
        pretrained=False,
        weights=None,
        episodes=None,
        recipe=asked,
        snapshot_every=None,
        plot_every=None,
        task=config.task,
        agent=config.agent,
        train=config.train,
        test=config.test,
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
    _check_effects(experiment, options.config)
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


def _check_effects(experiment: Experiment, config: ExperimentConfig) -> None:
    """Refuse options that change no network: those that each variant of the experiment sets for itself.

    Raises:
        UserError: when there is one.
    """
    preset = experiment.config
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
    asked: Any = "paper"
    for word, following in itertools.zip_longest(arguments, arguments[1:], fillvalue=""):
        if word == "--recipe":
            asked = following
        elif word.startswith("--recipe="):
            asked = word.removeprefix("--recipe=")
    check_choice("recipe", asked, get_args(Recipe))
    return asked


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


@dataclass(frozen=True)
class Setting:
    """One point of a sweep."""

    values: Mapping[str, str]
    """What was asked for, by option."""
    config: ExperimentConfig


def split_sweeps(arguments: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Take the sweeps out of a command line: the other arguments, and the values by option.

    Raises:
        UserError: when a sweep has no option or fewer than two values, or an option is swept twice.
    """
    rest: list[str] = []
    sweeps: dict[str, list[str]] = {}
    remaining = list(arguments)
    while remaining:
        argument = remaining.pop(0)
        if argument != "--sweep":
            rest.append(argument)
            continue
        words = list(itertools.takewhile(lambda word: not word.startswith("--"), remaining))
        del remaining[: len(words)]
        if len(words) < 3:
            raise UserError(
                f"`--sweep` must be followed by an option and two or more values, got {' '.join(words) or 'nothing'}. "
                "Write it as in: --sweep train.discount .8 .9 .95"
            )
        option, *values = words
        if option in sweeps:
            raise UserError(f"`--sweep {option}` must be given once, got it twice. Put all its values in one.")
        sweeps[option] = values
    return rest, sweeps


def sweep_settings(
    command: str, experiment: Experiment, arguments: Sequence[str], sweeps: Mapping[str, Sequence[str]]
) -> list[Setting]:
    """Every combination of the swept values, each read as if it had been given as options.

    Raises:
        UserError: as `parse` does; or when two settings are of one and the same run.
    """
    combinations = [dict(zip(sweeps, values, strict=True)) for values in itertools.product(*sweeps.values())]
    words = [[word for option, value in values.items() for word in (f"--{option}", value)] for values in combinations]
    if "recipe" in sweeps and replace(experiment.in_recipe("robust"), config=experiment.config) != experiment:
        raise UserError(
            f"`--sweep recipe` must go with recipes that differ in training only, got those of {experiment.name}. "
            "Run it once with each --recipe."
        )
    configs = [parse(command, experiment, [*arguments, *more]).config for more in words]
    first: dict[Path, Mapping[str, str]] = {}
    for values, config in zip(combinations, configs, strict=True):
        if (folder := experiment.folder(config)) in first:
            pair = " and ".join(
                " ".join(f"{name} {value}" for name, value in one.items()) for one in (first[folder], values)
            )
            raise UserError(
                f"`--sweep` must give settings that train different networks, got {pair}, which train the same. "
                "Leave one out; options of the test, the seeds and the folder make no setting of their own."
            )
        first[folder] = values
    return [Setting(values, config) for values, config in zip(combinations, configs, strict=True)]
