"""Units on a cluster of Ray: each is a task, that any machine with room for it runs.

A task is not tried again by Ray but by whoever shares the work out (`drive`), as elsewhere: it tells a machine that
went away from a unit that kills its workers, and what is wrong with a unit itself is no error here but its result.
"""

import logging
import socket
import time
import warnings
from typing import Any

from prefrontal.errors import Notice, UserError
from prefrontal.sweeps.drive import Backend
from prefrontal.sweeps.outcome import Outcome
from prefrontal.sweeps.spec import Spec
from prefrontal.sweeps.unit import Unit, read_unit

SECONDS_BETWEEN_COUNTS = 5.0
SECONDS_TO_ANSWER = 10.0


class RayBackend(Backend):
    """A cluster of Ray that is there, or one on this machine alone."""

    def __init__(self, spec: Spec, address: str | None, workers: int | None, scratch: str | None = None):
        """Arguments:
        spec: the sweep.
        address: of the cluster: "auto", HOST:PORT or ray://HOST:PORT. None: what RAY_ADDRESS says, or a new one here.
        workers: units at once. None: as many as there is room for.
        scratch: see `run_unit`.

        Raises:
            UserError: when Ray is not installed, or there is no such cluster.
        """
        self._ray = _ray()
        self._spec, self._scratch, self._workers = spec, scratch, workers
        self._is_own = not self._ray.is_initialized()
        _check_address(address)
        if self._is_own:
            quiet = {"include_dashboard": False} if address is None else {}
            try:
                self._ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **quiet)
            except (ConnectionError, ValueError, RuntimeError) as error:
                raise UserError(
                    f"`--address` must be of a cluster that runs, got {address}: {error}. Start one: "
                    "ray start --head; leave the option out for one on this machine alone."
                ) from error
        resources = spec.resources
        self._task = self._ray.remote(_work).options(
            num_cpus=resources.cores,
            num_gpus=resources.gpus,
            memory=None if resources.memory_gb is None else int(resources.memory_gb * 1e9),
            max_retries=0,
            runtime_env={"env_vars": resources.environment},
        )
        self._units: dict[Any, str] = {}
        self._counted = (-SECONDS_BETWEEN_COUNTS, 0)
        self._is_warned = False

    @property
    def slots(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Twice what the cluster has room for, so that it is never idle, and one that can grow sees that it should."""
        counted, slots = self._counted
        if self._workers is None and time.monotonic() - counted > SECONDS_BETWEEN_COUNTS:
            there = self._ray.cluster_resources()
            rooms = [there.get("CPU", 0) // self._spec.resources.cores]
            if self._spec.resources.gpus:
                rooms.append(there.get("GPU", 0) // self._spec.resources.gpus)
            if not min(rooms):
                self._warn_of_no_room()
            slots = 2 * int(min(rooms)) + 2
            self._counted = time.monotonic(), slots
        return self._workers or slots

    def start(self, unit: Unit) -> None:
        self._units[self._task.remote(unit.document, self._spec.place, self._scratch)] = unit.name

    def wait(self, seconds: float) -> list[Outcome]:
        if not self._units:
            return []
        ended, _ = self._ray.wait(list(self._units), timeout=seconds)
        if ended and len(self._units) > 1:  # whatever else has
            ended, _ = self._ray.wait(list(self._units), num_returns=len(self._units), timeout=0)
        return [self._outcome(task, self._units.pop(task)) for task in ended]

    def stop(self) -> None:
        for task in self._units:
            self._ray.cancel(task, force=False)

    def close(self) -> None:
        if self._is_own:
            self._ray.shutdown()

    def _warn_of_no_room(self) -> None:
        if not self._is_warned:
            self._is_warned = True
            warnings.warn(
                "The cluster has no room for a unit: none begins until a machine joins that has. `prefrontal sweep "
                "SPEC --plan` says what a unit computes on.",
                Notice,
                stacklevel=2,
            )

    def _outcome(self, task: Any, name: str) -> Outcome:
        errors = self._ray.exceptions
        try:
            return Outcome(name, *self._ray.get(task))
        except errors.OutOfMemoryError:
            return Outcome(name, "lost", "its process was killed for want of memory")
        except (errors.TaskCancelledError, errors.NodeDiedError, errors.LocalRayletDiedError) as error:
            return Outcome(name, "stopped", type(error).__name__)
        except errors.RayError as error:
            told = str(error).strip().splitlines()
            return Outcome(name, "lost", f"{type(error).__name__}: {told[-1] if told else ''}")


def _work(document: dict[str, Any], out: str, scratch: str | None) -> tuple[str, str]:
    """What a worker does: run the unit that is described; how it ended, and why."""
    from prefrontal.sweeps.work import run_unit

    outcome = run_unit(read_unit(document), out, scratch)
    return outcome.ending, outcome.reason


def _check_address(address: str | None) -> None:
    """Refuse at once an address where nobody answers: Ray itself would wait for minutes.

    Raises:
        UserError: when it is one.
    """
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=SECONDS_TO_ANSWER).close()
    except OSError as error:
        raise UserError(
            f"`--address` must be of a cluster that runs, got {address}, where nobody answers "
            f"({error.strerror or error}). Start one: ray start --head; or leave the option out, for one on this "
            "machine alone."
        ) from error


def _ray() -> Any:
    """Ray, or a refusal that says what to install."""
    try:
        import ray  # pyright: ignore[reportMissingImports]
        import ray.exceptions  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise UserError(
            '`--backend ray` must have Ray installed, got none. Install it: pip install "prefrontal[cluster]". '
            "Everything else works without."
        ) from error
    return ray
