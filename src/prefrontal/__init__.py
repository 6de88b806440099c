"""Meta-reinforcement learning as a model of prefrontal cortex.

    import prefrontal as pf

What `pf` offers is listed in `__init__.pyi`, by topic; `dir(pf)` names it all. Beside that, every module and every name
that does not begin with an underscore is public: `prefrontal.analysis.fixed_points`, say, is there to be imported.

Examples in docstrings take some things for granted: `pf`; JAX as `jax`, its arrays as `jnp`, NumPy as `np` and pandas
as `pd`; `table`, the trial table of six simulated subjects; `task`, a bandit of two arms and ten pulls an episode; and
`agent`, an untrained network of it. See `tests/test_examples.py`, where they run.
"""

import importlib
from typing import Any

_homes: dict[str, str] = {}


def _read_homes() -> dict[str, str]:
    """Where each public name lives: read once, from the list that type checkers read. A name's module is imported when
    it is first asked for, so that `import prefrontal` starts nothing."""
    if not _homes:
        import ast
        from pathlib import Path

        for node in ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")).body:
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
