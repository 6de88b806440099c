"""`prefrontal runs`, `show` and `compare`: what was trained, and what came of it."""

import inspect
import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from rich.console import Console

from prefrontal.commands.options import read_options
from prefrontal.errors import UserError, counted
from prefrontal.experiments.records import PARTS, Record, changed_options, find_folder, read_folder, settings_of
from prefrontal.runs.files import folder_names
from prefrontal.runs.inventory import Found, find_runs, look
from prefrontal.runs.results import read_results

if TYPE_CHECKING:
    from prefrontal.reports.runs import Measure

MOST_FILES = 20
"""So many files are named."""
MOST_FIELDS = 8
"""So many numbers of a task of one's own."""


@dataclass(frozen=True)
class RunsOptions:
    """The runs in a folder: how far each has come, and what it earned at last."""

    folder: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="[FOLDER]")] = Path("runs")
    """Where to look, folders within included."""


@dataclass(frozen=True)
class ShowOptions:
    """A run: where it differs from the preset, its seeds, its verdicts, its files."""

    run: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="RUN")]
    """Its folder; or EXPERIMENT/NAME, or NAME where one run alone has it, as `prefrontal runs` lists them."""
    config: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print every number of it instead, as JSON that --config reads."""


@dataclass(frozen=True)
class CompareOptions:
    """Two runs: what differs in their settings, and in what they earned and did."""

    runs: Annotated[tyro.conf.Positional[tuple[str, str]], tyro.conf.arg(metavar="RUN RUN")]
    """Their folders; or names, as `prefrontal show` takes them."""


def run(command: str, arguments: Sequence[str]) -> None:
    """List runs, show one, or compare two."""
    if command != "runs" and not arguments:
        number = "two runs" if command == "compare" else "a run"
        raise UserError(f"`{command}` must be followed by {number}, got nothing. `prefrontal runs` lists them.")
    kind, act = _COMMANDS[command]
    act(read_options(kind, arguments, program=f"prefrontal {command}", description=inspect.getdoc(kind) or ""))


def _list(options: RunsOptions) -> None:
    from prefrontal.reports.runs import print_runs

    if options.folder == Path("runs") and not options.folder.exists():
        print("There are no runs yet. Train one: prefrontal train EXPERIMENT", flush=True)
        return
    found = list(find_runs(options.folder))
    if not found:
        print(f"There are no runs in {options.folder}. Train one: prefrontal train EXPERIMENT", flush=True)
        return
    print_runs(found, options.folder, Console())
    shown = shlex.quote(str(found[-1].path))
    print(f"\nOne of them: prefrontal show {shown}", flush=True)


def _show(options: ShowOptions) -> None:
    from prefrontal.reports.runs import print_seeds, size

    path = _folder(options.run)
    record = _record(path)
    if options.config:
        print(json.dumps(settings_of(_known(path, record)), indent=2), flush=True)
        return
    found, console = look(path), Console()
    networks = found.record.get("networks", {}) if not found.variants else {}
    print(f"{found.experiment}: {path}\nState: {found.state}")
    if record:
        changed = changed_options(record.experiment, record.config)
        recipe = "" if record.recipe == "paper" else f" in the {record.recipe} recipe"
        print(f"Differs from the preset{recipe}: {' '.join(changed) or 'in nothing'}")
    else:
        print("".join(f"{line}\n" for line in _of_ones_own(found.record.get("config", {}))), end="")
    if networks:
        print(f"Networks: of {networks.get('trained_by') or 'elsewhere'}, from the {networks.get('from', 'run')}")
    if found.states:
        console.print()
        print_seeds(found, _episodes(found), console)
    if found.is_tested:
        results = read_results(path)
        if all(name in results for name in ("experiment", "seeds", "verdicts")):
            console.print()
            _report(record, results, console)
    names = sorted(name for name in folder_names(path) if not name.startswith("."))
    shown = [f"{name}/" if (path / name).is_dir() else name for name in names[:MOST_FILES]]
    more = f" and {len(names) - MOST_FILES} more" if len(names) > MOST_FILES else ""
    print(f"\nFiles, {size(found.size)}: {', '.join(shown)}{more}")
    next_step = _next(found, record) if record else _next_of_ones_own(found)
    print(f"Next: {next_step}", flush=True)


def _report(record: Record | None, results: dict[str, Any], console: Console) -> None:
    """Show results as the test did; the verdicts alone of one's own experiments, and of what other versions wrote."""
    from prefrontal.experiments.studies import study_of
    from prefrontal.reports.tables import print_verdicts

    if record is not None:
        try:
            with console.capture() as told:
                study_of(record.experiment).report(results, console)
        except KeyError:  # something that this version's report asks for is not there
            pass
        else:
            print(told.get(), end="", flush=True)
            return
    print_verdicts(results, console)


def _compare(options: CompareOptions) -> None:
    from prefrontal.reports.runs import print_differences, print_results_of_two, print_verdicts_of_two

    paths = [_folder(name) for name in options.runs]
    found, console = [look(path) for path in paths], Console()
    names = [path.name for path in paths]
    if len(set(names)) == 1:
        names = [str(path) for path in paths]
    for place, (path, one) in enumerate(zip(paths, found, strict=True)):
        print(f"{'first' if place == 0 else 'second'}: {path} ({one.experiment}, {one.state})")
    first, second = (_settings(path, one) for path, one in zip(paths, found, strict=True))
    print_differences(first, second, names, console)
    results = [read_results(one.path) if one.is_tested else {} for one in found]
    one, other = (_measured(one, result) for one, result in zip(found, results, strict=True))
    if not set(one) & set(other):
        print("Results: none that both have. Train both, and test them: prefrontal evaluate RUN", flush=True)
        return
    print_results_of_two(one, other, names, console)
    print_verdicts_of_two(results[0].get("verdicts", []), results[1].get("verdicts", []), names, console)
    for path, run_there in zip(paths, found, strict=True):
        if not run_there.is_tested:
            how = f"prefrontal evaluate {shlex.quote(str(path))}" if _record(path) else _next_of_ones_own(run_there)
            print(f"{path} is not tested yet: {how}", flush=True)


_COMMANDS: dict[str, tuple[Any, Callable[[Any], None]]] = {
    "runs": (RunsOptions, _list),
    "show": (ShowOptions, _show),
    "compare": (CompareOptions, _compare),
}


def _folder(name: str) -> Path:
    found = find_folder(name)
    if found is None:
        raise UserError(f"`run` must be the folder of a run, got {name}, which is none. `prefrontal runs` lists them.")
    return found


def _record(path: Path) -> Record | None:
    """What the folder says of itself; None where it is of an experiment or a config that the package does not have."""
    look(path)  # refuses what cannot be read
    try:
        return read_folder(path)
    except UserError:
        return None


def _known(path: Path, record: Record | None) -> Record:
    return record or read_folder(path)  # which says why not


def _episodes(found: Found) -> dict[str, int]:
    """Training episodes that are asked for, by variant."""
    train = {name: run.config.get("train") for name, run in found.variants.items()}
    return {name: part.get("num_episodes", 0) for name, part in train.items() if isinstance(part, dict)}


def _settings(path: Path, found: Found) -> dict[str, Any]:
    """Every number of a run by its option, those at their defaults included where the package knows them."""
    record = _record(path)
    parts: dict[str, Any] = settings_of(record)["config"] if record else found.record["config"]
    return {
        f"{part}.{name}".replace("_", "-"): value
        for part in [*PARTS, *sorted(set(parts) - set(PARTS))]
        if isinstance(parts.get(part), dict)
        for name, value in parts[part].items()
    }


def _measured(found: Found, results: dict[str, Any]) -> "dict[str, Measure]":
    from prefrontal.reports.runs import REWARD, Measure, of_seeds, reward_at_last

    trained = {name: reward_at_last(states) for name, states in found.seeds.items()}
    rewards = {f"{REWARD}, {name}" if name else REWARD: Measure(reward) for name, reward in trained.items() if reward}
    return rewards | of_seeds(results)


def _of_ones_own(config: dict[str, Any]) -> list[str]:
    """What a run of a task or an agent of one's own says of them, a line each: the class, and the plain fields."""
    lines = []
    for part, heading in (("task", "Task"), ("agent", "Agent")):
        if isinstance(numbers := config.get(part), dict):
            plain = {name: value for name, value in numbers.items() if isinstance(value, int | float)}
            told = [
                str(numbers.get("class", "of the package")),
                *(f"{name} {value:.4g}" for name, value in plain.items()),
            ]
            lines.append(f"{heading}: {', '.join(told[:MOST_FIELDS])}")
    if isinstance(train := config.get("train"), dict) and "num_episodes" in train:
        lines.append(f"Training: {counted(train['num_episodes'], 'episode')}")
    return lines


def _next_of_ones_own(found: Found) -> str:
    if found.state.startswith("training"):
        return "wait for it, or watch it: tensorboard --logdir " + shlex.quote(str(found.path))
    is_over = found.state in ("trained", "tested")
    return f"in Python, the same call (train_agents, or train_run) {'reads it' if is_over else 'goes on with it'}"


def _next(found: Found, record: Record) -> str:
    folder = shlex.quote(str(found.path))
    if not record.is_plain or record.source == "file":
        return f"prefrontal figure {folder}"
    if found.state.startswith("training"):
        return "wait for it, or watch it: tensorboard --logdir " + folder
    if found.state.startswith(("stopped", "begun")) and found.variants:
        return f"prefrontal train {folder}"
    return f"prefrontal {'figure' if found.is_tested else 'evaluate'} {folder}"
