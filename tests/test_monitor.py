"""What one sees of a training: lines or a bar, and TensorBoard."""

import io
import re
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from prefrontal.errors import UserError, on_the_command_line, quietly
from prefrontal.learning import monitor as monitor_module
from prefrontal.learning.monitor import EPISODES_PER_POINT, TAGS, Monitor, Writer
from prefrontal.learning.train import Metrics
from prefrontal.progress import duration, each, progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the monitor sees, in seconds: set its only element."""
    now = [1_000.0]
    monkeypatch.setattr(monitor_module.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def lines() -> Console:
    return Console(file=io.StringIO(), force_terminal=False)


@pytest.fixture
def terminal() -> Console:
    file, clock = io.StringIO(), lambda: time.monotonic()
    return Console(file=file, force_terminal=True, force_interactive=True, width=100, get_time=clock)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def plain(console: Console) -> str:
    """What it shows, without what moves the cursor and colours."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown(console))


def random_metrics(num_episodes: int, seed: int = 0) -> dict[str, np.ndarray]:
    values = np.random.default_rng(seed).normal(size=(len(Metrics._fields), num_episodes)).astype(np.float32)
    return dict(zip(Metrics._fields, values, strict=True))


def points(folder: Path) -> dict[str, dict[int, float]]:
    """What TensorBoard shows of `folder`: by tag, the value at each step. A step shown twice is an error."""
    events = EventAccumulator(str(folder)).Reload()
    scalars = {tag: events.Scalars(tag) for tag in events.Tags()["scalars"]}
    shown = {tag: {event.step: event.value for event in all_} for tag, all_ in scalars.items()}
    assert {tag: len(all_) for tag, all_ in scalars.items()} == {tag: len(by_step) for tag, by_step in shown.items()}
    return shown


def means(values: np.ndarray) -> list[float]:
    """The mean of every window of episodes, the last perhaps shorter."""
    return [float(values[start : start + EPISODES_PER_POINT].mean()) for start in range(0, len(values), 50)]


def test_without_a_terminal_there_are_plain_lines_at_intervals(
    clock: list[float], lines: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prefrontal.progress.SECONDS_BETWEEN_LINES", 10.0)
    with Monitor(4_000, lines) as monitor:
        monitor.start()
        for seconds in (2, 11, 13, 22, 24):
            clock[0] = 1_000.0 + seconds
            monitor.start()
            monitor.advance(np.full((2, 300), seconds / 2, np.float32))
        clock[0] = 1_040.0
        monitor.advance(np.full((2, 500), 68.5, np.float32))
    # Six hundred episodes a chunk; one line in ten seconds and one at the end.
    assert shown(lines).splitlines() == [
        "Training: 1,200 of 4,000 episodes, 109/s, reward 5.5, 26 s left",
        "Training: 2,400 of 4,000 episodes, 109/s, reward 11.0, 15 s left",
        "Training: 4,000 of 4,000 episodes, 100/s, reward 68.5, 0 s left",
    ]


def test_lines_go_to_standard_error_unless_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    with Monitor(10) as monitor:
        monitor.start()
        monitor.advance(np.ones((1, 10), np.float32))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"Training: 10 of 10 episodes, [\d,]+/s, reward 1\.0, 0 s left\n", captured.err)


def test_a_terminal_gets_a_bar_with_rate_reward_and_time_left(clock: list[float], terminal: Console) -> None:
    with Monitor(4_000, terminal) as monitor:
        monitor.start()
        clock[0] += 10.0
        monitor.advance(np.full((4, 250), 61.25, np.float32))
        monitor._progress.refresh()
    text = plain(terminal)
    assert "Compiling" in text
    assert re.search(r"Training [━╸╺ ]{20} 1000/4000 episodes 100/s +reward 61\.2 \d:\d\d:\d\d left", text)
    assert "Training: " not in text
    assert shown(terminal).count("\x1b[?25l") == shown(terminal).count("\x1b[?25h") == 1, "the cursor must come back"


@pytest.mark.parametrize("console", ["lines", "terminal"])
def test_of_a_week_it_is_told_in_days(clock: list[float], console: str, request: pytest.FixtureRequest) -> None:
    shown_on = request.getfixturevalue(console)
    with Monitor(8_820 * 50, shown_on) as monitor:
        monitor.start()
        monitor.advance(np.ones((1, 50), np.float32))  # no time has gone by
        for _ in range(3):
            clock[0] += 60.0
            monitor.advance(np.ones((1, 50), np.float32))
        clock[0] += 56 * 60.0
        monitor.advance(np.ones((1, 56 * 50), np.float32))
        if console == "terminal":
            monitor._progress.refresh()
    if console == "lines":
        assert shown(shown_on).splitlines()[-1].endswith("3,000 of 441,000 episodes, 51/min, reward 1.0, 6 d 0 h left")
    else:
        assert re.search(r"3000/441000 episodes 51/min +reward 1\.0 \S+ left 146:00:00", plain(shown_on))


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (119, "2 min"), (89, "89 s"), (7_140, "119 min"), (12_000, "3 h 20 min"), (529_200, "6 d 3 h")],
)
def test_times_in_words(seconds: float, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize("console", ["lines", "terminal"])
def test_nothing_to_train_shows_nothing(console: str, request: pytest.FixtureRequest) -> None:
    shown_on: Console = request.getfixturevalue(console)
    with Monitor(0, shown_on):
        pass
    assert shown(shown_on) == ""


def test_a_dumb_terminal_gets_lines() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})
    with Monitor(10, console) as monitor:
        monitor.start()
        monitor.advance(np.zeros((1, 10), np.float32))
    assert shown(console).startswith("Training: 10 of 10 episodes")
    assert "\x1b" not in shown(console)


def test_the_chunk_that_only_compiles_tells_nothing(clock: list[float], lines: Console) -> None:
    with Monitor(10, lines) as monitor:
        clock[0] += 60.0
        monitor.start()
        monitor.advance(np.zeros((1, 0), np.float32))
    assert shown(lines) == ""


def test_who_waits_for_a_program_to_compile_is_told(monkeypatch: pytest.MonkeyPatch, lines: Console) -> None:
    monkeypatch.setattr(monitor_module, "SECONDS_BEFORE_COMPILING", 0.0)
    with Monitor(10, lines) as monitor:
        monitor._compiling.join(60.0)
        monitor.start()
    assert shown(lines) == monitor_module.COMPILING + "\n"
    monkeypatch.setattr(monitor_module, "SECONDS_BEFORE_COMPILING", 3600.0)
    with Monitor(10, lines) as monitor:
        pass
    assert not monitor._compiling.is_alive() or monitor._compiling.finished.is_set()
    assert shown(lines) == monitor_module.COMPILING + "\n"


@pytest.mark.parametrize("num_episodes", [1, 50, 200, 230])
def test_tensorboard_shows_means_of_windows(tmp_path: Path, num_episodes: int) -> None:
    metrics = random_metrics(num_episodes)
    writer = Writer(tmp_path, 0)
    writer.write({name: values[:100] for name, values in metrics.items()}, 0)
    if num_episodes > 100:
        writer.write({name: values[100:] for name, values in metrics.items()}, 100)
    writer.close()
    curves = points(tmp_path)
    assert set(curves) == set(TAGS)
    for tag, name in TAGS.items():
        expected = means(metrics[name])
        assert list(curves[tag]) == [*range(50, num_episodes, 50), num_episodes]
        np.testing.assert_allclose(list(curves[tag].values()), expected, rtol=1e-6)


def test_tensorboard_shows_each_step_once_after_a_kill_and_a_quick_resume(tmp_path: Path) -> None:
    lost, kept = random_metrics(200, seed=1), random_metrics(200, seed=2)
    killed = Writer(tmp_path, 0)
    killed.write({name: np.concatenate([kept[name][:100], lost[name][100:]]) for name in kept}, 0)
    killed.flush()
    resumed = Writer(tmp_path, 100)  # the state saved last was that of episode 100
    resumed.write({name: values[100:] for name, values in kept.items()}, 100)
    resumed.close()
    killed.close()
    curves = points(tmp_path)
    for tag, name in TAGS.items():
        assert list(curves[tag]) == [50, 100, 150, 200]
        np.testing.assert_allclose(list(curves[tag].values()), means(kept[name]), rtol=1e-6)


def test_what_was_flushed_is_on_the_disk_though_the_process_dies(tmp_path: Path) -> None:
    writer = Writer(tmp_path, 0)
    writer.write(random_metrics(100), 0)
    writer.flush()
    assert list(points(tmp_path)["perf/reward"]) == [50, 100]
    writer.close()
    writer.close()  # the monitor closes what the session has closed already


def test_a_full_disk_is_said_and_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def train() -> None:
        with Monitor(1_000, Console(file=io.StringIO())) as monitor:
            writer = monitor.writer(tmp_path, 0)
            writer.write(random_metrics(1_000), 0)
            writer.flush()

    monkeypatch.setattr("tensorboardX.record_writer.open_file", lambda _: Path("/dev/full").open("wb"))  # noqa: SIM115
    with pytest.raises(UserError) as refusal:
        train()
    assert str(refusal.value) == (
        f"`{tmp_path}` must be a place that can be written, got: No space left on device. What was saved before is "
        "intact. Free some space or allow writing there, then run the same command again."
    )


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file` must be a place that can be written, got: Not a directory"):
        Writer(tmp_path / "file", 0)


def test_in_a_notebook_one_line_changes(monkeypatch):
    told = []

    class Shown:
        def update(self, data, *, raw):
            told.append(data["text/plain"])

    def display(data, *, raw, display_id):
        told.append(data["text/plain"])
        return Shown()

    monkeypatch.setattr("prefrontal.progress.in_notebook", lambda: True)
    monkeypatch.setattr("prefrontal.progress.SECONDS_BETWEEN_CHANGES", 0.0)
    monkeypatch.setattr("IPython.display.display", display)
    with progress("Fitting people", 3) as tell:
        tell(1)
        tell(2)
    assert told == ["Fitting people: 1 of 3", "Fitting people: 3 of 3", "Fitting people: 3 of 3"]
    told.clear()
    with Monitor(10) as monitor:
        monitor.start()
        monitor.advance(np.ones((1, 10)))
    assert [line.split(",")[0] for line in told] == ["Training: 10 of 10 episodes", "Trained: 10 episodes"]
    told.clear()
    with quietly(), progress("Fitting people", 3) as tell, Monitor(10) as monitor:
        monitor.start()
        monitor.advance(np.ones((1, 10)))
        tell(3)
    assert not told


def slowly(items: Iterable[int], what: str, **options: bool) -> list[int]:
    """The items, told of, after a moment."""
    told = each(list(items), what, **options)
    first = next(told)
    time.sleep(0.05)
    return [first, *told]


def test_a_command_without_a_terminal_is_told_of_the_start_and_little_else(monkeypatch, capsys):
    monkeypatch.setattr("prefrontal.progress.SECONDS_BEFORE_START", 0.001)
    with on_the_command_line():
        assert slowly(range(500), "Testing networks") == list(range(500))
        assert slowly([1, 2], "Decoding", compiles=False) == [1, 2]
        assert slowly([1], "One") == [1]
    told = capsys.readouterr().err.splitlines()
    assert told == ["Testing networks: 500 to do, after some seconds of compiling", "Decoding: 2 to do"]
    assert slowly([1, 2], "In a script") == [1, 2]
    monkeypatch.setattr("prefrontal.progress.SECONDS_BEFORE_START", 60.0)
    with on_the_command_line():
        assert list(each([1, 2], "Over in a moment")) == [1, 2]
    assert not capsys.readouterr().err


def test_within_something_that_is_told_nothing_else_is(monkeypatch, capsys):
    monkeypatch.setattr("prefrontal.progress.SECONDS_BEFORE_START", 0.001)
    with on_the_command_line():
        for _ in each([1, 2], "Outer"):
            assert slowly([1, 2], "Inner") == [1, 2]
        monkeypatch.setattr("prefrontal.progress.SECONDS_BEFORE_START", 60.0)  # however long the next takes here
        with pytest.raises(ZeroDivisionError):
            list(map(lambda item: 1 / item, each([1, 0], "Failing")))  # noqa: C417
        monkeypatch.setattr("prefrontal.progress.SECONDS_BEFORE_START", 0.001)
        assert slowly([1, 2], "After") == [1, 2]
    assert [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()] == ["Outer", "After"]


def test_a_terminal_is_told_that_the_first_takes_longer(monkeypatch):
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with progress("Testing networks", 2, console) as tell:
        tell(1)
    assert isinstance(console.file, io.StringIO)
    assert "Testing networks (compiling)" in console.file.getvalue()
