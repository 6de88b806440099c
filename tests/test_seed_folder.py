"""The folder of a seed: saved, resumed, damaged, locked."""

import errno
import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from prefrontal.errors import UserError, on_the_command_line
from prefrontal.runs.files import read_arrays, write_arrays
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.seed_folder import SeedFolder


@pytest.fixture(autouse=True)
def _messages_name_flags():
    """As on the command line; what they say to callers from Python is in `test_errors.py`."""
    with on_the_command_line():
        yield


CONFIG = {"train": {"discount": 0.9, "unroll": None}, "task": {"num_trials": 100}}


@pytest.fixture
def seed(tmp_path: Path) -> SeedFolder:
    return RunFolder.open(tmp_path / "my run", "two-step", CONFIG).seed(3)


def save(seed: SeedFolder, episodes: int) -> None:
    seed.save_progress({"kernel": np.full(1000, episodes, np.float32)}, {"episodes": episodes})


def episodes(seed: SeedFolder) -> int:
    """Episodes of the state that `seed` would go on from, having checked that its arrays belong to its facts."""
    progress = seed.load_progress()
    assert progress is not None
    np.testing.assert_array_equal(progress.arrays["kernel"], progress.facts["episodes"])
    return progress.facts["episodes"]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-50] ^= 1
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def replace(path: Path) -> None:
    save_file({"kernel": np.zeros(3)}, path)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_status_follows_a_seed_to_its_end(seed: SeedFolder) -> None:
    assert seed.status == "absent"
    assert not seed.path.exists()
    with seed.lock():
        assert seed.status == "absent"
        save(seed, 1)
        assert seed.status == "partial"
        seed.save_weights({"kernel": np.zeros(3)}, {})
        with pytest.raises(RuntimeError, match=r"metrics.safetensors must be saved before seed 3 is finished"):
            seed.finish()
        seed.save_metrics({"reward": np.zeros(1)})
        assert seed.status == "partial"
        seed.finish()
    assert seed.status == "finished"
    assert RunFolder.read(seed.run).seed(3).status == "finished"


def test_a_seed_says_what_it_is_and_what_it_was_trained_with(seed: SeedFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    save(seed, 1)
    config = json.loads((seed.path / "config.json").read_text())
    assert config == {"experiment": "two-step", "config": CONFIG, "seed": 3}
    written = (seed.path / "environment.json").read_text()
    assert json.loads(written)["versions"]["numpy"] == np.__version__
    monkeypatch.setattr("prefrontal.runs.seed_folder.environment", lambda: {"time": "later"})
    save(seed, 2)
    assert (seed.path / "environment.json").read_text() == written


def test_progress_comes_back_as_it_was(seed: SeedFolder) -> None:
    assert seed.load_progress() is None
    arrays = {"kernel": np.linspace(0, 1, 7, dtype=np.float32), "key": np.array([1, 2], dtype=np.uint32)}
    seed.save_progress(arrays, {"episodes": 20, "config": "mine", "seed": None})
    progress = seed.load_progress()
    assert progress is not None
    assert progress.facts == {"episodes": 20, "config": "mine", "seed": None}
    assert progress.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(progress.arrays[name], array, strict=True)


@pytest.mark.parametrize("damage", [truncate, flip, empty, replace])
def test_a_damaged_state_gives_way_to_the_one_before_with_a_warning(seed: SeedFolder, damage) -> None:
    for number in (1, 2, 3):
        save(seed, number)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert episodes(seed) == 3
    state, previous = seed.path / "state.safetensors", seed.path / "state.previous.safetensors"
    damage(state)
    with pytest.warns(RuntimeWarning) as caught:
        assert episodes(seed) == 2
    message = str(caught[0].message)
    assert message.startswith(f"Seed 3 goes on from `{previous}`, the state before the newest. `{state}` must be ")


@pytest.mark.parametrize("damage", [truncate, flip, empty, replace])
def test_a_damaged_state_never_takes_the_place_of_a_good_one(seed: SeedFolder, damage) -> None:
    save(seed, 1)
    save(seed, 2)
    damage(seed.path / "state.safetensors")
    save(seed, 3)
    assert episodes(seed) == 3
    (seed.path / "state.safetensors").unlink()
    assert episodes(seed) == 1


def test_without_a_good_state_the_seed_is_refused_with_what_to_do(seed: SeedFolder) -> None:
    save(seed, 1)
    state, previous = seed.path / "state.safetensors", seed.path / "state.previous.safetensors"
    truncate(state)
    with pytest.raises(UserError, match=r"state.safetensors` must be .* No good training state is left"):
        seed.load_progress()
    save(seed, 1)
    save(seed, 2)
    truncate(state)
    flip(previous)
    before = contents(seed.path)
    with pytest.raises(UserError) as refusal:
        seed.load_progress()
    message = str(refusal.value)
    assert f"`{state}` must be a whole safetensors file" in message
    assert f"`{previous}` must be a whole safetensors file" in message
    assert message.endswith(f"without a copy, move `{seed.path}` away to start seed 3 afresh.")
    assert contents(seed.path) == before


@pytest.mark.parametrize("at", ["sync", "first replace", "second replace"])
def test_a_kill_at_any_point_of_a_save_leaves_a_good_state(
    seed: SeedFolder, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    class Kill(BaseException):
        pass

    replaced: list[str] = []
    true_replace = os.replace

    def replace_or_kill(source: Path, target: Path) -> None:
        if at == ("first replace", "second replace")[len(replaced)]:
            raise Kill
        replaced.append(str(target))
        true_replace(source, target)

    def sync_or_kill(_: int) -> None:
        if at == "sync":
            raise Kill

    save(seed, 1)
    save(seed, 2)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", sync_or_kill)
        patch.setattr(os, "replace", replace_or_kill)
        with pytest.raises(Kill):
            save(seed, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert episodes(seed) == 2
    assert seed.status == "partial"
    save(seed, 3)
    assert episodes(seed) == 3


def test_a_full_disk_leaves_the_states_as_they_were(seed: SeedFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    save(seed, 1)
    save(seed, 2)
    before = contents(seed.path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match=r"state.safetensors` must be a place that can be written, got: No space"):
            save(seed, 3)
    assert contents(seed.path) == before
    assert episodes(seed) == 2


def test_a_process_killed_while_saving_leaves_a_good_state_and_no_lock(seed: SeedFolder) -> None:
    script = f"""
import itertools, numpy
from prefrontal.runs.folder import RunFolder
seed = RunFolder.read({str(seed.run)!r}).seed(3)
with seed.lock():
    for episodes in itertools.count(1):
        seed.save_progress({{"kernel": numpy.full(1000, episodes, numpy.float32)}}, {{"episodes": episodes}})
        print(episodes, flush=True)
"""
    done = 0
    for saves in (1, 2, 7):
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(saves):
                done = int(process.stdout.readline())
            with pytest.raises(UserError, match="is being trained by another process"), seed.lock():
                pass
            process.send_signal(signal.SIGKILL)
        with warnings.catch_warnings(), seed.lock():
            warnings.simplefilter("error")
            assert episodes(seed) >= done


def test_a_seed_in_training_is_refused_with_both_ways_out(seed: SeedFolder) -> None:
    with seed.lock():
        with pytest.raises(UserError) as refusal, RunFolder.read(seed.run).seed(3).lock():
            pass
        with RunFolder.read(seed.run).seed(4).lock():
            pass
    assert str(refusal.value) == (
        f"`{seed.path}` must be free to train in, got one that is being trained by another process. "
        "Wait for it, or give another --out."
    )
    with seed.lock():
        pass


def test_weights_come_back_and_say_themselves_what_they_are(seed: SeedFolder) -> None:
    seed.save_weights({"kernel": np.ones((2, 3), np.float32)}, {"episodes": 10_000})
    arrays, facts = seed.load_weights()
    np.testing.assert_array_equal(arrays["kernel"], np.ones((2, 3), np.float32), strict=True)
    assert facts == {"episodes": 10_000}
    _, said = read_arrays(seed.path / "weights.safetensors")
    assert said == {"experiment": "two-step", "config": CONFIG, "seed": 3, "facts": {"episodes": 10_000}}


def test_metrics_come_back_and_are_one_value_an_episode(seed: SeedFolder) -> None:
    seed.save_metrics({"reward": np.arange(3.0), "entropy": np.zeros(3, np.float32)})
    metrics = seed.load_metrics()
    np.testing.assert_array_equal(metrics["reward"], np.arange(3.0), strict=True)
    np.testing.assert_array_equal(metrics["entropy"], np.zeros(3, np.float32), strict=True)
    for wrong in ({"reward": np.zeros((3, 1))}, {"reward": np.zeros(3), "entropy": np.zeros(2)}):
        with pytest.raises(ValueError, match=r"`arrays` must all have one shape \(value,\), got "):
            seed.save_metrics(wrong)
    np.testing.assert_array_equal(seed.load_metrics()["reward"], np.arange(3.0))


@pytest.mark.parametrize("load", [SeedFolder.load_weights, SeedFolder.load_metrics])
def test_results_of_a_seed_not_trained_are_refused_with_the_command(seed: SeedFolder, load) -> None:
    with pytest.raises(UserError) as refusal:
        load(seed)
    message = str(refusal.value)
    assert "must be there, got a seed not trained to its end" in message
    assert message.endswith(f"Train it: `prefrontal train '{seed.run}' --seeds 3`.")


@pytest.mark.parametrize("damage", [truncate, flip, empty, replace, Path.unlink])
def test_damaged_results_of_a_finished_seed_are_refused_with_what_to_do(seed: SeedFolder, damage) -> None:
    seed.save_weights({"kernel": np.ones(100)}, {})
    seed.save_metrics({"reward": np.ones(100)})
    seed.finish()
    for name, load in (("weights", seed.load_weights), ("metrics", seed.load_metrics)):
        path = seed.path / f"{name}.safetensors"
        damage(path)
        with pytest.raises(UserError) as refusal:
            load()
        message = str(refusal.value)
        assert message.startswith(f"`{path}` must be ")
        assert f"Without a copy, move `{seed.path}` away and train again: `prefrontal train '{seed.run}'" in message


def test_files_of_another_seed_are_refused(seed: SeedFolder) -> None:
    run = RunFolder.read(seed.run)
    run.seed(4).save_weights({"kernel": np.ones(3)}, {})
    run.seed(3).save_weights({"kernel": np.ones(3)}, {})
    (run.path / "seed-003" / "weights.safetensors").write_bytes(
        (run.path / "seed-004" / "weights.safetensors").read_bytes()
    )
    with pytest.raises(UserError) as refusal:
        run.seed(3).load_weights()
    assert "must be of seed 3 of the run" in str(refusal.value)
    assert "got another's: `seed` is 4 there, 3 asked for. Move `" in str(refusal.value)


OF_20 = {"train": {"num_episodes": 20}}


def test_a_file_of_another_moment_of_training_is_refused_in_its_place(tmp_path: Path) -> None:
    seed = RunFolder.open(tmp_path, "two-step", OF_20).seed(3)
    for episode in (10, 20):
        seed.save_snapshot(episode, {"kernel": np.full(3, episode)})
    seed.save_weights({"kernel": np.full(3, 20)}, {"episodes": 20})
    seed.save_metrics({"reward": np.zeros(20)})
    seed.save_progress({"kernel": np.full(3, 20)}, {"episode": 20})
    seed.finish()
    assert seed.load_weights()[1] == {"episodes": 20}
    weights, metrics, state = (seed.path / f"{name}.safetensors" for name in ("weights", "metrics", "state"))
    early, late = (seed.path / "snapshots" / f"episode-{episode:06d}.safetensors" for episode in (10, 20))
    for wrong, place, load, got in (
        (early, weights, seed.load_weights, "got that of 10. "),
        (state, weights, seed.load_weights, "got a file of another kind. "),
        (metrics, weights, seed.load_weights, "got a file of another kind. "),
        (early, late, lambda: seed.load_snapshot(20), "got that of 10. "),
        (early, metrics, seed.learning_curve, "got that of 3. "),
    ):
        kept = place.read_bytes()
        place.write_bytes(wrong.read_bytes())
        with pytest.raises(UserError) as refusal:
            load()
        told = f"`{place}` must be of 20 episodes of training, {got}Restore it from a copy."
        assert str(refusal.value).startswith(told)
        place.write_bytes(kept)
        load()


def test_a_learning_curve_of_block_means_may_lack_the_last_block(tmp_path: Path) -> None:
    seed = RunFolder.open(tmp_path, "two-step", OF_20).seed(3)
    seed.save_weights({}, {"episodes": 20})
    seed.save_metrics({"reward": np.zeros(6)}, episodes_per_value=3)
    assert seed.learning_curve().episode.tolist() == [3, 6, 9, 12, 15, 18]
    seed.save_metrics({"reward": np.zeros(5)}, episodes_per_value=3)
    with pytest.raises(UserError, match="must be of 20 episodes of training, got that of 15"):
        seed.learning_curve()


def test_a_file_whose_record_lacks_its_facts_is_refused(seed: SeedFolder) -> None:
    save(seed, 1)
    for facts in ({}, {"facts": None}, {"facts": [1]}):
        write_arrays(seed.path / "state.safetensors", {}, {**seed._record, **facts})
        with pytest.raises(UserError, match="must hold what was saved about its arrays, got none"):
            seed.load_progress()


def test_weights_without_their_origin_are_refused_in_a_seed_folder(seed: SeedFolder) -> None:
    save(seed, 1)
    write_arrays(seed.path / "weights.safetensors", {"kernel": np.ones(3)}, {"episodes": 1})
    with pytest.raises(UserError, match='`experiment` is absent there, "two-step" asked for'):
        seed.load_weights()
