"""The networks that come with the package and play the tasks that people play."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from prefrontal.agents.base import AbstractAgent
from prefrontal.configs import BanditConfig, HarlowConfig, TwoStepConfig, VolatilityConfig
from prefrontal.experiments import find_experiment
from prefrontal.experiments.pretrained import load_pretrained
from prefrontal.play.draws import CONFIGS, task_config
from prefrontal.play.study import Study, TaskName
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.shipped import shipped_folder, shipped_names

OF_TASK: Mapping[TaskName, str] = {
    "two-step": "wang2018-two-step",
    "bandit": "wang2016-bandits",
    "reversal": "wang2018-volatility",
    "harlow": "wang2018-harlow",
}
"""Whose networks a participant is shown beside; of daw none come."""
EVEN = 200
"""Concentration of prizes that are as good as equal, as those of people are: half the scale, within some 3 %."""


def task_of(experiment: str) -> TaskName | None:
    """The task of people that the networks of `experiment` play; None where they play none, or none come for it."""
    if experiment not in shipped_names():
        return None
    kind = type(find_experiment(experiment).config.task)
    return next((task for task, config in CONFIGS.items() if config is kind), None)


def names_for(task: TaskName) -> list[str]:
    """The experiments whose networks play `task`."""
    return [name for name in shipped_names() if task_of(name) == task]


def networks_for(study: Study, experiment: str) -> Iterator[tuple[AbstractAgent, Any]]:
    """The networks of `experiment` that know what the study's task is like, each with the config it was trained on.

    Of bandits those that were trained on such arms (for fixed arms, on independent ones), of Harlow's task those that
    see objects of as many numbers; none for more than two arms.
    """
    config = task_config(study)
    known = find_experiment(experiment)
    for variant, of in known.variants(known.config).items():
        folder = shipped_folder(experiment) / variant
        if folder.exists() and _knows(of.task, config):
            for seed in RunFolder.read(folder).seeds():
                yield load_pretrained(experiment, seed=seed, variant=variant), of.task


def _knows(trained: Any, config: Any) -> bool:
    if isinstance(config, BanditConfig):
        arms = "independent" if config.arms == "fixed" else config.arms
        return (trained.arms, trained.num_arms) == (arms, config.num_arms)
    return not isinstance(config, HarlowConfig) or trained.object_size == config.object_size


def as_trained(study: Study, trained: Any) -> Any:
    """The config of the study's task as a network sees it that was trained on `trained`: cues and sizes are those it
    knows, an episode is no longer than those it was trained on."""
    config = task_config(study)
    if isinstance(config, TwoStepConfig):
        return replace(config, num_trials=trained.num_trials, encoding=trained.encoding)
    if isinstance(config, BanditConfig):
        return replace(config, num_trials=min(config.num_trials, trained.num_trials))
    if isinstance(config, VolatilityConfig):
        even = {"prize_scale": trained.prize_scale, "prize_concentration": EVEN}
        return replace(config, num_trials=min(config.num_trials, trained.num_trials), **even)
    return config
