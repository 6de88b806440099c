"""Random settings: values drawn from ranges that a file declares."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from prefrontal.errors import UserError

_FORMS = '{low = 1e-4, high = 1e-2, log = true}, {low = 8, high = 64, whole = true} or {choices = ["trial", "steps"]}'

_MOST, _MOST_WHOLE = 1e300, 2.0**53


def check_range(option: str, declared: Any) -> Mapping[str, Any]:
    """The range that is declared for `option`, or a refusal: {"low", "high"} with "log", "whole", or {"choices"}.

    Raises:
        UserError: when it is none.
    """
    if isinstance(declared, Mapping):
        if set(declared) == {"choices"} and isinstance(declared["choices"], list) and declared["choices"]:
            return declared
        low, high = declared.get("low"), declared.get("high")
        is_log, is_whole = declared.get("log", False), bool(declared.get("whole", False))
        most = _MOST_WHOLE if is_whole else _MOST
        is_range = all(_is_bound(bound, most, whole=is_whole) for bound in (low, high)) and low < high  # pyright: ignore
        if is_range and not set(declared) - {"low", "high", "log", "whole"} and not (is_log and low <= 0):  # pyright: ignore
            return declared
    raise UserError(f"`{option}` must be a range to draw from, such as {_FORMS}, got {declared!r}. Mend it.")


def _is_bound(bound: Any, most: float, *, whole: bool) -> bool:
    """Whether `bound` is a number, whole where it has to be, of which there is a range (NaN is none)."""
    is_number = isinstance(bound, int | float) and not isinstance(bound, bool)
    return is_number and -most <= bound <= most and (not whole or bound == int(bound))


def drawn(ranges: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """One value for each option, drawn from its range: evenly, of a logarithmic one evenly in the logarithm.

    Raises:
        UserError: when a range is none.
    """
    return {option: _draw(check_range(option, declared), rng) for option, declared in ranges.items()}


def _draw(declared: Mapping[str, Any], rng: np.random.Generator) -> Any:
    if "choices" in declared:
        return declared["choices"][int(rng.integers(len(declared["choices"])))]
    low, high, whole = declared["low"], declared["high"], declared.get("whole", False)
    if declared.get("log", False):
        value = math.exp(rng.uniform(math.log(low), math.log(high + whole)))
        return min(int(value), int(high)) if whole else float(f"{value:.4g}")
    return int(rng.integers(low, high + 1)) if whole else float(f"{rng.uniform(low, high):.4g}")
