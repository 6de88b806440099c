"""The help of the commands that take an experiment: each tells of the options that it uses, and of no others."""

from dataclasses import fields
from typing import Any, NamedTuple

from prefrontal.commands.flags import Options
from prefrontal.commands.help import Entry, Section, options_of, page
from prefrontal.configs import InterventionConfig
from prefrontal.experiments import Experiment

EXAMPLE = "wang2018-two-step"
SWEEP = Entry(
    "--sweep OPTION VALUE ...",
    "Train once with each value, as in --sweep train.discount .8 .9: in one compiled program, where values are numbers "
    "only. Twice: every combination.",
)
SWEEP_TABLE = "A table, sweep-HASH.csv beside the runs, has a row a setting."


class Takes(NamedTuple):
    """What a command takes."""

    does: str
    """A sentence or two."""
    options: tuple[str, ...]
    """Fields of `Options`."""
    settings: tuple[str, ...] = ()
    """The parts of a config whose options it tells of."""
    found: bool = False
    """Whether other settings are options only to say which run is meant."""


_TRAINING = ("out", "name", "config_file", "recipe", "snapshot_every", "plot_every", "dry_run", "quiet")
COMMANDS: dict[str, Takes] = {
    "train": Takes(
        "Train networks, or go on where training stopped.",
        ("seeds", *_TRAINING),
        ("task", "agent", "train"),
    ),
    "reproduce": Takes(
        "Train what is missing, test it with frozen weights, analyse, draw and report.",
        ("seeds", "pretrained", "episodes", *_TRAINING),
        ("task", "agent", "train", "test"),
    ),
    "evaluate": Takes(
        "Test trained networks with frozen weights, and report.",
        ("seeds", "pretrained", "episodes", "at", "weights", "out", "name", "quiet"),
        ("test",),
        found=True,
    ),
    "intervene": Takes(
        "Test trained networks while something is done to them, beside the same networks left alone.",
        ("seeds", "pretrained", "episodes", "at", "out", "name", "quiet"),
        ("test",),
        found=True,
    ),
    "figure": Takes(
        "Draw the figures of a tested run again, from its files.",
        ("pretrained", "out", "name", "quiet"),
        found=True,
    ),
    "bench": Takes(
        "Measure how fast this machine trains and tests, and how long it takes until networks have learned: a table, "
        "bench.json and a figure, in under two minutes.",
        ("seeds", "full", "out", "config_file", "quiet"),
    ),
}
_OTHER_TEXTS = {
    ("bench", "seeds"): "As many seeds as are given here, in the place of 1, 8 and 64.",
    ("bench", "out"): "Folder for what is written, a new one. Unless given: bench",
    ("evaluate", "seeds"): "Whose networks to test, by seed.",
    ("intervene", "seeds"): "Whose networks to test, by seed.",
}


def experiment_page(command: str, experiment: Experiment | None = None, start: Options | None = None) -> str:
    """The help of `command`, with the options of `experiment` where there is one.

    Arguments:
        command: the command's own word.
        experiment: what its first argument names.
        start: what options are where nothing is said. None: no defaults are told.
    """
    takes, sections = COMMANDS[command], [Section("options", _own(command, start))]
    if command == "intervene":
        (*_, done) = options_of(InterventionConfig)
        sections.insert(0, Section("what is done", done.entries))
    if experiment is None or start is None:
        ways = [f"{command} {what} [OPTIONS]" for what in ("EXPERIMENT", "RUN", "--config FILE")]
        about = (
            f"{takes.does}\n\nEXPERIMENT is one that `prefrontal list` tells of; RUN the folder of a run, which says "
            "its settings (`prefrontal runs` lists them)."
        )
        return page(ways, about, sections, _settings(command, EXAMPLE))
    for part in takes.settings:
        config: Any = getattr(start, part)
        sections += options_of(type(config), config, prefix=f"{part}.")
    about = (
        f"{takes.does}\n\n{experiment.title}. {experiment.paper[0].upper()}{experiment.paper[1:]}, {experiment.shows}."
    )
    return page([f"{command} {experiment.name} [OPTIONS]"], about, sections, _settings(command, experiment.name))


def _own(command: str, start: Options | None) -> list[Entry]:
    takes = COMMANDS[command]
    names = [field.name for field in fields(Options)]
    (*_, section) = (one for one in options_of(Options, start, only=takes.options) if one.title == "options")
    told = dict(zip((name for name in names if name in takes.options), section.entries, strict=True))
    entries = []
    for name in takes.options:
        entry = told[name]._replace(must_be_given=False)
        if text := _OTHER_TEXTS.get((command, name)):
            default = entry.text.partition(" (default: ")[2] if command != "bench" else ""
            entry = Entry(entry.name, text + (f" (default: {default}" if default else ""))
        entries.append(entry)
    if command in ("train", "reproduce"):
        table = f" {SWEEP_TABLE}" if command == "reproduce" else ""
        entries.insert(1, Entry(SWEEP.name, SWEEP.text + table))
    return entries


def _settings(command: str, name: str) -> str:
    """Where the other options are told of."""
    takes = COMMANDS[command]
    if command in ("train", "reproduce"):
        if name != EXAMPLE:
            return ""
        return (
            "Every number of the task, the network, its training and its test is an option, too: "
            f"`prefrontal {command} {name} --help` lists them."
        )
    if takes.found:
        return (
            "Settings, --config and --recipe say which run is meant, in the same words as when it was trained: "
            f"`prefrontal train {name} --help` lists them."
        )
    return f"Settings are options, too: `prefrontal train {name} --help` lists them."
