"""`prefrontal example`: a table of trials to try the other commands on, and to lay one's own out by."""

from collections.abc import Sequence
from pathlib import Path

from prefrontal.commands.help import is_asked, page, print_help
from prefrontal.commands.written import check_file
from prefrontal.errors import UserError

ABOUT = """\
Write a table of trials to try the other commands on: twelve simulated people
who played the two-step task, a row a trial, as a study might have it.

  prefrontal example people.csv
  prefrontal analyse people.csv
  prefrontal fit people.csv --models hybrid win-stay-lose-shift
"""


def run(command: str, arguments: Sequence[str]) -> None:
    """Write the example to the file that the argument names."""
    if is_asked(arguments):
        print_help(page([f"{command} FILE"], ABOUT, ()))
    if len(arguments) != 1 or arguments[0].startswith("-"):
        got = " ".join(arguments) or "nothing"
        raise UserError(f"`file` must follow `{command}` alone, got {got}. Try: prefrontal example people.csv")
    path = Path(arguments[0])
    check_file(path, name="file", remedy="Give another name.")

    from prefrontal.runs.files import make_folder, write_text
    from prefrontal.trials.example import example_table

    make_folder(path.parent)
    write_text(path, example_table())
    print(f"Trials: {path}. Look at them, then try: prefrontal analyse {path}", flush=True)
