"""What one sees of a training as it goes: a line at the bottom of the terminal, and TensorBoard."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import numpy as np
from jaxtyping import Float
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from tensorboardX import SummaryWriter

EPISODES_PER_POINT = 50
"""TensorBoard gets the mean over so many episodes."""
SECONDS_BETWEEN_LINES = 10.0
"""Where output is no terminal, a line is printed so often."""
TAGS = {
    "perf/reward": "reward",
    "perf/value": "value",
    "loss/policy": "policy_loss",
    "loss/value": "value_loss",
    "loss/entropy": "entropy",
    "norm/gradient": "gradient_norm",
    "norm/weights": "weight_norm",
}


class Writer:
    """TensorBoard events of one seed."""

    def __init__(self, folder: Path, episode: int):
        # What an earlier, killed process wrote beyond the saved state is superseded from here on.
        self._writer = SummaryWriter(str(folder), purge_step=episode, flush_secs=10)

    def write(self, metrics: Mapping[str, np.ndarray], first_episode: int) -> None:
        """Add the metrics of some episodes, (episode,) each, of which the first is `first_episode`."""
        num = len(metrics["reward"])
        for start in range(0, num, EPISODES_PER_POINT):
            points = slice(start, min(num, start + EPISODES_PER_POINT))
            for tag, name in TAGS.items():
                self._writer.add_scalar(tag, float(metrics[name][points].mean()), first_episode + points.stop)

    def close(self) -> None:
        self._writer.close()


class Monitor:
    """Progress of a whole training: episodes done of all seeds, how fast, how well, how long still."""

    def __init__(self, num_episodes: int, console: Console | None = None):
        """Arguments:
        num_episodes: episodes to train, all seeds together.
        console: where to show it; None: standard error.
        """
        self._console = console or Console(stderr=True)
        self._num_episodes = num_episodes
        self._done = 0
        self._started = self._told = 0.0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("episodes"),
            TextColumn("{task.fields[rate]}/s  reward {task.fields[reward]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task("Compiling", total=num_episodes, rate="-", reward="-")
        self._writers: list[Writer] = []

    def __enter__(self) -> Self:
        if self._num_episodes and self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        for writer in self._writers:
            writer.close()

    def start(self) -> None:
        """Tell that the program is compiled and training starts: the clock for its rate runs from the first call."""
        self._progress.update(self._task, description="Training")
        self._started = self._told = self._started or time.monotonic()

    def writer(self, folder: Path, episode: int) -> Writer:
        """The TensorBoard writer of a seed that goes on from `episode`; closed with the monitor."""
        self._writers.append(Writer(folder, episode))
        return self._writers[-1]

    def advance(self, reward: Float[np.ndarray, "seed episode"]) -> None:
        """Tell of the rewards of episodes just done."""
        if not reward.size:
            return
        self._done += reward.size
        now = time.monotonic()
        rate = self._done / (now - self._started)
        mean = f"{reward.mean():.1f}"
        self._progress.update(self._task, advance=reward.size, rate=f"{rate:,.0f}", reward=mean)
        last = self._done >= self._num_episodes
        if not self._console.is_terminal and (last or now - self._told >= SECONDS_BETWEEN_LINES):
            self._told = now
            left = (self._num_episodes - self._done) / rate
            print(
                f"Training: {self._done:,} of {self._num_episodes:,} episodes, {rate:,.0f}/s, reward {mean}, "
                f"{left:.0f} s left",
                file=sys.stderr,
                flush=True,
            )
