"""Meta-reinforcement learning as a model of prefrontal cortex.

    import prefrontal as pf

What `pf` offers stands below, by topic; `help(pf.evaluate)`, say, tells of one, with an example. Beside that, every
module and every name that does not begin with an underscore is public, and there to be imported:
`prefrontal.analysis.fixed_points`, say.

Examples in docstrings take some things for granted: `pf`; JAX as `jax`, its arrays as `jnp`, NumPy as `np` and pandas
as `pd`; `table`, the trial table of six simulated subjects; `task`, a bandit of two arms and ten pulls an episode; and
`agent`, an untrained network of it. See `tests/test_examples.py`, where they run.
"""

import importlib
import re
from pathlib import Path
from textwrap import fill
from typing import Any

_LIST = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
_homes: dict[str, str] = {}


def _topics() -> str:
    """The public names by topic, as the list has them."""
    told = []
    for heading, rest in re.findall(r"^# ([A-Z].*)\n((?:from .*\n)+)", _LIST, re.MULTILINE):
        names = ", ".join(re.findall(r" import (\w+) ", rest))
        told.append(f"{heading}\n" + fill(names, 78, initial_indent="    ", subsequent_indent="    "))
    return "\n".join(told)


__doc__ = f"{__doc__}\n{_topics()}\n"


def _read_homes() -> dict[str, str]:
    """Where each public name lives: read once, from the list that type checkers read. A name's module is imported when
    it is first asked for, so that `import prefrontal` starts nothing."""
    if not _homes:
        import ast

        for node in ast.parse(_LIST).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                _homes.update((alias.name, node.module) for alias in node.names)
    return _homes


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return sorted(_read_homes())
    if name == "__version__":
        from importlib.metadata import version

        return version("prefrontal")
    if not name.startswith("_") and name in _read_homes():
        return getattr(importlib.import_module(_homes[name]), name)
    raise AttributeError(f"module 'prefrontal' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_read_homes())
