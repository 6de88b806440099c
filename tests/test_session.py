"""A training as people run it: stopped, killed, short of space, and gone on with, always to the same bits."""

import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from sessions import AGENT, STEPS_PER_CHUNK, TASK, TRAIN, saved_episode, seed_of, send, train, wait_for, when
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from prefrontal import devices
from prefrontal.configs import RecurrentConfig
from prefrontal.errors import Stopped, UserError
from prefrontal.learning import group
from prefrontal.learning import jobs as session
from prefrontal.learning.jobs import Job, train_jobs
from prefrontal.learning.monitor import TAGS, Monitor
from prefrontal.learning.trained import load_agents
from prefrontal.runs.files import read_arrays
from prefrontal.runs.folder import RunFolder

pytestmark = pytest.mark.fully_compiled

SEEDS = (0, 1)


@pytest.fixture(autouse=True, scope="module")
def short_chunks() -> Iterator[None]:
    """Fifty episodes a chunk: eight chunks in all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group, "STEPS_PER_CHUNK", STEPS_PER_CHUNK)
        yield


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory, short_chunks: None) -> Path:
    """Two seeds trained together, undisturbed."""
    folder = tmp_path_factory.mktemp("straight")
    train(folder, *SEEDS)
    return folder


def curves(folder: Path, seed: int) -> dict[str, list[tuple[int, float]]]:
    """What TensorBoard shows: by tag, (step, value)."""
    events = EventAccumulator(str(seed_of(folder, seed).path)).Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def assert_same(folder: Path, straight: Path, *seeds: int) -> None:
    """Both hold the same weights and metrics, bit for bit, and show the same in TensorBoard."""
    for seed in seeds:
        one, other = seed_of(folder, seed), seed_of(straight, seed)
        assert one.status == other.status == "finished"
        for ours, theirs in (
            (one.load_weights()[0], other.load_weights()[0]),
            (one.load_metrics(), other.load_metrics()),
        ):
            assert ours.keys() == theirs.keys()
            for name, values in theirs.items():
                np.testing.assert_array_equal(ours[name], values, strict=True)
        assert curves(folder, seed) == curves(straight, seed)


@pytest.mark.thorough
def test_training_learns_something_to_save(straight: Path) -> None:
    agents = load_agents(RunFolder.read(straight), TASK, AGENT, SEEDS)
    assert len({float(agent.value.sum()) for agent in agents.values()}) == len(SEEDS)
    metrics = seed_of(straight).load_metrics()
    assert metrics["reward"].shape == (400,)
    assert np.ptp(metrics["weight_norm"]) > 0
    steps = [50, 100, 150, 200, 250, 300, 350, 400]
    shown = curves(straight, 0)
    assert set(shown) == set(TAGS)
    assert all([step for step, _ in points] == steps for points in shown.values())


@pytest.mark.thorough
def test_seeds_added_later_are_as_if_trained_together_and_finished_ones_stay(straight: Path, tmp_path: Path) -> None:
    train(tmp_path, 1)
    before = {path: path.stat().st_mtime_ns for path in seed_of(tmp_path, 1).path.iterdir()}
    train(tmp_path, 1)
    train(tmp_path, 1, 0, 1)
    assert {path: path.stat().st_mtime_ns for path in seed_of(tmp_path, 1).path.iterdir()} == before
    assert_same(tmp_path, straight, *SEEDS)


@pytest.mark.thorough
def test_a_seed_has_the_same_bits_alone_and_among_many(straight: Path, tmp_path: Path) -> None:
    train(tmp_path / "many", *range(9))
    train(tmp_path / "alone", 1)
    assert_same(tmp_path / "alone", straight, 1)
    assert_same(tmp_path / "many", straight, *SEEDS)


def test_only_the_seeds_under_way_are_locked_and_what_another_trained_since_is_left_to_it(tmp_path: Path) -> None:
    last = RunFolder.open(tmp_path, "tiny", {}).seed(8)

    def train_the_last_elsewhere() -> None:
        with last.lock():
            last.save_progress({"from": np.zeros(1)}, {"episode": 1})
        with pytest.raises(UserError, match="is being trained by another process"), seed_of(tmp_path, 7).lock():
            pass

    with (
        when("advance", train_the_last_elsewhere),
        pytest.raises(UserError, match=r"seed-008` must be as it was when .* another process has trained since\. Run"),
    ):
        train(tmp_path, *range(9))
    assert [seed_of(tmp_path, seed).status for seed in (0, 7, 8)] == ["finished", "finished", "partial"]
    assert last.load_progress().facts == {"episode": 1}


def test_an_agent_that_the_memory_does_not_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 2**28 < devices.memory() < 2**50
    monkeypatch.setattr(devices, "memory", lambda: 2**10)
    message = r"^`agent` must fit the memory, 0\.0 GB, got one whose training needs 0\.0 GB\. Make it smaller"
    with pytest.raises(UserError, match=message):
        train(tmp_path, 0)


def test_the_system_is_asked_to_let_a_large_group_open_its_files() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        session._allow_open_files(100)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (256, before[1])
        session._allow_open_files(300)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("chunks", [1, 5])
def test_a_stop_saves_and_the_rest_follows_to_the_same_bits(
    straight: Path, tmp_path: Path, number: int, chunks: int
) -> None:
    before = signal.getsignal(number)
    with when("advance", send(number), call=chunks), pytest.raises(Stopped) as stop:
        train(tmp_path, 0, 1)
    assert stop.value.signal_number == number
    assert signal.getsignal(number) is before
    assert saved_episode(tmp_path, 0) == saved_episode(tmp_path, 1) == 50 * chunks
    assert seed_of(tmp_path).status == "partial"
    train(tmp_path, 0, 1)
    assert_same(tmp_path, straight, 0, 1)


def test_a_clock_that_was_set_back_changes_nothing(straight: Path, tmp_path: Path) -> None:
    with when("advance", send(signal.SIGINT), call=3), pytest.raises(Stopped):
        train(tmp_path, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", lambda now=time.time: now() - 864_000)
        with when("advance", send(signal.SIGINT), call=3), pytest.raises(Stopped):
            train(tmp_path, 0)
        train(tmp_path, 0)
    assert_same(tmp_path, straight, 0)


def test_a_stop_in_the_last_chunk_finishes(straight: Path, tmp_path: Path) -> None:
    with when("advance", send(signal.SIGTERM), call=8), pytest.raises(Stopped):
        train(tmp_path, 0)
    assert_same(tmp_path, straight, 0)


def test_seeds_stopped_at_different_episodes_go_on_together(straight: Path, tmp_path: Path) -> None:
    for seed, chunks in ((0, 5), (1, 2)):
        with when("advance", send(signal.SIGINT), call=chunks), pytest.raises(Stopped):
            train(tmp_path, seed)
    with when("advance", send(signal.SIGINT), call=2), pytest.raises(Stopped):
        train(tmp_path, *SEEDS)
    assert sorted(saved_episode(tmp_path, seed) for seed in SEEDS) == [100, 350]
    train(tmp_path, *SEEDS)
    assert_same(tmp_path, straight, *SEEDS)


def test_ctrl_c_while_compiling_stops_before_the_first_episode(straight: Path, tmp_path: Path) -> None:
    with when("writer", send(signal.SIGINT)), pytest.raises(Stopped):
        train(tmp_path, 0)
    assert saved_episode(tmp_path) == 0
    train(tmp_path, 0)
    assert_same(tmp_path, straight, 0)


def test_ctrl_c_twice_stops_at_once_and_costs_only_what_was_not_saved(straight: Path, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with when("advance", send(signal.SIGINT, signal.SIGINT), call=4), pytest.raises(KeyboardInterrupt):
        train(tmp_path, 0, seconds_between_saves=0.0)
    assert signal.getsignal(signal.SIGINT) is before
    assert saved_episode(tmp_path) == 150
    train(tmp_path, 0)
    assert_same(tmp_path, straight, 0)


def test_ctrl_c_is_not_forgotten_when_there_is_nothing_to_train(straight: Path) -> None:
    with when("__enter__", send(signal.SIGINT)), pytest.raises(Stopped):
        train(straight, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_was_ignored_before_is_ignored_still(straight: Path, tmp_path: Path, number: int) -> None:
    """As by nohup, or in a shell's background."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with when("advance", send(number)):
            train(tmp_path, 0)
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)
    assert_same(tmp_path, straight, 0)


def test_training_outside_the_main_thread_works(straight: Path, tmp_path: Path) -> None:
    thread = threading.Thread(target=train, args=(tmp_path, 0))
    thread.start()
    thread.join()
    assert_same(tmp_path, straight, 0)


@pytest.mark.thorough
def test_a_killed_process_costs_nothing_but_time(straight: Path, tmp_path: Path) -> None:
    script = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from prefrontal import devices
devices.configure()
import sessions
from prefrontal.learning import group
group.STEPS_PER_CHUNK = sessions.STEPS_PER_CHUNK
with sessions.when("advance", lambda: time.sleep(60), call=4):
    sessions.train(sessions.Path({str(tmp_path)!r}), 0, 1, seconds_between_saves=0.0)
"""
    state = tmp_path / "seed-001" / "state.safetensors"

    def is_under_way() -> bool:
        return state.exists() and read_arrays(state)[1]["facts"]["episode"] == 150

    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL) as process:
        wait_for(is_under_way, process)
        with pytest.raises(
            UserError, match=r"seed-001` must be free to train in, got one that is being trained by anot"
        ):
            train(tmp_path, 1)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert saved_episode(tmp_path, 1) == 150
    assert seed_of(tmp_path, 1).status == "partial"
    train(tmp_path, 0, 1)
    assert_same(tmp_path, straight, 0, 1)


def test_a_kill_between_the_last_state_and_the_end_trains_nothing_again(straight: Path, tmp_path: Path) -> None:
    shutil.copytree(straight, tmp_path, dirs_exist_ok=True)
    for name in ("finished.json", "metrics.safetensors", "weights.safetensors"):
        (tmp_path / "seed-001" / name).unlink()
    told: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Monitor, "advance", lambda _, reward: told.append(reward.size))
        train(tmp_path, 1)
    assert sum(told) == 0
    assert_same(tmp_path, straight, 1)


def stopped_after_four_saves(folder: Path) -> Path:
    """A training stopped at episode 200, with the state of episode 150 beside it; returns the newer state."""
    with when("advance", send(signal.SIGINT), call=4), pytest.raises(Stopped):
        train(folder, 0, seconds_between_saves=0.0)
    return folder / "seed-000" / "state.safetensors"


def test_a_damaged_state_gives_way_to_the_one_before(straight: Path, tmp_path: Path) -> None:
    state = stopped_after_four_saves(tmp_path)
    state.write_bytes(state.read_bytes()[:-200])
    with pytest.warns(RuntimeWarning, match=r"Seed 0 goes on from `.*state\.previous\.safetensors`"):
        assert saved_episode(tmp_path) == 150
    with pytest.warns(RuntimeWarning, match=r"Seed 0 goes on from `.*state\.previous\.safetensors`"):
        train(tmp_path, 0)
    assert_same(tmp_path, straight, 0)


def test_without_a_good_state_nothing_is_trained_and_nothing_changed(tmp_path: Path) -> None:
    state = stopped_after_four_saves(tmp_path)
    for path in (state, state.with_name("state.previous.safetensors")):
        path.write_bytes(path.read_bytes()[:-1])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(UserError, match=r"No good training state is left: without a copy, move `.*seed-000` away"):
        train(tmp_path, 0)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_state_of_another_network_is_refused(tmp_path: Path) -> None:
    stopped_after_four_saves(tmp_path)
    run = RunFolder.read(tmp_path)
    with pytest.raises(UserError, match=r"the training state in `.*seed-000`: `agent\.kernel` must have shape"):
        train_jobs([Job(run.seed(0), TASK, RecurrentConfig(hidden_size=5), TRAIN)])


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system refuses to let a file grow beyond `size` bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_up_is_said_and_costs_nothing_but_time(straight: Path, tmp_path: Path) -> None:
    # A state grows with the metrics of its episodes: the last ones find no room.
    room = (straight / "seed-000" / "state.safetensors").stat().st_size - 3_000
    with files_of_at_most(room), pytest.raises(UserError) as refusal:
        train(tmp_path, 0, 1, seconds_between_saves=0.0)
    assert str(refusal.value) == (
        f"`{tmp_path}/seed-000/state.safetensors` must be a place that can be written, got: File too large. What was "
        "saved before is intact. Free some space or allow writing there, then run the same command again."
    )
    assert 0 < saved_episode(tmp_path, 0) < 400
    assert not list(tmp_path.rglob("*.partial"))
    train(tmp_path, 0, 1)
    assert_same(tmp_path, straight, 0, 1)


def test_a_disk_that_is_full_for_tensorboard_ends_the_training(straight: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tensorboardX.record_writer.open_file", lambda _: Path("/dev/full").open("wb"))  # noqa: SIM115
        with pytest.raises(UserError, match="got: No space left on device"):
            train(tmp_path, 0)
    train(tmp_path, 0)
    assert_same(tmp_path, straight, 0)
