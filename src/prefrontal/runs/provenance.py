"""What a result came from: which experiment, config and versions; and whether two have the same origin."""

import hashlib
import importlib.metadata
import json
import math
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from prefrontal.errors import UserError, argument

PACKAGES = (
    *("prefrontal", "jax", "jaxlib", "numpy", "equinox", "optax"),
    *("optimistix", "scipy", "pandas", "scikit-learn", "xarray"),
)
"""The packages that decide a result: of training, and of analyses and fits."""
EXTRAS = ("numpyro", "arviz", "gymnasium", "gymnax")
"""Those that may, and need not be there."""

_MOST_DIFFERENCES_SHOWN = 3
_DEEPEST = 50
_TOO_DEEP = f"lists or objects within one another, more than {_DEEPEST} deep"


def config_hash(experiment: str, config: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits that name `experiment` with `config`, whatever the order of the fields.

    Numbers count by their value: 1 and 1.0 are the same.

    Raises:
        UserError: when a number of the config is infinite or not a number.
    """
    document = json.dumps(_canonical({"experiment": experiment, "config": config}), sort_keys=True)
    return hashlib.sha256(document.encode()).hexdigest()[:8]


def default_folder(experiment: str, config: Mapping[str, Any], root: Path = Path("runs")) -> Path:
    """Where a run goes unless told otherwise: `root`/<experiment>/<hash of the config>."""
    return root / experiment / config_hash(experiment, config)


def differences(there: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """In words, the fields in which two records {"experiment", "config", ...} differ. Empty where they agree.

    Raises:
        UserError: when a number of a config is infinite or not a number.
    """
    # Compared as JSON text: in Python True equals 1, and a field that is absent would equal one that is None.
    one, other = (
        {name: json.dumps(value, sort_keys=True) for name, value in _fields(_canonical(record)).items()}
        for record in (there, asked)
    )
    differing = [
        f"`{_field_name(name)}` is {one.get(name, 'absent')} there, {other.get(name, 'absent')} asked for"
        for name in sorted(one.keys() | other.keys(), key=_order)
        if name != "config" and one.get(name) != other.get(name)
    ]
    more = len(differing) - _MOST_DIFFERENCES_SHOWN
    return "; ".join(differing[:_MOST_DIFFERENCES_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _order(name: str) -> tuple[bool, bool, str]:
    """The experiment before its config, and what class something is of before its fields."""
    return name.startswith("config."), not name.endswith(".class"), name


def environment() -> dict[str, Any]:
    """The time, the machine, and the versions of all that decides a result. It imports none of them.

    `command` is what was typed, or the script that ran; `device` is null where JAX is not in use, `commit` where the
    package was not installed from a repository, `compiler`, the one of C that is found, where nothing trains or there
    is none.
    """
    return {
        "time": now(),
        "command": _command(),
        "platform": platform.platform(),
        "cpu_count": os.cpu_count(),
        "processor": processor()._asdict(),
        "device": _device(),
        "compiler": _compiler(),
        "commit": _commit(),
        "versions": versions(),
    }


def _command() -> str:
    """What was typed, as a shell takes it again: of a program the name alone, not the folder that it is in."""
    first, *others = sys.argv or [""]
    return shlex.join([Path(first).name, *others]) if first else ""


def _device() -> dict[str, Any] | None:
    """What JAX computes on, where it was imported."""
    jax = sys.modules.get("jax")
    if jax is None:
        return None
    devices = jax.local_devices()
    return {"backend": jax.default_backend(), "kind": devices[0].device_kind, "count": len(devices)}


def _compiler() -> str | None:
    """What is found to compile the package's C, where something may train; whether that succeeds is not known yet."""
    return native.described() if (native := sys.modules.get("prefrontal.learning.native")) else None


@cache
def _commit() -> str | None:
    """The commit that the package was installed from; "-dirty" behind it where files have been changed since."""
    with suppress(importlib.metadata.PackageNotFoundError, ValueError, KeyError, TypeError):
        installed = importlib.metadata.distribution("prefrontal").read_text("direct_url.json")
        return json.loads(installed or "{}")["vcs_info"]["commit_id"]
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():  # not any repository above: a user's own may hold the environment
        return None
    command = [
        "git",
        "--no-optional-locks",
        "-C",
        str(root),
        "describe",
        "--always",
        "--dirty",
        "--abbrev=40",
        "--exclude=*",
    ]
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
        return told.stdout.strip()
    return None


class Processor(NamedTuple):
    """What computes, where that is no GPU."""

    name: str
    """As its maker calls it, such as "AMD EPYC"."""
    kind: str
    """Architecture and eight digits: two processors of one kind have the same name and the same instruction set."""


@cache
def processor() -> Processor:
    """The processor of this machine."""
    name, features = platform.processor() or platform.machine(), ""
    if sys.platform == "darwin":
        with suppress(OSError, subprocess.SubprocessError):
            asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
            told = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=10)
            name = told.stdout.strip() or name
    with suppress(OSError):  # Linux
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0].splitlines()
        told = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        name = told.get("model name") or name
        features = " ".join(sorted((told.get("flags") or told.get("Features") or "").split()))
    digits = hashlib.sha256(f"{name} {features}".encode()).hexdigest()[:8]
    return Processor(name, f"{platform.machine()}-{digits}")


def versions() -> dict[str, str | None]:
    """The versions of Python and of `PACKAGES`, None for one not installed; and of those of `EXTRAS` that are."""
    found = {package: _version(package) for package in (*PACKAGES, *EXTRAS)}
    here = {package: version for package, version in found.items() if version or package in PACKAGES}
    return {"python": platform.python_version(), **here}


@cache
def _version(package: str) -> str | None:
    """To find it takes some milliseconds, and each seed asks for all."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def now() -> str:
    """The time, to the second, in UTC: 2026-01-31T12:00:00+00:00."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_record(path: Path) -> dict[str, Any]:
    """Read a JSON file that has at least an experiment's name and its config: {"experiment", "config", ...}.

    Raises:
        UserError: when it is missing, unreadable or anything else.
    """
    try:
        record = parse_json(path.read_text(encoding="utf-8"))
        if isinstance(record["experiment"], str) and isinstance(record["config"], dict):
            return record
        fault = "an entry of the wrong type"
    except OSError as error:
        fault = error.strerror or str(error)
    except (ValueError, LookupError, TypeError) as error:
        fault = str(error)
    raise UserError(
        f"`{path}` must be the JSON of a run, with its experiment and config, got a damaged file ({fault}). "
        f"Restore it from a copy, move `{path.parent}` away, or give another {argument('out')}."
    )


def parse_json(text: str) -> Any:
    """The document that the JSON `text` holds.

    Raises:
        ValueError: when it is none, or is nested deeper than anything that is written here.
    """
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    check_depth(document)
    return document


def check_depth(document: Any) -> None:
    """Refuse what is nested deeper than anything that is written here.

    Raises:
        ValueError: when `document`, of lists and dictionaries, is.
    """
    level, depth = [document], 0
    while level := [
        item
        for value in level
        if isinstance(value, dict | list)
        for item in (value.values() if isinstance(value, dict) else value)
    ]:
        depth += 1
        if depth > _DEEPEST:
            raise ValueError(_TOO_DEEP)


def to_json(document: object) -> str:
    """`document` as sorted JSON for people to read. It may hold NumPy numbers and arrays; see `jsonable`."""
    return json.dumps(jsonable(document), indent=2, sort_keys=True, allow_nan=False) + "\n"


def jsonable(document: Any) -> Any:
    """`document` as JSON can hold it: lists for tuples and arrays, None for a number that is infinite or none.

    JSON has neither NaN nor infinity: what could not be measured is null.
    """
    if isinstance(document, Mapping):
        return {key: jsonable(item) for key, item in document.items()}
    if isinstance(document, list | tuple):
        return [jsonable(item) for item in document]
    if isinstance(document, float) and not math.isfinite(document):
        return None
    if isinstance(document, np.generic | np.ndarray):
        return jsonable(document.tolist())
    if document is None or isinstance(document, str | int | float):
        return document
    return plain(document)


def plain(value: object) -> object:
    """The Python number, or list of them, that a NumPy `value` holds: `json.dumps(..., default=plain)`."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{value!r} cannot be written as JSON.")


def _canonical(value: Any, name: str = "") -> Any:
    """`value` with one form for each content: lists for tuples, whole numbers as int."""
    if isinstance(value, Mapping):
        return {key: _canonical(item, f"{name}.{key}" if name else key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item, f"{name}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, np.generic | np.ndarray):
        return _canonical(value.tolist(), name)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UserError(f"`{_field_name(name)}` must be a finite number, got {value}. Give a finite one.")
        return int(value) if value.is_integer() else value
    return value


def _fields(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The leaves of nested mappings, by dotted name. An empty mapping is a leaf."""
    leaves: dict[str, Any] = {}
    for key, value in document.items():
        nested = isinstance(value, Mapping) and value
        leaves |= _fields(value, f"{prefix}{key}.") if nested else {prefix + key: value}
    return leaves


def _field_name(name: str) -> str:
    return name.removeprefix("config.")
