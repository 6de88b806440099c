"""What an option reader refuses, in the package's own sentences: which option, what it takes, what was got."""

import difflib
import re
from collections.abc import Iterator, Sequence

from prefrontal.commands.help import Section
from prefrontal.errors import UserError

METAVARS = {"N": ("a whole number", "whole numbers"), "NUMBER": ("a number", "numbers")}
"""What follows an option, by what its help says: one, several."""


def refusal(told: str, arguments: Sequence[str], program: str, sections: Sequence[Section]) -> UserError | None:
    """The sentence on a command line that cannot be read; None where nothing better is known than what tyro told.

    Arguments:
        told: what tyro printed, a box of lines.
        arguments: what followed `program`.
        program: the words before.
        sections: the options that there are, as `options_of` tells them.
    """
    known = dict(_flags(sections))
    remedy = f"Try `{program} --help`."
    for word in arguments:
        flag = word.partition("=")[0].replace("_", "-")
        if re.match("--?[a-zA-Z]", word) and flag not in known and flag.replace("--no-", "--", 1) not in known:
            near = difflib.get_close_matches(flag, [*known, "--help"], n=1)
            guess = f"Did you mean {near[0]}? " if near else ""
            return UserError(f"`option` must be one of `{program}`, got {flag}. {guess}{remedy}")
    text = " ".join(line.strip(" │|") for line in told.splitlines())
    if found := re.search("Unrecognized options: (.*?) ─", text):
        return UserError(f"`arguments` must be options of `{program}` and their values, got {found[1]}. {remedy}")
    if not (found := re.search(r"(?:Error parsing |argument ')(--[\w.-]+)", text)) or found[1] not in known:
        return None
    flag, metavar = found[1], known[found[1]]
    choices = re.search(r"Expected one of \((.*?)\)\.", text)
    several = metavar.endswith("...")
    needed = METAVARS.get(metavar.removesuffix(" ..."), (f"{metavar.removesuffix(' ...')}",) * 2)[several]
    if choices:
        needed = "one of " + choices[1].replace("'", "").rstrip(",")
    got = " ".join(_values(flag, arguments)) or "nothing"
    return UserError(f"`{flag}` must be {needed}, got {got}. {remedy}")


def _flags(sections: Sequence[Section]) -> Iterator[tuple[str, str]]:
    """Every option and what its help says of its value, as written: "--seeds" and "N ..."."""
    for entry in (entry for section in sections for entry in section.entries if entry.name.startswith("-")):
        names, _, metavar = re.sub(", (?=-)", ",", entry.name).partition(" ")
        for name in names.split(","):
            yield name.replace("[no-]", ""), metavar


def _values(flag: str, arguments: Sequence[str]) -> Iterator[str]:
    """What the command line gives to the option `flag`."""
    follows = False
    for word in arguments:
        name, _, value = word.partition("=")
        if word.startswith("--"):
            follows = name.replace("_", "-") == flag
            if follows and value:
                yield value
        elif follows:
            yield word
