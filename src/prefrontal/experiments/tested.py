"""The trained agents that a test is of: loaded, with something done to them, and beside the same left alone."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from prefrontal.agents.interventions import intervened
from prefrontal.configs import InterventionConfig
from prefrontal.errors import UserError
from prefrontal.experiments.places import networks_of
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.studies.base import Agents
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.learning.trained import load_agents
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.moments import Moment
from prefrontal.runs.shipped import check_shipped


class Tested(NamedTuple):
    """Agents to test, by variant and seed."""

    trainer: str
    """The experiment that trained them."""
    runs: dict[str, RunFolder]
    """Those that they are from, by variant."""
    agents: Agents


def load_tested(
    experiment: Experiment,
    config: ExperimentConfig,
    seeds: Sequence[int],
    out: Path | None,
    *,
    pretrained: bool = False,
    at: Moment = "last",
) -> Tested:
    """The trained agents of `seeds`; arguments are as for `evaluate_run`.

    Raises:
        UserError: when a seed is not trained, or its weights do not fit.
    """
    trainer, networks = networks_of(experiment, config, out, pretrained=pretrained)
    variants = experiment.variants(config)
    if pretrained:
        check_shipped(trainer, seeds)
        # Only variants that were worth it come with the package: see `Experiment.kept`.
        variants = {name: variant for name, variant in variants.items() if (networks / name).exists()}
    runs: dict[str, RunFolder] = {}
    agents: dict[str, Mapping[int, Any]] = {}
    for name, variant in variants.items():
        path = networks / name
        if not path.exists():
            raise UserError(f"`{path}` must be a run to test, got none there. Train it first, with the same options.")
        runs[name] = RunFolder.open(path, trainer, variant.training)
        agents[name] = load_agents(runs[name], variant.task.make(), variant.agent, seeds, at)
    return Tested(trainer, runs, agents)


def done_to(
    agents: Agents, variants: Mapping[str, ExperimentConfig[Any]], intervention: InterventionConfig
) -> dict[str, dict[int, Any]]:
    """`agents` with `intervention` done to each.

    Raises:
        UserError: when it does not fit one of them.
    """
    return {
        name: {seed: intervened(agent, variants[name].task.make(), intervention) for seed, agent in of_seeds.items()}
        for name, of_seeds in agents.items()
    }


def intact_results(
    experiment: Experiment,
    config: ExperimentConfig,
    seeds: Sequence[int],
    out: Path | None,
    *,
    pretrained: bool = False,
    at: Moment = "last",
) -> dict[str, Any]:
    """What `results.json` would hold of the same agents left alone; nothing is kept. Arguments: see `load_tested`."""
    trainer, _, agents = load_tested(experiment, config, seeds, out, pretrained=pretrained, at=at)
    with tempfile.TemporaryDirectory() as folder:
        subjects = Subjects("package" if pretrained else "run", trainer, at=at)
        return study_of(experiment).analyse(agents, config, Path(folder), subjects)
