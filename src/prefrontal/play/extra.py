"""The packages of the extra `play`, which come only to those who ask for them."""

import importlib
from typing import Any

from prefrontal.errors import UserError


def need(package: str) -> Any:
    """The module `package`, of the extra.

    Raises:
        UserError: when it is not installed; it names the extra.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError:
        raise UserError(
            f"`prefrontal play` must have {package.partition('.')[0]} installed, got none. "
            'Install it: pip install "prefrontal[play]".'
        ) from None
