"""The options of an experiment, as the command line reads them: every field of its config is one."""

import contextlib
import io
import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Annotated, Any, get_args

import tyro

from prefrontal.commands.flags import Options, Start
from prefrontal.commands.help import Section, is_asked, options_of, page, print_help
from prefrontal.commands.pages import experiment_page
from prefrontal.configs import ActorCriticConfig, Recipe
from prefrontal.errors import UserError, check_choice, check_count, check_seeds, did_you_mean
from prefrontal.experiments import Experiment, ExperimentConfig
from prefrontal.runs.moments import read_moment
from prefrontal.runs.shipped import check_shipped, shipped_seeds

METAVARS = {"N": ("a whole number", "whole numbers"), "NUMBER": ("a number", "numbers")}
"""What must follow an option, by what its help says: one, several."""


def parse(command: str, experiment: Experiment, arguments: Sequence[str], start: Start | None = None) -> Options:
    """Read the options that follow `prefrontal COMMAND EXPERIMENT`.

    Arguments:
        command: the command.
        experiment: the experiment.
        arguments: what follows.
        start: what options are where nothing is said. None: the preset's, in the recipe that is asked for.

    Raises:
        UserError: when there is no such option, or a value is not allowed.
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
        full=False,
        quiet=False,
        task=start.config.task,
        agent=start.config.agent,
        train=start.config.train,
        test=start.config.test,
    )
    if is_asked(arguments):
        print_help(experiment_page(command, experiment, default))
    generic: Any = Options
    options_of_experiment = generic[type(config.task), type(config.agent), type(config.test)]
    kind: Any = Annotated[options_of_experiment, tyro.conf.arg(name="")]  # pyright: ignore[reportInvalidTypeForm]
    options: Options = read_options(
        kind,
        arguments,
        program=f"prefrontal {command} {experiment.name}",
        default=default,
    )
    given = {argument.partition("=")[0].replace("_", "-") for argument in arguments}
    if isinstance(options.agent, ActorCriticConfig) and "--agent.discount" not in given:
        options = replace(options, agent=replace(options.agent, discount=options.train.discount))
    if not options.seeds:
        raise UserError("`seeds` must be at least one seed, got none. Leave the option out for the preset's.")
    check_seeds("seeds", options.seeds)
    if options.pretrained:
        check_shipped(experiment.networks or experiment.name, options.seeds)
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
    if options.full and command != "bench":
        raise UserError(f"`--full` must go with bench, got {command}. Leave it out.")
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


def read_options(
    kind: Any, arguments: Sequence[str], *, program: str, description: str = "", default: Any = None
) -> Any:
    """Read `arguments` into the dataclass `kind`, or tell what it takes.

    Arguments:
        kind: the dataclass.
        arguments: what follows `program`.
        program: the words before.
        description: what the command does, for its help.
        default: what options are where nothing is said. None: the defaults of the fields.

    Raises:
        UserError: when there is no such option, or a value is not allowed. Help ends the process: exit code 0.
    """
    if is_asked(arguments):
        sections = options_of(kind, default)
        first, own, *_ = sections
        needed = [*(entry.name for entry in first.entries), *(one.name for one in own.entries if one.must_be_given)]
        more = ["[OPTIONS]"] if sum(len(section.entries) for section in sections) > len(needed) else []
        print_help(page([" ".join([program.removeprefix("prefrontal "), *needed, *more])], description, sections))
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told):
            known = {} if default is None else {"default": default}
            return tyro.cli(kind, prog=program, args=arguments, **known)
    except SystemExit as exit_:
        error: BaseException | None = exit_
        while error is not None:
            if isinstance(error, UserError):
                raise error from None  # a config's own sentence, which tyro would tell in a box, broken into lines
            error = error.__context__
        if refused := _refusal(told.getvalue(), arguments, program, options_of(kind, default)):
            raise refused from None
        sys.stderr.write(told.getvalue())
        raise


def _refusal(told: str, arguments: Sequence[str], program: str, sections: Sequence[Section]) -> UserError | None:
    """The sentence on a command line that cannot be read; None where nothing better is known than what tyro told.

    Arguments:
        told: what tyro printed, a box of lines.
        arguments: what followed `program`.
        program: the words before.
        sections: the options that there are, as `options_of` tells them.
    """
    known = dict(_flags(sections))
    remedy = f"Try `{program} --help`."
    for word in arguments:
        flag = word.partition("=")[0].replace("_", "-")
        if re.match("--?[a-zA-Z]", word) and flag not in known and flag.replace("--no-", "--", 1) not in known:
            guess = did_you_mean(flag, [*known, "--help"])
            return UserError(f"`option` must be one of `{program}`, got {flag}. {_before(guess, remedy)}")
    text = " ".join(line.strip(" │|") for line in told.splitlines())
    if found := re.search("Unrecognized options: (.*?) ─", text):
        return UserError(f"`arguments` must be options of `{program}` and their values, got {found[1]}. {remedy}")
    if not (found := re.search(r"(?:Error parsing |argument ')(--[\w.-]+)", text)) or found[1] not in known:
        lacking = _lacking(arguments, sections) if re.search("[Rr]equired|Missing value", text) else ""
        got = "none" if lacking.startswith("-") else " ".join(arguments) or "nothing"
        return UserError(f"`{lacking}` must be given, got {got}. {remedy}") if lacking else None
    flag, metavar = found[1], known[found[1]]
    choices = re.search(r"Expected one of \((.*?)\)\.", text)
    several = metavar.endswith("...")
    needed = METAVARS.get(metavar.removesuffix(" ..."), (f"{metavar.removesuffix(' ...')}",) * 2)[several]
    got = " ".join(_values(flag, arguments)) or "nothing"
    if choices:
        words = [word for word in re.findall("[^', ]+", choices[1]) if word != "None"]
        told_order = metavar.removesuffix(" ...").split("|")  # tyro's own changes from run to run
        words = told_order if set(told_order) == set(words) else words
        needed, remedy = f"one of {', '.join(words)}", _before(did_you_mean(got, words), remedy)
    return UserError(f"`{flag}` must be {needed}, got {got}. {remedy}")


def _before(guess: str, remedy: str) -> str:
    return f"{guess} {remedy}" if guess else remedy


def _lacking(arguments: Sequence[str], sections: Sequence[Section]) -> str:
    """What must be given and is not: an option, or else the argument; nothing where nothing is lacking."""
    given = {word.partition("=")[0].replace("_", "-") for word in arguments}
    first = [entry.name for entry in sections[0].entries]
    needed = [entry.name.partition(" ")[0] for one in sections for entry in one.entries if entry.must_be_given]
    if not arguments or arguments[0].startswith("-"):
        needed = first + needed
    return next((name for name in [*needed, *first] if name not in given), "")


def _flags(sections: Sequence[Section]) -> Iterator[tuple[str, str]]:
    """Every option and what its help says of its value, as written: "--seeds" and "N ..."."""
    for entry in (entry for section in sections for entry in section.entries if entry.name.startswith("-")):
        names, _, metavar = re.sub(", (?=-)", ",", entry.name).partition(" ")
        for name in names.split(","):
            yield name.replace("[no-]", ""), metavar


def _values(flag: str, arguments: Sequence[str]) -> Iterator[str]:
    """What the command line gives to the option `flag`."""
    follows = False
    for word in arguments:
        name, _, value = word.partition("=")
        if word.startswith("--"):
            follows = name.replace("_", "-") == flag
            if follows and value:
                yield value
        elif follows:
            yield word
