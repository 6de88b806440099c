"""Trained networks that come with the package: each set is a run folder, made by `scripts/make_pretrained.py`."""

from pathlib import Path

from prefrontal import devices
from prefrontal.agents.base import AbstractAgent
from prefrontal.errors import UserError
from prefrontal.experiments import find_experiment
from prefrontal.learning.trained import load_agents
from prefrontal.runs.folder import CONFIG, RunFolder
from prefrontal.runs.shipped import shipped_folder


def load_pretrained(name: str, *, seed: int = 0, variant: str = "") -> AbstractAgent:
    """A trained agent that comes with the package.

    Arguments:
        name: of the experiment, such as "wang2018-two-step".
        seed: which of its networks.
        variant: which of its variants, for experiments that compare.

    Returns:
        The agent, ready for `evaluate`, `rollout` or `replay` on the task of the experiment.

    Raises:
        UserError: when there is no such network.

    Example:
        >>> network = pf.load_pretrained("wang2018-two-step", seed=3)
        >>> type(network).__name__
        'RecurrentAgent'
    """
    if Path(name).is_dir() and (Path(name) / CONFIG).exists():
        raise UserError(
            f"`name` must be of an experiment whose networks come with the package, got the folder of a run, {name}. "
            f'Load its own: load_run("{name}").agents.'
        )
    devices.configure()
    experiment = find_experiment(name)
    folder = shipped_folder(name)
    variants = experiment.variants(experiment.config)
    variants = {name: config for name, config in variants.items() if (folder / name).exists()}
    if variant not in variants:
        raise UserError(f"`variant` must be one of {', '.join(map(repr, variants))}, got {variant!r}.")
    run = RunFolder.read(folder / variant)
    if seed not in run.seeds():
        raise UserError(f"`seed` must be one of {', '.join(map(str, run.seeds()))}, got {seed}.")
    config = variants[variant]
    return load_agents(run, config.task.make(), config.agent, [seed])[seed]
