"""One task of an array of SLURM's: it runs the unit that stands in its line.

    python -m prefrontal.sweeps.array_task UNITS OUT      with SLURM_ARRAY_TASK_ID in the environment

A while before its time is up SLURM sends SIGUSR1: the unit is saved, and the task asks to be queued again, for another
turn. When it is preempted or its machine fails, SLURM queues it again itself. Cancelled, it is saved and stays stopped.
Exit codes: 0 when the unit is done or queued again, 1 when it failed, 143 when it was stopped.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from prefrontal.runs.attempts import DEAD_AFTER

MOST_TURNS = 200
SECONDS_BETWEEN_LOOKS = 15.0


def main() -> None:
    """Run the unit of this task."""
    units, out = sys.argv[1:]
    is_time_up = False

    def time_is_up(number: int, frame: FrameType | None) -> None:
        nonlocal is_time_up
        is_time_up = True
        signal.raise_signal(signal.SIGTERM)

    signal.signal(signal.SIGUSR1, time_is_up)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # before a training takes it as a wish to stop
    number, name = int(os.environ["SLURM_ARRAY_TASK_ID"]), ""
    try:
        from prefrontal.sweeps.unit import read_unit
        from prefrontal.sweeps.work import run_unit

        unit = read_unit(json.loads(Path(units).read_text(encoding="utf-8").splitlines()[number]))
        name = unit.name
        outcome = run_unit(unit, out)
        until = time.monotonic() + DEAD_AFTER + 60
        while outcome.ending == "busy" and time.monotonic() < until:  # its own last turn, on a machine that failed
            time.sleep(SECONDS_BETWEEN_LOOKS)
            outcome = run_unit(unit, out)
        ending, reason = outcome.ending, outcome.reason
    except KeyboardInterrupt:
        ending, reason = "stopped", "before it began to train"
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # which comes with being queued again, too
    print(f"{name}: {ending} {reason}".strip(), flush=True)
    if ending == "stopped" and is_time_up and int(os.environ.get("SLURM_RESTART_COUNT", "0")) < MOST_TURNS:
        job = f"{os.environ['SLURM_ARRAY_JOB_ID']}_{number}"
        done = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True, check=False)
        print(f"Its time was up: queued again as {job}. {done.stderr.strip()}".strip(), flush=True)
        sys.exit(143 if done.returncode else 0)
    sys.exit({"done": 0, "busy": 0, "failed": 1}.get(ending, 143))


if __name__ == "__main__":
    main()
