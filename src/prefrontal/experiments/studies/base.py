"""What a study is: trained agents are tested, and what they do is analysed, drawn and told."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar, final

from rich.console import Console

from prefrontal.configs import TaskConfig
from prefrontal.configs.intervention import intervention_words
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.records import changed_options
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.learning.jobs import Watch
from prefrontal.reports.tables import print_verdicts
from prefrontal.runs.provenance import versions
from prefrontal.runs.results import read_results, write_results

Task = TypeVar("Task", bound=TaskConfig)
Criteria = TypeVar("Criteria")
Agents = Mapping[str, Mapping[int, Any]]
"""Trained agents, by variant and seed. See `Experiment.variants`."""


class Study(ABC, Generic[Task, Criteria]):
    """What is done with the trained agents of an experiment. For a test of your own, write a subclass and give it to
    `Experiment`; `own_experiment` needs none.

    Example:
        >>> class Counts(pf.Study):
        ...     "How many agents there are."
        ...     def measure(self, agents, config, folder, subjects):
        ...         return {"trained": len(agents[""]), "verdicts": []}
        ...     def figures(self, folder, title):
        ...         return []
        >>> config = pf.ExperimentConfig(pf.BanditConfig(), pf.RecurrentConfig(hidden_size=2))
        >>> pf.Experiment(name="counts", study=Counts, config=config, seeds=(0, 1), is_published=False).name
        'counts'
    """

    def __init__(self, experiment: Experiment[Task]) -> None:
        self.experiment = experiment

    @property
    def criteria(self) -> Criteria:
        """What else than the config the study has to know."""
        return self.experiment.criteria

    @final
    def analyse(
        self, agents: Agents, config: ExperimentConfig[Task], folder: Path, subjects: Subjects | None = None
    ) -> dict[str, Any]:
        """Test trained agents, write what was found into `folder`, above all `results.json`, and return that.

        With other task options than the published ones, or under an intervention, nothing is published to hold it
        against: published values and verdicts are left out. See `withheld`.

        Arguments:
            agents: by variant and seed.
            config: the experiment's numbers.
            folder: where results go; `learning.csv`, the rewards in training, lies there already.
            subjects: where the agents come from, and what is done to them. None: unknown, and nothing.
        """
        subjects = subjects or Subjects()
        measured = self.measure(agents, config, folder, subjects)
        return write_results(folder, record(self.experiment, config, agents, subjects, measured))

    @abstractmethod
    def measure(
        self, agents: Agents, config: ExperimentConfig[Task], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        """What was found in a test, "verdicts" among it; tables are written into `folder`. See `analyse`, `record`."""

    @final
    def draw(self, folder: Path) -> list[Path]:
        """Draw the figures from the files that `analyse` left in `folder`; return the files drawn.

        Raises:
            UserError: when a file is missing or cannot be read.
        """
        return self.figures(folder, heading(self.experiment, read_results(folder)))

    @abstractmethod
    def figures(self, folder: Path, title: str) -> list[Path]:
        """Draw the figures, headed by `title`. See `draw`."""

    def report(self, results: Mapping[str, Any], console: Console) -> None:
        """Show on the terminal what was published and what was measured."""
        print_verdicts(results, console, note=self.note(results))

    def note(self, results: Mapping[str, Any]) -> str:
        """What stands below the table of verdicts."""
        return self.experiment.note

    @final
    def summary(self, results: Mapping[str, Any]) -> dict[str, float]:
        """The measures to compare settings by, for the table of a sweep; NaN where one could not be measured."""
        return {name: math.nan if value is None else value for name, value in self.compared(results).items()}

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        """The measures of `summary`, None where one could not be measured, as `results.json` has it."""
        return {verdict["name"]: verdict["measured"] for verdict in results["verdicts"]}

    def kept(self, config: ExperimentConfig[Task], results: Mapping[str, Any]) -> tuple[str, ...]:
        """The variants whose networks are worth sending with the package, `results` being those of all."""
        return tuple(self.experiment.variants(config))

    def get_ready(self, config: ExperimentConfig[Task]) -> None:
        """What `analyse` and `draw` will need and no trained agent decides: imports, compiled programs, what an ideal
        agent does. It is done while networks train, and nothing depends on it."""
        import scipy.special  # noqa: F401  (slow to import, as Matplotlib is)

        from prefrontal.figures.style import import_formats

        import_formats()

    def watch(self, config: ExperimentConfig[Task]) -> Watch | None:
        """What to make of every snapshot while networks train; None where there is nothing to look at."""
        return None


def record(
    experiment: Experiment,
    config: ExperimentConfig,
    agents: Agents,
    subjects: Subjects,
    measured: Mapping[str, Any],
) -> dict[str, Any]:
    """What `results.json` is to hold: what was `measured`, of which experiment, agents, config and versions; what was
    done to the agents; "changed", the options that are not the preset's; and "comparable", whether anything published
    is of such networks on such a task. If it is not, no published value and no verdict is left: see `withheld`.
    """
    changed = changed_options(experiment, config)
    if subjects.at != "last":
        changed.append(f"--at {subjects.at}")
    other_task = experiment.is_published and any(word.startswith("--task.") for word in changed)
    comparable = not other_task and subjects.intervention is None
    results = {
        "experiment": experiment.name,
        "seeds": list(dict.fromkeys(seed for of_variant in agents.values() for seed in of_variant)),
        "seeds_of_preset": len(experiment.seeds),
        **measured,
        "config": {**config.training, "test": asdict(config.test)},
        "versions": versions(),
        **subjects.entries,
        "changed": changed,
        "comparable": comparable,
    }
    if not comparable:
        results = withheld(results)
    for verdict in results["verdicts"]:
        verdict.pop("of_task", None)
    return results


def withheld(results: Mapping[str, Any]) -> dict[str, Any]:
    """`results` without anything published and without verdicts: what was measured stays.

    Claims that compare with a number of the published task ("reward >= 66") are left out whole.
    """

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            told = {name: None if name.startswith("published") else without(item) for name, item in value.items()}
            return told | {"passed": None} if "passed" in told else told
        return [without(item) for item in value] if isinstance(value, list | tuple) else value

    kept = [verdict for verdict in results["verdicts"] if not verdict.get("of_task")]
    return without({**results, "verdicts": kept})


def heading(experiment: Experiment, results: Mapping[str, Any]) -> str:
    """What stands above a figure: what was run, whatever came out of it."""
    changed = " ".join(results.get("changed", ()))
    told = f"{experiment.name}: {experiment.draws}" + (f", with {changed}" if changed else "")
    done = intervention_words(results.get("intervention"))
    return f"{told}. Tested with {done}" if done else told
