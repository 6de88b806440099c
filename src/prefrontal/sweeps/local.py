"""Units on this machine: some processes, each of which works on one after the other."""

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

from prefrontal.sweeps.drive import Backend
from prefrontal.sweeps.outcome import Outcome
from prefrontal.sweeps.spec import Resources, Spec
from prefrontal.sweeps.unit import Unit


def room(resources: Resources) -> int:
    """Units that this machine has cores for, at least one; on GPUs one, for each takes all of their memory."""
    if resources.gpus:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // resources.cores)


class LocalBackend(Backend):
    """Processes of this machine."""

    def __init__(self, spec: Spec, workers: int, scratch: str | None = None):
        self.slots = workers
        self._spec, self._scratch = spec, scratch
        self._idle: list[_Worker] = []
        self._busy: dict[str, _Worker] = {}
        self._answers: queue.Queue[tuple[_Worker, Outcome]] = queue.Queue()

    def start(self, unit: Unit) -> None:
        worker = self._idle.pop() if self._idle else _Worker(self._spec, self._answers)
        self._busy[unit.name] = worker
        worker.ask(unit, {"unit": unit.document, "out": self._spec.place, "scratch": self._scratch})

    def wait(self, seconds: float) -> list[Outcome]:
        outcomes = []
        while self._busy:
            try:
                worker, outcome = self._answers.get(timeout=0 if outcomes else seconds)
            except queue.Empty:
                break
            del self._busy[outcome.name]
            if worker.is_alive:
                self._idle.append(worker)
            outcomes.append(outcome)
        return outcomes

    def stop(self) -> None:
        for worker in self._busy.values():
            worker.stop()

    def close(self) -> None:
        for worker in self._idle:
            worker.dismiss()
        for worker in self._busy.values():
            worker.stop()


class _Worker:
    """One process, and a thread that waits for its answers."""

    def __init__(self, spec: Spec, answers: "queue.Queue[tuple[_Worker, Outcome]]"):
        source = str(Path(__file__).parents[2])  # the same package, installed or not
        path = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "prefrontal.sweeps.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **spec.resources.environment, "PYTHONPATH": path},
            # Ctrl-C in a terminal goes to all of its processes: whoever shares the work out passes it on, once.
            start_new_session=True,
        )
        self._answers, self._unit = answers, ""
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, unit: Unit, document: dict[str, object]) -> None:
        self._unit = unit.name
        assert self._process.stdin is not None
        try:
            print(json.dumps(document), file=self._process.stdin, flush=True)
        except OSError:
            self._process.wait()  # it was killed; the thread says so

    def stop(self) -> None:
        self._process.terminate()

    def dismiss(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            name, self._unit = self._unit, ""
            self._answers.put((self, Outcome(**{**json.loads(line), "name": name})))
        code = self._process.wait()
        if self._unit:
            self._answers.put((self, Outcome(self._unit, "lost", _how(code))))


def _how(code: int) -> str:
    """How a process ended that should not have."""
    if code == -9:
        return "its process was killed (signal 9): for want of memory, or by hand"
    return f"its process ended with signal {-code}" if code < 0 else f"its process ended with exit code {code}"
