"""What one sees of a training as it goes: a line at the bottom of the terminal, and TensorBoard."""

import contextlib
import re
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog  # pyright: ignore[reportAttributeAccessIssue]
from tensorboardX.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]

from prefrontal.errors import UserError, is_quiet
from prefrontal.learning.trackers import Trackers
from prefrontal.progress import SPEED_OVER, Line, duration, rate
from prefrontal.runs.files import folder_names

COMPILING = "Training: compiling first, as for every new kind of network or task"
SECONDS_BEFORE_COMPILING = 5.0
"""Where no bar tells of it, it is told when it takes so long."""
EPISODES_PER_POINT = 50
"""TensorBoard gets the mean over so many episodes."""
TAGS = {
    "perf/reward": "reward",
    "perf/value": "value",
    "loss/policy": "policy_loss",
    "loss/value": "value_loss",
    "loss/entropy": "entropy",
    "norm/gradient": "gradient_norm",
    "norm/weights": "weight_norm",
}


class SnapshotView(NamedTuple):
    """What is to be seen of one moment of a training."""

    numbers: Mapping[str, float]
    """By TensorBoard's tag."""
    pictures: Mapping[str, bytes]
    """PNG images, by TensorBoard's tag."""


class Writer:
    """TensorBoard events of one seed.

    They are written by whoever calls: tensorboardX's SummaryWriter hands them to a thread of its own, and waits for
    ever once a full disk has ended that.
    """

    def __init__(self, folder: Path, episode: int):
        """Arguments:
        folder: of the seed.
        episode: episodes that the seed has been trained for.

        Raises:
            UserError: when it cannot be written, as in the other methods.
        """
        self._folder = folder
        self._is_closed = False
        self._trackers = Trackers(folder, episode)
        with self._refusal():
            # tensorboardX names a file by the second: without the episode a quick resume would replace the one before.
            self._events = EventsWriter(str(folder / _prefix(folder)), f".{episode:09d}")
            # What an earlier, killed process wrote beyond the saved state is superseded from here on.
            self._add(episode + 1 if episode else 0, session_log=SessionLog(status=SessionLog.START))

    def write(self, metrics: Mapping[str, np.ndarray], first_episode: int) -> None:
        """Add the metrics of some episodes, (episode,) each, of which the first is `first_episode`."""
        num = len(metrics["reward"])
        with self._refusal():
            for start in range(0, num, EPISODES_PER_POINT):
                points = slice(start, min(num, start + EPISODES_PER_POINT))
                means = {name: float(metrics[name][points].mean()) for name in TAGS.values()}
                self._trackers.write(means, first_episode + points.stop)
                values = [Summary.Value(tag=tag, simple_value=means[name]) for tag, name in TAGS.items()]
                self._add(first_episode + points.stop, summary=Summary(value=values))

    def show(self, sight: SnapshotView, episode: int) -> None:
        """Add what is to be seen when `episode` episodes are trained."""
        values = [Summary.Value(tag=tag, simple_value=number) for tag, number in sight.numbers.items()]
        for tag, picture in sight.pictures.items():
            width, height = struct.unpack(">II", picture[16:24])  # where every PNG has them
            image = Summary.Image(width=width, height=height, colorspace=4, encoded_image_string=picture)
            values.append(Summary.Value(tag=tag, image=image))
        with self._refusal():
            self._add(episode, summary=Summary(value=values))

    def flush(self) -> None:
        """Have all on the disk: a training state saved later may go on from here."""
        with self._refusal():
            self._events.flush()
        self._trackers.flush()

    def close(self) -> None:
        """Close the file. What was not flushed may be lost: it is trained, and written, again."""
        if not self._is_closed:
            self._is_closed = True
            self._trackers.close()
            with contextlib.suppress(OSError):
                self._events.close()

    def _add(self, step: int, **what: Any) -> None:
        self._events.write_event(Event(wall_time=time.time(), step=step, **what))

    @contextlib.contextmanager
    def _refusal(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UserError(
                f"`{self._folder}` must be a place that can be written, got: {error.strerror}. What was saved before "
                "is intact. Free some space or allow writing there, then run the same command again."
            ) from error


def _prefix(folder: Path) -> str:
    """What a new file of events begins with.

    TensorBoard reads them by name, which tensorboardX makes of the time. Where the clock was set back, a later one must
    stand before that, for the file to be read after those that it goes on from.
    """
    matches = map(re.compile(r"events\.out\.tfevents\.(\d+)\.").match, folder_names(folder) if folder.is_dir() else ())
    latest = max((int(match[1]) for match in matches if match), default=0)
    return "events" if latest <= time.time() else f"events.out.tfevents.{latest + 1}.clock-set-back"


class Monitor:
    """Progress of a whole training: episodes done of all seeds, how fast, how well, how long still."""

    def __init__(self, num_episodes: int, console: Console | None = None):
        """Arguments:
        num_episodes: episodes to train, all seeds together.
        console: where to show it; None: standard error, unless all is to be quiet.
        """
        self._line = Line(console)
        self._console = console or Console(stderr=True, quiet=is_quiet())
        self._has_bar = bool(num_episodes) and self._console.is_interactive and not self._console.quiet
        self._num_episodes = num_episodes
        self._done = 0
        self._started = 0.0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("episodes"),
            TextColumn("{task.fields[rate]}  reward {task.fields[reward]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            speed_estimate_period=SPEED_OVER,
        )
        self._task = self._progress.add_task("Compiling", total=num_episodes, rate="-", reward="-")
        self._writers: list[Writer] = []
        self._compiling = threading.Timer(SECONDS_BEFORE_COMPILING, self._line.tell, [COMPILING])
        self._compiling.daemon = True

    def __enter__(self) -> "Monitor":
        if self._has_bar:
            self._progress.start()
        elif self._num_episodes and not self._console.quiet:
            self._compiling.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._compiling.cancel()
        if self._has_bar:
            with contextlib.suppress(OSError):  # the terminal may be gone
                self._progress.stop()
        for writer in self._writers:
            writer.close()

    def start(self) -> None:
        """Tell that the program is compiled and training starts: the clock for its rate runs from the first call."""
        self._compiling.cancel()
        self._progress.update(self._task, description="Training")
        if not self._started:
            self._started = time.monotonic()

    def writer(self, folder: Path, episode: int) -> Writer:
        """The TensorBoard writer of a seed that goes on from `episode`; closed with the monitor."""
        self._writers.append(Writer(folder, episode))
        return self._writers[-1]

    def advance(self, reward: Float[np.ndarray, "seed episode"]) -> None:
        """Tell of the rewards of episodes just done."""
        if not reward.size:
            return
        self._done += reward.size
        seconds = time.monotonic() - self._started
        fast = rate(self._done, seconds)
        mean = f"{reward.mean():.1f}"
        self._progress.update(self._task, advance=reward.size, rate=fast, reward=mean)
        last = self._done >= self._num_episodes
        if not self._has_bar and not self._console.quiet and (last or self._line.is_due):
            left = duration((self._num_episodes - self._done) * seconds / self._done)
            self._line.tell(
                f"Training: {self._done:,} of {self._num_episodes:,} episodes, {fast}, reward {mean}, {left} left"
            )
            if last:  # what stays in a notebook is the same at every run
                self._line.end(f"Trained: {self._done:,} episodes, reward {mean}")
