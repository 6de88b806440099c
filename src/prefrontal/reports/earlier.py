"""What an earlier fit left in its folder: the files that the command writes, by what was asked of it."""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from prefrontal.configs.models import FORGETTING, MODELS
from prefrontal.errors import UserError
from prefrontal.figures.style import FORMATS
from prefrontal.fitting.networks.naming import network_kind
from prefrontal.runs.parts import ASKED, PARTS

RECORDS = ("fit.json", "held-out.json")
AGENTS = "agents"

_AGENT = re.compile(r"\d{4,}\.safetensors")


def earlier_files(out: Path, inputs: Iterable[str | Path] = ()) -> list[Path]:
    """The files in `out` that an earlier fit wrote there, finished or not; none where nothing tells of one.

    Arguments:
        out: the folder of the fits, which need not be there.
        inputs: files that are no fit's, whatever they are called: those that are read now.
    """
    told = [_options(out / name, "options") for name in RECORDS] + [_options(out / PARTS / ASKED)]
    asked = [options for options in told if options]
    found = [out / name for options in asked for name in written(options)]
    networks = {name for options in asked for name in _names(options) if name not in (*MODELS, FORGETTING)}
    for name in sorted(networks):
        found += [path for path in sorted((out / AGENTS / name).glob("*")) if _AGENT.fullmatch(path.name)]
    own = {Path(path).resolve() for path in inputs}
    return [path for path in dict.fromkeys(found) if path.is_file() and path.resolve() not in own]


def written(options: Mapping[str, Any]) -> list[str]:
    """The files that the command writes into its folder when `options` are asked of it, but for networks' agents.

    Arguments:
        options: as a record has them.
    """
    names = _names(options)
    models = [name for name in names if name in MODELS]
    networks = [name for name in names if name not in (*MODELS, FORGETTING)]
    tables, figures = (
        [f"{name}.csv" for name in names if name not in networks],
        [f"{name}-estimates" for name in models],
    )
    records = []
    if models:
        tables += ["comparison.csv", "comparison-by-subject.csv"]
        figures += ["comparison", "selection"]
        records.append(RECORDS[0])
    if options.get("method") == "hierarchical":
        tables += [*(f"{name}-diagnostics.csv" for name in models), "loo.csv", "loo-comparison.csv"]
    if options.get("regressors"):
        tables += [f"{name}-regressors{ending}" for name in models for ending in (".csv", ".json")]
    if networks or options.get("held_out") or FORGETTING in names:
        tables += ["held-out.csv", "held-out-comparison.csv", *(f"{name}-fixed-points.csv" for name in networks)]
        figures += ["held-out", *(f"{name}-{what}" for name in networks for what in ("portrait", "flow"))]
        records.append(RECORDS[1])
    if options.get("num_simulations"):
        tables += [f"{name}-check.csv" for name in names]
        figures.append("check")
    return [*records, *tables, *(f"{stem}.{ending}" for stem in figures for ending in FORMATS)]


def _options(path: Path, entry: str | None = None) -> Mapping[str, Any]:
    """What was asked of a fit, by its record; nothing where there is none, or it is another file."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        record = json.loads(path.read_text(encoding="utf-8"))
        options = record[entry] if entry else record
        if isinstance(options["models"], list) and "tables" in options:
            return options
    return {}


def _names(options: Mapping[str, Any]) -> list[str]:
    """The models and networks that were asked for: what is no name of one names no file."""
    told = [name for name in (*options["models"], options.get("teacher")) if isinstance(name, str)]
    return [name for name in dict.fromkeys(told) if _is_name(name)]


def _is_name(name: str) -> bool:
    with suppress(UserError):
        return name in (*MODELS, FORGETTING) or bool(network_kind(name))
    return False
