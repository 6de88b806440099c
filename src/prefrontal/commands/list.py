"""`prefrontal list`: what there is."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from prefrontal.errors import UserError
from prefrontal.experiments import EXPERIMENTS


def run(command: str, arguments: Sequence[str]) -> None:
    """Print a table of the experiments."""
    if arguments and arguments[0] not in ("-h", "--help"):
        raise UserError(f"`{command}` must stand alone, got {arguments[0]} after it. Leave it out.")
    table = Table()
    table.add_column("experiment", no_wrap=True)
    for heading in ("paper", "shows", "takes"):
        table.add_column(heading)
    for experiment in EXPERIMENTS.values():
        table.add_row(experiment.name, experiment.paper, experiment.shows, experiment.duration)
    Console().print(table)
