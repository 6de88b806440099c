"""Atomic writing, arrays that notice damage, locks."""

import errno
import fcntl
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.typing import DTypeLike
from safetensors.numpy import save_file

from prefrontal.errors import UserError
from prefrontal.runs import files
from prefrontal.runs.files import folder_names, make_folder, read_arrays, write_arrays, write_bytes, write_text
from prefrontal.runs.locks import lock

FACTS = {"episodes": 300, "reward": 0.5, "name": "größe", "seeds": [0, 1], "unroll": None}
ARRAYS = {"kernel": np.arange(6, dtype=np.float32).reshape(2, 3), "key": np.array([0, 7], dtype=np.uint32)}
TYPES = st.sampled_from(["?", "i1", "<i2", ">i4", "<i8", "u1", "<u4", ">u8", "<f2", "<f4", ">f8", "<c8"])


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    same = one.dtype == other.dtype.newbyteorder("=") and one.shape == other.shape
    return same and one.tobytes() == other.astype(other.dtype.newbyteorder("=")).tobytes()


@given(
    arrays=st.dictionaries(
        st.text().filter(lambda name: name != "__metadata__"),
        TYPES.flatmap(lambda dtype: arrays_of.arrays(dtype, arrays_of.array_shapes(min_dims=0, min_side=0))),
    ),
    facts=st.dictionaries(st.text(), st.integers() | st.floats(allow_nan=False) | st.text() | st.none()),
)
def test_arrays_and_facts_come_back_as_they_were(tmp_path_factory, arrays: dict, facts: dict) -> None:
    path = tmp_path_factory.mktemp("run") / "state.safetensors"
    write_arrays(path, arrays, facts)
    arrays_read, facts_read = read_arrays(path)
    assert facts_read == facts
    assert arrays_read.keys() == arrays.keys()
    assert all(same_bits(arrays_read[name], array) for name, array in arrays.items())


@pytest.mark.parametrize(
    "array", [np.arange(6).reshape(2, 3).T, np.arange(10)[::2], np.arange(3)[::-1], np.broadcast_to(3.0, (2, 2))]
)
def test_views_come_back_as_they_were(tmp_path: Path, array: np.ndarray) -> None:
    write_arrays(tmp_path / "weights.safetensors", {"array": array}, {})
    np.testing.assert_array_equal(read_arrays(tmp_path / "weights.safetensors")[0]["array"], array)


@pytest.mark.parametrize("dtype", [object, "U3", "complex128", "datetime64[s]", ml_dtypes.bfloat16])
def test_arrays_that_could_not_be_read_back_are_not_written(tmp_path: Path, dtype: DTypeLike) -> None:
    path = tmp_path / "weights.safetensors"
    with pytest.raises(TypeError, match=r"`array` must be of type bool, int8.*, got "):
        write_arrays(path, {"array": np.zeros(2).astype(dtype)}, {})
    assert not path.exists()


def test_equal_contents_make_equal_files(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.safetensors" for number in range(8)]
    for path in paths:
        write_arrays(path, ARRAYS, FACTS)
    assert len({path.read_bytes() for path in paths}) == 1


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    write_arrays(path, {"key": np.array([0, 7], dtype=np.uint32)}, {"seed": 3})
    whole = path.read_bytes()
    for byte in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[byte] ^= 1 << bit
            path.write_bytes(damaged)
            with pytest.raises(UserError, match="must be a whole safetensors file"):
                read_arrays(path)


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    write_arrays(path, ARRAYS, FACTS)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(UserError, match="must be a whole safetensors file"):
            read_arrays(path)


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "got an empty file"),
        (b"episode,reward\n0,50\n", "got a truncated or damaged one, or another format"),
        (b"\x80\x04\x95pickle", "got a truncated or damaged one, or another format"),
    ],
)
def test_what_is_not_safetensors_is_refused_by_name(tmp_path: Path, content: bytes, got: str) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(UserError) as refusal:
        read_arrays(path)
    assert str(refusal.value).startswith(f"`{path}` must be a whole safetensors file, {got}")
    assert str(refusal.value).endswith("Restore it from a copy.")


def test_a_changed_value_is_refused_by_the_checksum(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    write_arrays(path, ARRAYS, FACTS)
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")
    with pytest.raises(UserError, match="got one that does not match its checksum: it was damaged or changed later"):
        read_arrays(path)


def test_other_programs_files_are_read_with_their_metadata(tmp_path: Path) -> None:
    path = tmp_path / "theirs.safetensors"
    save_file(ARRAYS, path, {"made_by": "torch"})
    arrays, facts = read_arrays(path)
    assert facts == {"made_by": "torch"}
    assert all(same_bits(arrays[name], array) for name, array in ARRAYS.items())
    save_file(ARRAYS, path)
    assert read_arrays(path)[1] == {}


def test_a_type_that_numpy_does_not_have_is_named(tmp_path: Path) -> None:
    path = tmp_path / "theirs.safetensors"
    save_file({"kernel": np.zeros(2, ml_dtypes.bfloat16)}, path)
    with pytest.raises(UserError, match="got arrays of the type 'BF16', which NumPy does not have"):
        read_arrays(path)


def with_header(path: Path, header: str) -> None:
    """A safetensors file of one number with this header."""
    padded = header.encode() + b" " * (-len(header) % 8)
    path.write_bytes(len(padded).to_bytes(8, "little") + padded + bytes(4))


ONE_NUMBER = '"kernel": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}'


def test_metadata_that_are_null_are_none(tmp_path: Path) -> None:
    with_header(tmp_path / "theirs.safetensors", f'{{"__metadata__": null, {ONE_NUMBER}}}')
    arrays, facts = read_arrays(tmp_path / "theirs.safetensors")
    assert (arrays["kernel"].tolist(), facts) == ([0.0], {})


@pytest.mark.parametrize("text", ["no JSON", "3", "null", "[]", "[" * 60 + "]" * 60, "[" * 100_000, "9" * 5_000])
def test_facts_that_nobody_wrote_are_refused_even_with_their_checksum(tmp_path: Path, text: str) -> None:
    path = tmp_path / "weights.safetensors"
    checksum = files._checksum({"kernel": np.zeros(1, np.float32)}, text)
    metadata = json.dumps({files.FACTS: text, files.CHECKSUM: checksum})
    with_header(path, f'{{"__metadata__": {metadata}, {ONE_NUMBER}}}')
    with pytest.raises(UserError, match=r"must be a whole safetensors file, got one whose facts are .* Restore it"):
        read_arrays(path)


def test_a_missing_file_and_a_folder_in_its_place_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"weights.safetensors` must be a file, got none there. Check its name and"):
        read_arrays(tmp_path / "weights.safetensors")
    with pytest.raises(UserError, match=r"must be a file to read, got: Is a directory. Check its name and its perm"):
        read_arrays(tmp_path)


def test_text_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    write_text(path, "one")
    write_text(path, "größer\n")
    assert path.read_bytes() == "größer\n".encode()
    assert folder_names(tmp_path) == {"config.json"}


def test_files_get_the_permissions_that_the_user_chose(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_text(tmp_path / "config.json", "")
    finally:
        os.umask(mask)
    assert (tmp_path / "config.json").stat().st_mode & 0o777 == 0o640


def test_the_file_before_is_kept_where_wanted(tmp_path: Path) -> None:
    path, previous = tmp_path / "state", tmp_path / "previous"
    for content in (b"one", b"two", b"three"):
        write_bytes(path, content, previous=previous)
    assert (path.read_bytes(), previous.read_bytes()) == (b"three", b"two")
    assert folder_names(tmp_path) == {"state", "previous"}


def test_data_are_on_the_disk_before_they_take_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (calls.append("sync"), sync(file)))
    monkeypatch.setattr(os, "replace", lambda *names: (calls.append("replace"), replace(*names)))
    write_text(tmp_path / "config.json", "{}")
    assert calls == ["sync", "replace", "sync"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("code", "reason"),
    [(errno.ENOSPC, "No space left on device"), (errno.EROFS, "Read-only file system"), (errno.EACCES, "Permission")],
)
def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, reason: str
) -> None:
    path = tmp_path / "weights.safetensors"
    write_arrays(path, ARRAYS, FACTS)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(UserError) as refusal:
            write_arrays(path, {"kernel": np.zeros(3)}, {})
    message = str(refusal.value)
    assert message.startswith(f"`{path}` must be a place that can be written, got: {reason}")
    assert message.endswith(
        "What was saved before is intact. Free some space or allow writing there, then run the same command again."
    )
    assert path.read_bytes() == before
    assert folder_names(tmp_path) == {path.name}


def test_a_file_cut_short_by_the_system_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    write_arrays(path, ARRAYS, FACTS)
    before = path.read_bytes()
    script = f"""
import resource, numpy, pathlib, prefrontal.runs.files
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
prefrontal.runs.files.write_arrays(pathlib.Path({str(path)!r}), {{"kernel": numpy.zeros(10_000)}}, {{}})
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert f"UserError: `{path}` must be a place that can be written, got: File too large." in result.stderr
    assert path.read_bytes() == before
    assert folder_names(tmp_path) == {path.name}


def test_an_interrupted_write_leaves_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    write_text(tmp_path / "config.json", "one")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "config.json", "two")
    assert (tmp_path / "config.json").read_text() == "one"
    assert folder_names(tmp_path) == {"config.json"}


WRITER = """
import os, pathlib, sys, time
import prefrontal.runs.files as files
os.fsync = lambda _: (print("writing", flush=True), time.sleep(60))
files.write_bytes(pathlib.Path(sys.argv[1]) / "weights.safetensors", bytes(9))
"""


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    theirs = {
        ".config.json.0123abcd.partial",
        ".thesis.tex.partial",
        "film.prefrontal-0123abcd.partial",
        ".film.prefrontal-0123abcd.partial.txt",
    }
    for name in theirs:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".folder.prefrontal-0123abcd.partial").mkdir()
    (tmp_path / ".link.prefrontal-0123abcd.partial").symlink_to(tmp_path / ".thesis.tex.partial")
    kept = folder_names(tmp_path)
    with subprocess.Popen([sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        (partial,) = folder_names(tmp_path) - kept
        make_folder(tmp_path)
        assert folder_names(tmp_path) == kept | {partial}  # it is still being written
        process.kill()
    make_folder(tmp_path)
    assert folder_names(tmp_path) == kept
    assert (tmp_path / ".thesis.tex.partial").read_text() == "mine"


def test_a_writer_whose_file_was_taken_for_a_dead_ones_makes_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked, removed = files.locked, []

    def lock_after_a_sweep(file):
        if not removed:
            removed.append(file.name)
            os.unlink(file.name)
        return locked(file)

    monkeypatch.setattr(files, "locked", lock_after_a_sweep)
    write_text(tmp_path / "config.json", "{}")
    assert removed
    assert folder_names(tmp_path) == {"config.json"}


def test_a_file_system_that_cannot_sync_a_folder_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def sync_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", sync_files_only)
    write_text(tmp_path / "config.json", "{}")
    assert (tmp_path / "config.json").read_text() == "{}"


def test_a_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    remedy = r"Choose another folder, or make room for this one\."
    with pytest.raises(UserError, match=rf"runs` must be a folder or a place where .* got: File exists\. {remedy}"):
        make_folder(tmp_path / "runs")
    with pytest.raises(UserError, match=rf"seed-003` must be a folder or .* got: Not a directory\. {remedy}"):
        make_folder(tmp_path / "runs" / "seed-003")
    with pytest.raises(UserError, match=r"config.json` must be a place that can be written, got: Not a directory\."):
        write_text(tmp_path / "runs" / "config.json", "")
    with pytest.raises(UserError, match=r"lock` must be a place that can be written, got: Not a directory\."):
        lock(tmp_path / "runs" / ".lock").__enter__()
    with pytest.raises(UserError, match=r"runs` must be a folder to read, got: Not a directory\. Check its name and"):
        folder_names(tmp_path / "runs")


def test_a_lock_is_for_one_and_is_let_go_at_the_end(tmp_path: Path) -> None:
    with lock(tmp_path / ".lock", "taken"), pytest.raises(UserError, match="taken"), lock(tmp_path / ".lock", "taken"):
        pass
    with lock(tmp_path / ".lock", "taken"):
        pass


def test_a_lock_without_a_refusal_waits(tmp_path: Path) -> None:
    order: list[str] = []

    def wait() -> None:
        with lock(tmp_path / ".lock"):
            order.append("second")

    second = threading.Thread(target=wait)
    with lock(tmp_path / ".lock"):
        second.start()
        second.join(timeout=0.1)
        order.append("first")
    second.join()
    assert order == ["first", "second"]


def test_a_file_system_without_locks_is_worked_on_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    entered = False
    warning = r"\.lock` could not be locked \(No locks available\): let one process at a time use its folder"
    with pytest.warns(RuntimeWarning, match=warning), lock(tmp_path / ".lock", "taken"):
        entered = True
    assert entered


def test_too_many_open_files_are_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UserError, match=r"got: Too many open files\. .* Allow more open files \(ulimit -n 4096"):
        write_text(tmp_path / "config.json", "{}")


def test_a_table_is_read_where_there_are_none_of_unix_modules(tmp_path: Path) -> None:
    """On Windows a person's table can be read, and written."""
    script = f"""
import pathlib, sys
sys.modules |= dict.fromkeys(["fcntl", "grp", "pwd", "resource", "termios"])
import prefrontal as pf
path = pathlib.Path({str(tmp_path)!r}) / "trials.csv"
path.write_text("choice,state,common,reward\\n0,0,True,1\\n")
assert len(pf.read_trials(path)) == 1
pf.RunFolder.open(path.parent / "run", "two-step", {{}})
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_reading_and_writing_runs_imports_no_jax() -> None:
    script = "import sys, prefrontal.runs.folder; sys.exit('jax' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
