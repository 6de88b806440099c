"""The commands of the command line, one module each with `run(arguments)`. This table starts none of them."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A word that follows `prefrontal`."""

    module: str
    """Module of this package that runs it."""
    summary: str
    """A line for `prefrontal --help`."""

    @property
    def run(self) -> Callable[[str, Sequence[str]], None]:
        """Runs the command, given its own word and what follows it.

        Raises:
            UserError: for a person's mistake.
        """
        return importlib.import_module(f"prefrontal.commands.{self.module}").run


COMMANDS = {
    "list": Command("list", "what there is, and from which paper"),
    "reproduce": Command("experiment", "train what is missing, test, analyse, draw and report"),
    "train": Command("experiment", "train networks, or go on where training stopped"),
    "evaluate": Command("experiment", "test trained networks with frozen weights, and report"),
    "intervene": Command("intervene", "test networks with silenced units, noise or false signals"),
    "figure": Command("experiment", "draw the figures of an evaluated run again"),
    "sweep": Command("sweeps.run", "many settings and seeds from a file, here, on Ray or on SLURM"),
    "search": Command("sweeps.run", "search good settings within ranges in a file (Optuna)"),
    "runs": Command("runs", "the runs there are: state, seeds, reward, age, size"),
    "show": Command("runs", "a run: settings, seeds, verdicts, files"),
    "report": Command("report.run", "a run, or two side by side, as one page to be sent"),
    "compare": Command("runs", "two runs: what differs in settings and in results"),
    "import-tf1": Command("import_tf1", "read a checkpoint of mtrazzi/two-step-task, without TensorFlow"),
    "animate": Command("animate", "a trained network playing: GIF or MP4"),
    "analyse": Command("analyse", "stay probabilities and regressions of any table of trials"),
    "fit": Command("fit", "cognitive models fitted to any table of trials, and compared"),
    "simulate": Command("simulate", "a cognitive model plays: a table of its trials"),
    "recover": Command("recover", "whether fits find parameters and models again"),
    "table": Command("table", "any file of trials as one plain table"),
    "example": Command("example", "write a table of trials to try all this on"),
    "play": Command("play.run", "people play the task in a browser, for a study or a lecture"),
    "bench": Command("bench", "how fast this machine trains and tests: table, JSON, figure"),
}
