"""What commands on cognitive models have in common: NAME=VALUE words, files that are not written over."""

from collections.abc import Sequence
from pathlib import Path

from prefrontal.errors import UserError


def read_pairs(option: str, words: Sequence[str]) -> dict[str, float]:
    """The numbers in words such as weight=.5; hyphens in names count as underscores.

    Raises:
        UserError: when a word is anything else, or a name comes twice.
    """
    pairs: dict[str, float] = {}
    for word in words:
        name, _, value = word.partition("=")
        name = name.replace("-", "_")
        try:
            number = float(value)
        except ValueError:
            raise UserError(
                f"`{option}` must be written NAME=NUMBER, as in weight=.5, got {word}. Mend or leave it out."
            ) from None
        if name in pairs:
            raise UserError(f"`{option}` must name each once, got {name} twice. Leave one out.")
        pairs[name] = number
    return pairs


def check_new(path: Path, *, overwrite: bool = False) -> None:
    """Refuse a file that is there already, unless it may be overwritten.

    Raises:
        UserError: when it is.
    """
    if path.exists() and not overwrite:
        raise UserError(f"`out` must be new, got {path}, which is there. Give another --out, or add --overwrite.")
