"""`prefrontal animate`: a trained network playing, as moving pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from prefrontal.commands.help import is_asked, options_of, page, print_help
from prefrontal.commands.options import read_options
from prefrontal.commands.written import check_file
from prefrontal.configs import HarlowConfig, HarlowPixelsConfig, TwoStepConfig
from prefrontal.errors import UserError, check_seed
from prefrontal.experiments import ExperimentConfig, find_experiment
from prefrontal.experiments.records import find_folder
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.seed_folder import CONFIG
from prefrontal.runs.shipped import shipped_folder, shipped_names

if TYPE_CHECKING:
    from prefrontal.agents import AbstractAgent

DESCRIPTION = """\
Film a network that plays the two-step task or Harlow's, step by step. RUN is
the folder of a run; EXPERIMENT is one whose networks come with the package.
"""


@dataclass(frozen=True)
class AnimateOptions:
    """What to film, and how."""

    out: Path
    """The file to write, a .gif or an .mp4."""
    seed: int | None = None
    """Which of the run's networks, by its seed. None: the first."""
    after: int | None = None
    """Play with the weights after so many training episodes, of those that were kept. None: the last."""
    episode: int = 0
    """Seed of the episode's random numbers: another gives another episode."""
    first_trial: int = 0
    """The first trial shown; the episode's first is 0."""
    num_trials: int = 20
    """Trials shown; fewer where the episode has no more."""
    frames_per_second: float | None = None
    """Pictures in a second, 0.1 to 50. None: 1.5 of the two-step task, 1 of objects, 4 of pixels."""
    overwrite: bool = False
    """Replace the file that is there, whatever it holds."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Film the run or the shipped network that the first argument names."""
    if not arguments or arguments[0].startswith("-"):
        if is_asked(arguments):
            ways = [f"{command} {what} --out FILE [OPTIONS]" for what in ("RUN", "EXPERIMENT")]
            print_help(page(ways, DESCRIPTION, options_of(AnimateOptions)))
        raise UserError(
            f"`{command}` must be followed by a run's folder or an experiment, got "
            f"{arguments[0] if arguments else 'nothing'}. Write it as in: prefrontal animate wang2018-two-step --out "
            "play.gif"
        )
    name, *rest = arguments
    options: AnimateOptions = read_options(
        Annotated[AnimateOptions, tyro.conf.arg(name="")],
        rest,
        program=f"prefrontal {command} {name}",
        description=DESCRIPTION,
    )
    check_seed("episode", options.episode)

    from prefrontal.figures.animated.film import check_animation_path

    into = options.out
    if into.is_dir():
        check_file(into)
    if options.overwrite and into.is_file():
        into = into.with_name(f".{into.stem}.new{into.suffix}")
        into.unlink(missing_ok=True)  # of a film that was stopped
    check_animation_path(into)
    folder, config = _run_of(name)
    agent, title = _player(folder, config, options)

    import jax

    from prefrontal.rollouts.episodes import rollout

    left = max(1, config.task.num_trials - options.first_trial)
    save, usual = _film_of(config.task)
    path = save(
        rollout(agent, config.task.make(), jax.random.key(options.episode)),
        config.task,
        into,
        title=title,
        first_trial=options.first_trial,
        num_trials=min(options.num_trials, left),
        frames_per_second=usual if options.frames_per_second is None else options.frames_per_second,
    )
    print(path if path == options.out else path.replace(options.out), flush=True)


def _film_of(task: TwoStepConfig | HarlowConfig | HarlowPixelsConfig) -> tuple[Callable[..., Path], float]:
    """What films `task`, and its pictures in a second unless told otherwise."""
    if isinstance(task, TwoStepConfig):
        from prefrontal.figures.animated.animation import save_animation

        return save_animation, 1.5
    if isinstance(task, HarlowConfig):
        from prefrontal.figures.animated.objects import save_objects_animation

        return save_objects_animation, 1.0
    from prefrontal.figures.animated.gaze import save_gaze_animation

    return save_gaze_animation, 4.0


def _run_of(name: str) -> tuple[RunFolder, ExperimentConfig[Any]]:
    """The run called `name`, by its folder or its experiment, and its numbers."""
    if (Path(name) / CONFIG).exists():
        folder = RunFolder.read(name)
    elif name in shipped_names():  # though there be a folder of that name, as there is in runs/
        _check_filmed(name, find_experiment(name).config.task, name)
        folder = RunFolder.read(shipped_folder(name))
    elif (there := find_folder(name)) or Path(name).exists():
        folder = RunFolder.read(there or name)
    else:
        raise UserError(
            f"`{name}` must be the folder of a run or an experiment whose networks come with the package, got neither. "
            f"The experiments are {', '.join(shipped_names())}; `prefrontal runs` lists the runs."
        )
    preset = find_experiment(folder.experiment).config
    _check_filmed(name, preset.task, folder.experiment)
    own = [str(values["class"]) for values in folder.config.values() if "class" in values]
    if own:
        raise UserError(
            f"`{name}` must be a run of configs of the package, got one of {' and '.join(own)}, which the command line "
            "cannot find. Film it in Python: prefrontal.figures.animated.animation.save_animation."
        )
    parts = {part: type(getattr(preset, part))(**values) for part, values in folder.config.items()}
    return folder, ExperimentConfig(**parts)


def _check_filmed(name: str, task: Any, experiment: str) -> None:
    """Refuse a run that is named `name`, of an experiment whose task cannot be filmed."""
    if not isinstance(task, TwoStepConfig | HarlowConfig | HarlowPixelsConfig):
        raise UserError(
            f"`{name}` must be a run on the two-step task or on Harlow's, got one of {experiment}. "
            "Only these tasks are filmed."
        )


def _player(folder: RunFolder, config: ExperimentConfig[Any], options: AnimateOptions) -> "tuple[AbstractAgent, str]":
    """The network to film, and what stands above the pictures."""
    from prefrontal import devices
    from prefrontal.learning.trained import load_agents, load_snapshots

    devices.configure()
    seeds, task = folder.seeds(), config.task.make()
    seed = (seeds or [0])[0] if options.seed is None else options.seed
    if options.after is None:
        episodes, agent = config.train.num_episodes, load_agents(folder, task, config.agent, [seed])[seed]
    else:
        kept = dict(load_snapshots(folder.seed(seed), task, config.agent))
        if options.after not in kept:
            raise UserError(f"`after` must be one of {', '.join(map(str, kept))}, got {options.after}.")
        episodes, agent = options.after, kept[options.after]
    return agent, f"{folder.experiment}, seed {seed}, after {episodes:,} training episodes"
