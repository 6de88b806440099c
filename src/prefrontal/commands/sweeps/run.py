"""`prefrontal sweep` and `search`: many settings and seeds, here or on many machines, from a file that says what."""

import contextlib
import inspect
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro
from rich.console import Console

from prefrontal.commands.options import read_options
from prefrontal.errors import UserError, check_count, is_quiet

if TYPE_CHECKING:
    from prefrontal.runs.store import Store
    from prefrontal.sweeps.drive import Backend
    from prefrontal.sweeps.spec import Spec
    from prefrontal.sweeps.unit import Unit

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_LOOKS = 2.0


@dataclass(frozen=True)
class SweepOptions:
    """Train and test what a file asks for: experiments, settings, seeds.

    What is done is left as it is, what was stopped goes on, and the same command
    may be given again at any time. See docs/sweeps.md."""

    spec: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="SPEC")]
    """The file, TOML or JSON."""
    plan: tyro.conf.FlagCreatePairsOff[bool] = False
    """Say what there is to do, what is done, missing or failed, and about what it costs; do nothing."""
    table: tyro.conf.FlagCreatePairsOff[bool] = False
    """Make the table, the page and the figure of what is done so far; train nothing."""
    retry_failed: tyro.conf.FlagCreatePairsOff[bool] = False
    """Try those again, too, that failed."""
    backend: Literal["local", "ray", "slurm"] = "local"
    """Where the work is done: on this machine, on a cluster of Ray, or by the scheduler SLURM."""
    out: Annotated[str | None, tyro.conf.arg(metavar="FOLDER|URL")] = None
    """Where results lie. None: where the file says."""
    workers: int | None = None
    """Units at once. None: as many as there is room for."""
    address: Annotated[str | None, tyro.conf.arg(metavar="auto|HOST:PORT")] = None
    """With ray: the cluster. None: what RAY_ADDRESS says, or a new one on this machine alone."""
    scratch: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Where to work when results lie at a URL. None: in the system's temporary folder."""


@dataclass(frozen=True)
class SearchOptions:
    """Search good settings: Optuna proposes them within the ranges in a file, each
    is trained with all seeds, and what promises too little is stopped early.

    The same command goes on where it stopped. See docs/sweeps.md."""

    spec: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="SPEC")]
    """The file, TOML or JSON, with [space] and [search]."""
    table: tyro.conf.FlagCreatePairsOff[bool] = False
    """Make the table, the page and the figure of what is done so far; train nothing."""
    backend: Literal["local", "ray"] = "local"
    """Where the work is done: on this machine, or on a cluster of Ray."""
    out: Annotated[str | None, tyro.conf.arg(metavar="FOLDER|URL")] = None
    """Where results lie. None: where the file says."""
    workers: int | None = None
    """Trials at once. None: as many as there is room for."""
    address: Annotated[str | None, tyro.conf.arg(metavar="auto|HOST:PORT")] = None
    """With ray: the cluster. None: what RAY_ADDRESS says, or a new one on this machine alone."""
    scratch: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Where to work when results lie at a URL. None: in the system's temporary folder."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Read the options and do what they ask for."""
    if not arguments:
        raise UserError(
            f"`{command}` must be followed by a file that says what to do, got nothing. See docs/sweeps.md."
        )
    kind, act = _COMMANDS[command]
    description = inspect.getdoc(kind) or ""
    options: Any = read_options(kind, arguments, program=f"prefrontal {command}", description=description)
    if options.workers is not None:
        check_count("workers", options.workers)
    if options.address is not None and options.backend != "ray":
        raise UserError(f"`--address` must go with --backend ray, got {options.backend}. Leave one of them out.")
    if command == "sweep" and options.plan and options.table:
        raise UserError("`--plan` must go without --table, got both. Leave one of them out.")
    act(options)


def _sweep(options: SweepOptions) -> None:
    from prefrontal.runs.stores import open_store
    from prefrontal.sweeps.spec import read_spec
    from prefrontal.sweeps.standing import ENDED, standings
    from prefrontal.sweeps.told import print_plan

    spec, console = read_spec(options.spec, options.out), Console()
    store = open_store(spec.out)
    if options.plan:
        print_plan(spec, standings(store, spec.units), console)
        return
    if not options.table:
        found = standings(store, spec.units)
        left = [one.unit for one in found if one.state not in ENDED or (options.retry_failed and one.state == "failed")]
        if options.backend == "slurm":
            _submit(spec, left, options.workers)
            return
        if left:
            from prefrontal.sweeps.drive import drive

            backend = _backend(spec, options)
            with contextlib.closing(backend), _told(store, lambda: spec.units, len(spec.units)) as on_turn:
                drive(store, left, backend, on_turn)
    _tell(store, spec, console)


def _search(options: SearchOptions) -> None:
    from prefrontal.runs.stores import open_store
    from prefrontal.sweeps.search import Search, found_so_far
    from prefrontal.sweeps.spec import read_spec

    spec = read_spec(options.spec, options.out)
    store = open_store(spec.out)
    search = Search(spec, store)
    if not options.table:
        from prefrontal.sweeps.drive import drive

        backend = _backend(spec, options)
        with (
            contextlib.closing(backend),
            _told(store, lambda: search.units, search.config.trials) as on_turn,
        ):
            looked = time.monotonic()

            def look(names: Sequence[str], ended: Counter[str]) -> None:
                nonlocal looked
                on_turn(names, ended)
                if time.monotonic() - looked > SECONDS_BETWEEN_LOOKS:
                    search.look(names)
                    looked = time.monotonic()

            drive(store, search.proposals(), backend, look, search.end)
    _tell(store, found_so_far(spec, search), Console())


def _submit(spec: "Spec", units: "Sequence[Unit]", at_once: int | None) -> None:
    from prefrontal.sweeps.slurm import SCRIPT, submit, waiting

    queued = waiting(spec)
    if queued:
        print(f"With SLURM already, waiting or running: {len(queued):,}")
    left = [unit for unit in units if unit.name not in queued]
    if not left:
        print("Nothing is left to submit.")
        return
    job = submit(spec, left, at_once)
    print(f"Submitted: job {job.job}, {len(left):,} units; {job.folder / SCRIPT}")
    print(f"How it goes: prefrontal sweep {spec.path} --plan; the table: --table; what tasks say: {job.folder}/*.log")
    print("Units that were cancelled or lost are submitted again by the same command.", flush=True)


def _tell(store: "Store", spec: "Spec", console: Console) -> None:
    from prefrontal.sweeps.handing_in import FILES, hand_in
    from prefrontal.sweeps.told import print_table

    table, measure, found = hand_in(store, spec)
    print_table(table, measure, found, console)
    print(f"Files: {', '.join(FILES)} in {spec.out}", flush=True)


def _backend(spec: "Spec", options: SweepOptions | SearchOptions) -> "Backend":
    scratch = None if options.scratch is None else str(options.scratch)
    if options.backend == "ray":
        from prefrontal.sweeps.ray_cluster import RayBackend

        return RayBackend(spec, options.address, options.workers, scratch)
    from prefrontal.sweeps.local import LocalBackend, room

    return LocalBackend(spec, options.workers or room(spec.resources), scratch)


@contextlib.contextmanager
def _told(
    store: "Store", units: "Callable[[], Sequence[Unit]]", num: int
) -> Iterator[Callable[[Sequence[str], Counter[str]], None]]:
    """Tells how `num` units go, of which `units` gives those known: a table in a terminal, a line now and then
    elsewhere."""
    from rich.live import Live

    from prefrontal.progress import duration
    from prefrontal.sweeps.standing import ENDED, standings
    from prefrontal.sweeps.told import under_way

    console, began = Console(stderr=True, quiet=is_quiet()), time.monotonic()
    known = Counter(one.state for one in standings(store, units()) if one.state in ENDED)
    looked = began

    def counts(names: Sequence[str], ended: Counter[str]) -> Counter[str]:
        told = Counter({state: known[state] + ended[state] for state in ENDED}) + Counter(running=len(names))
        return told + Counter(missing=num - told.total())

    with Live(console=console, transient=True, auto_refresh=False) if console.is_interactive else _nothing() as live:

        def on_turn(names: Sequence[str], ended: Counter[str]) -> None:
            nonlocal looked
            every = SECONDS_BETWEEN_LOOKS if live else SECONDS_BETWEEN_LINES
            if time.monotonic() - looked < every:
                return
            looked = time.monotonic()
            if live:
                found = standings(store, [unit for unit in units() if unit.name in names])
                live.update(under_way(found, counts(names, ended), looked - began), refresh=True)
            elif not console.quiet:
                told = ", ".join(f"{num:,} {state}" for state, num in counts(names, ended).items() if num)
                with contextlib.suppress(OSError):  # where nobody can be told, the work goes on
                    print(f"Units: {told}; {duration(looked - began)} so far", file=console.file, flush=True)

        yield on_turn


@contextlib.contextmanager
def _nothing() -> Iterator[None]:
    yield None


_COMMANDS: dict[str, tuple[Any, Callable[[Any], None]]] = {
    "sweep": (SweepOptions, _sweep),
    "search": (SearchOptions, _search),
}
