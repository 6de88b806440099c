"""What the page of a report says of a run, gathered from its folder."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefrontal.experiments.records import changed_options, read_folder, settings_of
from prefrontal.runs.inventory import Found, look
from prefrontal.runs.results import read_results
from prefrontal.runs.seed_folder import ENVIRONMENT

if TYPE_CHECKING:
    from prefrontal.reports.curves import Curves
    from prefrontal.reports.page import RunPart
    from prefrontal.reports.runs import Measure

MOST_SEEDS = 64
MOST_MEASURES = 8
"""Rows and columns of the table of seeds, at most."""
SOFTWARE = "this software, prefrontal (CITATION.cff)"


def part_of(path: Path) -> "RunPart":
    """What the page says of the run in `path`."""
    from prefrontal.reports.page import RunPart, figures_of, verdict_rows
    from prefrontal.reports.tables import why_not_comparable

    found, record = look(path), read_folder(path)
    experiment, changed = record.experiment, changed_options(record.experiment, record.config)
    results = read_results(path) if found.is_tested else {}
    judged = results.get("published_source")
    note = f"Published: {judged}." if judged else experiment.note
    if results and not results.get("comparable", True):
        note = why_not_comparable(results)
    seeds = [state.seed for state in found.states] or found.tested_seeds
    recipe = [] if record.recipe == "paper" else ["--recipe", record.recipe]
    again = [
        "prefrontal",
        "reproduce",
        experiment.name,
        *recipe,
        *(word for option in changed for word in option.split()),
    ]
    shown = f"It reproduces {experiment.shows}." if experiment.shows else ""
    return RunPart(
        name=f"{experiment.name}: {path.name}",
        title=experiment.title or experiment.draws,
        asked=" ".join(text for text in (_sentence(experiment.draws), shown) if text),
        state=f"{found.state.capitalize()}; {len(set(seeds))} seed{'s' * (len(set(seeds)) != 1)}; "
        f"differs from the preset: {'' if changed else 'in nothing'}",
        changed=changed,
        again=shlex.join([*again, "--seeds", *map(str, sorted(set(seeds)))]),
        cite=f"Cite {experiment.paper + ', and ' if experiment.paper else ''}{SOFTWARE}.",
        config=json.dumps(settings_of(record), indent=2),
        environment=_environment(found),
        figures=figures_of(path),
        verdicts=verdict_rows(results.get("verdicts", [])),
        note=note,
        curves=_curves(found),
        seeds=_seeds(found, results),
    )


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}." if words else ""


def _curves(found: Found) -> "list[tuple[str, Curves]]":
    import numpy as np

    from prefrontal.reports.curves import learning_curves

    drawn = []
    for name, folder in found.variants.items():
        done = [state.seed for state in found.seeds[name] if state.state == "trained"]
        curves = {seed: folder.seed(seed).learning_curve(most_values=600) for seed in done}
        if curves:
            length = min(len(curve.reward) for curve in curves.values())
            episode = np.asarray(next(iter(curves.values())).episode[:length], float)
            drawn.append(
                (name, learning_curves(episode, {seed: curve.reward[:length] for seed, curve in curves.items()}))
            )
    return drawn


def _seeds(found: Found, results: dict[str, Any]) -> list[list[str]]:
    """A table: headings, then a row a seed, with what its test measured."""
    from prefrontal.reports.runs import REWARD, of_seeds

    tested = [int(seed) for seed in results.get("seeds", [])]
    tests = {name: one for name, one in of_seeds(results).items() if len(one.per_seed) == len(tested)}
    tests = dict(list(tests.items())[:MOST_MEASURES])
    rows: list[list[str]] = []
    one_set = found.states if len(found.seeds) == 1 else []
    by_seed = {state.seed: state for state in one_set}
    for seed in sorted({*by_seed, *tested})[:MOST_SEEDS]:
        state = by_seed.get(seed)
        trained = [f"{state.episode:,}", f"{state.reward:,.2f}"] if state else []
        measured = [f"{one.per_seed[tested.index(seed)]:,.3f}" if seed in tested else "" for one in tests.values()]
        rows.append([str(seed), *trained, *measured])
    headings = ["seed", *(["episodes", REWARD] if one_set else []), *tests]
    return [headings, *rows] if rows else []


def _environment(found: Found) -> str:
    """What the first seed's record says of where it was trained; nothing where there is none."""
    for name, folder in found.variants.items():
        for state in found.seeds[name]:
            path = folder.seed(state.seed).path / ENVIRONMENT
            if path.exists():
                return path.read_text(encoding="utf-8")
    return "The networks are not in this run."


def settings(path: Path) -> dict[str, Any]:
    """Every number of a run, by its option."""
    config = settings_of(read_folder(path))["config"]
    return {
        f"{part}.{name}".replace("_", "-"): value for part, numbers in config.items() for name, value in numbers.items()
    }


def measures(found: Found) -> "dict[str, Measure]":
    """What was measured of every seed of a run, by name."""
    from prefrontal.reports.runs import REWARD, Measure, of_seeds, reward_at_last

    reward = reward_at_last(found.states)
    return ({REWARD: Measure(reward)} if reward else {}) | of_seeds(read_results(found.path) if found.is_tested else {})
