"""`prefrontal list`: what there is."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from prefrontal.commands.help import is_asked, page, print_help
from prefrontal.errors import UserError
from prefrontal.experiments import EXPERIMENTS
from prefrontal.runs.shipped import shipped_seconds, shipped_verdicts

NOTE = (
    "Takes: training, test and figures on two cores. Pretrained: only test and figures, of the networks that come with "
    "the package, by --pretrained; the first time, compiling adds up to a minute. Yes: how many verdicts on these "
    "are. Where these two are empty, no networks come: train your own. Every verdict and every figure is in "
    "docs/gallery.md."
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
    table = Table(box=box.SIMPLE, padding=0, show_edge=False)
    table.add_column("experiment", no_wrap=True)
    table.add_column("reproduces")
    for heading, widest in (("takes", "20 min"), ("pre- trained", "trained"), ("yes", "11/25")):
        table.add_column(heading, width=len(widest), justify="right")
    for experiment in EXPERIMENTS.values():
        source = experiment.paper.split(", ")[0].replace("(", "").replace(")", "")
        verdicts, seconds = shipped_verdicts(experiment.name), shipped_seconds(experiment.name)
        table.add_row(
            experiment.name,
            f"{source}, {experiment.shows}",
            experiment.duration.replace("minutes", "min").replace("minute", "min"),
            "" if seconds is None else _about(seconds),
            "" if verdicts is None else f"{verdicts[0]}/{verdicts[1]}",
        )
    console = Console()
    console.print(table)
    console.print(NOTE, style="dim")


def _about(seconds: int) -> str:
    """So long at the most, about."""
    return f"{-(-seconds // 10) * 10} s" if seconds <= 60 else f"{-(-seconds // 60)} min"
