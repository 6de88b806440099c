"""The table of trials that comes with the package."""

from pathlib import Path

EXAMPLE = Path(__file__).with_name("people.csv")


def example_table() -> str:
    """The text of the example: twelve simulated people, columns subject, trial, choice, state, reward and rt.

    `scripts/make_example_table.py` made it.
    """
    return EXAMPLE.read_text(encoding="utf-8")
