"""The figures of results, drawn again from their files."""

from pathlib import Path

from prefrontal.errors import UserError
from prefrontal.experiments import Experiment
from prefrontal.experiments.studies import study_of
from prefrontal.runs.results import RESULTS, read_results


def draw_results(experiment: Experiment, folder: Path) -> list[Path]:
    """Draw the figures of the results in `folder` again.

    Arguments:
        experiment: the experiment.
        folder: of its results, as `evaluate_run` returns it.

    Returns:
        The files drawn.

    Raises:
        UserError: when there are none, or they are of another experiment.

    Example:
        >>> experiment = pf.find_experiment("wang2018-two-step")
        >>> config = pf.replace(experiment.config, "test.num_episodes", 2)
        >>> folder, _ = pf.evaluate_run(experiment, config, [0], pretrained=True)
        >>> [path.name for path in pf.draw_results(experiment, folder)]
        ['figure.png', 'figure.svg', 'figure.pdf']
    """
    results = read_results(folder)
    if (name := results.get("experiment", experiment.name)) != experiment.name:
        raise UserError(
            f"`{folder / RESULTS}` must be of {experiment.name}, got results of {name}. Evaluate the run again."
        )
    return study_of(experiment).draw(folder)
