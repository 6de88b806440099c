"""TOML that anybody may have written."""

import re
import tomllib
from typing import Any

from prefrontal.runs.provenance import check_depth

MOST_CHARACTERS = 2**20
"""A longer text is not read: none that people write is."""
MOST_PARTS = 50
_DOTTED = re.compile(
    r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){%d}""" % MOST_PARTS  # noqa: UP031
)
"""Of a key in very many parts tomllib makes very much: one of 200 kB takes all memory there is."""


def parse_toml(text: str) -> dict[str, Any]:
    """The document that the TOML `text` holds.

    Raises:
        ValueError: when it is none, is longer or nested deeper than anything that people write, or has a key in more
            than `MOST_PARTS` parts.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text):,} characters, more than {MOST_CHARACTERS:,}")
    if _DOTTED.search(text):
        raise ValueError(f"a key in more than {MOST_PARTS} parts")
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise ValueError("lists or tables within one another, too deep") from None
    check_depth(document)
    return document
