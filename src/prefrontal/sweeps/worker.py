"""A process that works on units, one after the other: what it is to do comes in a line, how it ended goes out in one.

`python -m prefrontal.sweeps.worker` is started by whoever shares the work out on this machine, with the environment of
`Resources`. It stops, and has saved, when it is told to by SIGTERM, and when whoever started it is gone.
"""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict

SECONDS_BETWEEN_LOOKS = 1.0


def main() -> None:
    """Read lines of JSON, {"unit", "out", "scratch"}, until there are no more."""
    _stop_when_alone(os.getppid())
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # between two units
    try:
        from prefrontal.sweeps.outcome import Outcome
        from prefrontal.sweeps.unit import read_unit
        from prefrontal.sweeps.work import run_unit

        for line in sys.stdin:
            asked = json.loads(line)
            unit = read_unit(asked["unit"])
            try:
                outcome = run_unit(unit, asked["out"], asked["scratch"])
            except Exception as error:
                outcome = Outcome(unit.name, "lost", f"{type(error).__name__}: {error}")
            print(json.dumps(asdict(outcome)), file=answers)
    except KeyboardInterrupt:
        sys.exit(130)


def _stop_when_alone(parent: int) -> None:
    """Ask this process to stop once its parent is another one: the one that shared the work out was killed."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, daemon=True).start()


if __name__ == "__main__":
    main()
