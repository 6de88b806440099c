"""A page a command, with what the command tells of itself."""

import contextlib
import io
import os

from prefrontal import cli
from prefrontal.commands import COMMANDS
from website.contents import toctree

OF_EXPERIMENT = ("train", "reproduce", "evaluate", "figure", "intervene", "bench")
EXAMPLE = "wang2018-two-step"


def command_pages() -> dict[str, str]:
    """Every page, by name."""
    pages = {f"commands/{name}.md": page(name) for name in COMMANDS}
    index = [
        "# Commands",
        "",
        "Each page is what the command says of itself with `--help`, as wide as it says it.",
        "",
        *(f"- [`prefrontal {name}`]({name}.md): {command.summary}" for name, command in COMMANDS.items()),
        "",
        *shown(),
        "",
        *toctree(list(COMMANDS), depth=1),
        "",
    ]
    return {"commands/index.md": "\n".join(index), **pages}


def page(name: str) -> str:
    """The page of a command."""
    more = []
    if name in OF_EXPERIMENT:
        more = ["", f"## With an experiment, such as {EXAMPLE}", "", *shown(name, EXAMPLE)]
    if name == "simulate":
        more = ["", "## With a model, such as hybrid", "", *shown(name, "hybrid")]
    summary = COMMANDS[name].summary
    return "\n".join([f"# prefrontal {name}", "", f"{summary[0].upper()}{summary[1:]}.", "", *shown(name), *more, ""])


def shown(*words: str) -> list[str]:
    """What `prefrontal WORDS --help` prints, in a block."""
    line = " ".join(["prefrontal", *words, "--help"])
    return ["```text", f"$ {line}", told(*words).rstrip(), "```"]


def told(*words: str) -> str:
    """What `prefrontal WORDS --help` prints, at 80 columns."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.suppress(SystemExit):
            cli.main([*words, "--help"])
    finally:
        del os.environ["COLUMNS"]
        if before is not None:
            os.environ["COLUMNS"] = before
    return printed.getvalue()
