"""Meta-reinforcement learning as a model of prefrontal cortex.

    import prefrontal as pf

What `pf` offers stands below, by topic; `help(pf.evaluate)`, say, tells of one, with an example. Beside that, every
module and every name that does not begin with an underscore is public, and there to be imported:
`prefrontal.analysis.fixed_points`, say.

Examples in docstrings take some things for granted: `pf`; JAX as `jax`, its arrays as `jnp`, NumPy as `np` and pandas
as `pd`; `table`, the trial table of six simulated subjects; `task`, a bandit of two arms and ten pulls an episode; and
`agent`, an untrained network of it. See `tests/test_examples.py`, where they run.
"""

import functools
import importlib
import itertools
import re
import sys
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ast

_LIST = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
_homes: dict[str, str] = {}
_told: set[type] = set()


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
        found = getattr(importlib.import_module(_homes[name]), name)
        if "equinox" in sys.modules:  # by a name that runs on devices, which is to find all of them
            _set_jax_up()
        if isinstance(found, type) and (hasattr(found, "__dataclass_fields__") or hasattr(found, "_fields")):
            _tell_fields(found)
        return found
    raise AttributeError(f"module 'prefrontal' has no attribute {name!r}")


def _set_jax_up() -> None:
    importlib.import_module("prefrontal.devices").configure()


def _tell_fields(kind: type) -> None:
    """Write into the docstring of a dataclass or named tuple what its fields mean: in the source, it stands below each.
    `help` shows it then."""
    if kind in _told:
        return
    _told.add(kind)
    fields: dict[str, str] = {}
    for one in reversed([one for one in kind.__mro__ if one.__module__.startswith("prefrontal.")]):
        fields |= _below_fields(one)
    if fields:
        summary, example, rest = (kind.__doc__ or "").partition("\n\n    Example:")
        lines = [
            fill(f"{name}: {text}", 112, initial_indent=" " * 8, subsequent_indent=" " * 12)
            for name, text in fields.items()
        ]
        kind.__doc__ = summary.rstrip() + "\n\n    Fields:\n" + "\n".join(lines) + (example + rest or "\n    ")


def _below_fields(kind: type) -> dict[str, str]:
    """The text below each field of a class, by its name; of the class alone, without those it is derived from."""
    import ast

    body = _syntax(kind.__module__).body
    node = next((one for one in body if isinstance(one, ast.ClassDef) and one.name == kind.__name__), None)
    lines = node.body if node else []
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in itertools.pairwise(lines)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


@functools.cache
def _syntax(module: str) -> "ast.Module":
    import ast

    return ast.parse(Path(importlib.import_module(module).__file__ or "").read_text(encoding="utf-8"))


def __dir__() -> list[str]:
    return sorted(_read_homes())


if "jax" in sys.modules:  # somebody's first array, which starts JAX as it is, may come before a name of ours
    _set_jax_up()
