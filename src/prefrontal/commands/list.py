"""`prefrontal list`: what there is."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from prefrontal.commands.help import is_asked, page, print_help
from prefrontal.errors import UserError
from prefrontal.experiments import EXPERIMENTS
from prefrontal.runs.shipped import shipped_verdicts

NOTE = (
    "Takes: training, test and figures on two cores. Verdicts: how many are yes, of the networks that come with the "
    "package (--pretrained tests them); every row of them, and every figure, is in docs/gallery.md."
)

ABOUT = f"""\
What there is: every experiment, the paper that it is of, and the figure that it
reproduces.

{NOTE}"""


def run(command: str, arguments: Sequence[str]) -> None:
    """Print a table of the experiments."""
    if is_asked(arguments):
        print_help(page([command], ABOUT, ()))
    if arguments:
        raise UserError(f"`{command}` must stand alone, got {arguments[0]} after it. Leave it out.")
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("experiment", no_wrap=True)
    table.add_column("source", min_width=len("two-step-task"))
    table.add_column("shows")
    table.add_column("takes", min_width=len("20 minutes"), justify="right")
    table.add_column("verdicts", min_width=len("verdicts"), justify="right")
    for experiment in EXPERIMENTS.values():
        source = experiment.paper.split(", ")[0]
        verdicts = shipped_verdicts(experiment.name)
        held = "" if verdicts is None else f"{verdicts[0]}/{verdicts[1]}"
        table.add_row(experiment.name, source, experiment.shows, experiment.duration, held)
    console = Console()
    console.print(table)
    console.print(NOTE, style="dim")
