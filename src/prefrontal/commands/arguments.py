"""What commands on cognitive models have in common: NAME=VALUE words, files that are not written over."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

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


def refuse_given(options: Any, usual: Any, names: Iterable[str], where: str) -> None:
    """Refuse what is given and would be passed over.

    Arguments:
        options: as they were given.
        usual: as they are when nothing is said.
        names: of them, those that say nothing here. Of one that is options itself, all within.
        where: they must be left out, as in "where only networks are fitted".

    Raises:
        UserError: when one of `names` is given another value than the usual.
    """
    for name in names:
        given, usually = getattr(options, name), getattr(usual, name)
        if given == usually:
            continue
        if is_dataclass(given):
            refuse_given(given, usually, [field.name for field in fields(given)], where)
        value = " ".join(given) if isinstance(given, tuple) else "it" if given is True else given
        raise UserError(f"`{name}` must be left out {where}, got {value}: it would do nothing. Leave it out.")


def check_new(path: Path, *, overwrite: bool = False) -> None:
    """Refuse a file that is there already, unless it may be overwritten.

    Raises:
        UserError: when it is.
    """
    if path.exists() and not overwrite:
        raise UserError(f"`out` must be new, got {path}, which is there. Give another --out, or add --overwrite.")
