"""TensorFlow checkpoints: read as they were written, and refused when anything is wrong with them."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tf1_files import MAGIC, REFERENCE, crc32c, network, varint, write_checkpoint

from prefrontal.errors import UserError
from prefrontal.interop import checksums, wire
from prefrontal.interop.tf1_agents import import_tf1, write_imported
from prefrontal.interop.tf1_bundle import open_bundle
from prefrontal.runs.files import read_arrays


def data_file(checkpoint: Path) -> Path:
    return checkpoint.with_name(checkpoint.name + ".data-00000-of-00001")


def index_file(checkpoint: Path) -> Path:
    return checkpoint.with_name(checkpoint.name + ".index")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A good one: a network of the reference."""
    folder = tmp_path / "good"
    folder.mkdir()
    return write_checkpoint(folder / "model-700.cptk", network())


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as error:
        import_tf1(path)
    message = str(error.value)
    assert re.fullmatch(r"`[^`]+`.* must .*, got .*\. [A-Z].*\.", message), message
    return message


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
    ids=["check value", "zeros", "ones", "ascending"],
)
def test_checksum_is_castagnoli_s(data, checksum):
    """The values of RFC 3720, appendix B.4, and the usual check value."""
    assert checksums.crc32c(data) == checksum == crc32c(data)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=3))
def test_numbers_end_where_they_end(value, rest):
    assert wire.varint(varint(value) + rest, 0) == (value, len(varint(value)))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 10, b"\xff" * 9 + b"\x02"])
def test_a_number_without_an_end_is_refused(data):
    with pytest.raises(wire.Malformed):
        wire.varint(data, 0)


@pytest.mark.parametrize("data", [b"\x0b", b"\x0a\x05abc", b"\x0d\0\0", b"\x0f"], ids=["group", "text", "short", "7"])
def test_a_field_that_is_none_is_refused(data):
    with pytest.raises(wire.Malformed):
        list(wire.fields(data))


@pytest.mark.parametrize("pieces", [1, 3])
def test_variables_come_back_as_written(tmp_path, pieces):
    rng = np.random.default_rng(0)
    arrays = {f"layer_{n}/weights": rng.normal(size=(n, 300 // n)).astype(np.float32) for n in range(1, 12)}
    arrays |= {"steps": np.int64(2**40), "double": rng.normal(size=3), "empty": np.zeros((0, 4), np.float32)}
    bundle = open_bundle(write_checkpoint(tmp_path / "model", arrays, pieces=pieces))
    assert set(bundle.entries) == set(arrays)
    read = bundle.read(list(arrays))
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_gates_are_reordered_and_the_forget_bias_added(checkpoint):
    variables, imported = network(), import_tf1(checkpoint)
    for name in ("kernel", "bias"):
        i, j, f, o = np.split(variables[f"global/rnn/lstm_cell/{name}"], 4, axis=-1)
        f = f + 1 if name == "bias" else f
        np.testing.assert_array_equal(imported.arrays[name], np.concatenate([i, f, j, o], axis=-1))
    np.testing.assert_array_equal(imported.arrays["policy"], variables["global/fully_connected/weights"])
    np.testing.assert_array_equal(imported.arrays["value"], variables["global/fully_connected_1/weights"].ravel())
    assert imported.episodes == 700
    assert len(imported.left) == 8
    assert all(name.startswith("worker_0/") for name in imported.left)


@pytest.mark.parametrize("given_as", ["", ".index", ".data-00000-of-00001", "folder", "checkpoint"])
def test_a_checkpoint_can_be_named_in_several_ways(checkpoint, given_as):
    (checkpoint.parent / "checkpoint").write_text('model_checkpoint_path: "model-700.cptk"\n')
    shutil.copy(index_file(checkpoint), checkpoint.parent / "model-600.cptk.index")  # another one beside it
    path = {"folder": checkpoint.parent, "checkpoint": checkpoint.parent / "checkpoint"}.get(
        given_as, checkpoint.with_name(checkpoint.name + given_as)
    )
    assert import_tf1(path).path == checkpoint


def test_the_weights_are_written_with_their_origin_and_never_over_a_file(checkpoint, tmp_path):
    imported, out = import_tf1(checkpoint), tmp_path / "weights.safetensors"
    write_imported(imported, out)
    arrays, facts = read_arrays(out)
    assert facts == {"source": "model-700.cptk", "format": "TensorFlow 1", "episodes": 700}
    for name, array in imported.arrays.items():
        np.testing.assert_array_equal(arrays[name], array)
    before = out.read_bytes()
    with pytest.raises(UserError, match=r"must be a new file, got .*weights\.safetensors, which exists"):
        write_imported(imported, out)
    assert out.read_bytes() == before


def test_the_published_checkpoint_is_what_tensorflow_read():
    bundle = open_bundle(REFERENCE / "model-20000")
    vector = np.load(REFERENCE / "tensorflow_test_vector.npz")
    names = [name.removeprefix("before/") for name in vector.files if name.startswith("before/")]
    assert len(names) == 4
    read = bundle.read([f"global/{name}" for name in names])
    for name in names:
        np.testing.assert_array_equal(read[f"global/{name}"], vector[f"before/{name}"])


def changed(name: str, change: Callable[[np.ndarray], np.ndarray] | None) -> dict[str, np.ndarray]:
    """The network with one variable changed, or left out."""
    variables = network()
    if change is None:
        del variables[name]
    else:
        variables[name] = change(variables[name])
    return variables


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (changed("global/rnn/lstm_cell/bias", None), "with global/rnn/lstm_cell/bias, got global/"),
        ({"lenet/weights": np.zeros(3, np.float32)}, "must hold a network of mtrazzi/two-step-task, with global/"),
        (changed("global/rnn/lstm_cell/kernel", lambda w: w[:54]), r"shape \(55, 192\) .*, got \(54, 192\)"),
        (changed("global/fully_connected/weights", lambda w: w.T), r"shape \(48, 2\) .*, got \(2, 48\)"),
        (changed("global/fully_connected_1/weights", np.float64), "must be finite numbers of 32 bits, got float64"),
        (changed("global/fully_connected_1/weights", lambda w: w > 0), "must be whole numbers or floats .* type 10"),
        (changed("global/fully_connected_1/weights", lambda w: w * np.float32(np.inf)), "must be finite"),
    ],
    ids=["one missing", "another network", "another shape", "turned", "double", "booleans", "infinite"],
)
def test_another_network_is_refused(tmp_path, variables, told):
    assert re.search(told, refusal(write_checkpoint(tmp_path / "model", variables)))


@pytest.mark.parametrize(
    ("episodes", "told"),
    [
        (np.array([7, 8]), r"must be one whole number, got 2 of them\. Give another"),
        (np.array([], np.int32), r"must be one whole number, got 0 of them\. Give another"),
        (np.float32(np.nan), r"must be one whole number, got nan\. Give another"),
        (np.float64(np.inf), r"must be one whole number, got inf\. Give another"),
        (
            SimpleNamespace(tobytes=bytes, shape=(0, 2**62), dtype=np.dtype(np.int32)),
            r"must be a whole part of a TensorFlow checkpoint, got the shape \(0, 4611686018427387904\) for `glob",
        ),
    ],
)
def test_a_count_of_episodes_that_is_none_is_refused(tmp_path, episodes, told):
    path = write_checkpoint(tmp_path / "model", network() | {"global_episodes": episodes})
    with pytest.raises(UserError, match=told):
        import_tf1(path)


@pytest.mark.parametrize("file", [index_file, data_file])
def test_damage_is_noticed_wherever_it_is(checkpoint, file):
    path, rng = file(checkpoint), np.random.default_rng(0)
    good = path.read_bytes()
    places = range(len(good)) if len(good) < 3000 else rng.choice(len(good), 30, replace=False)
    for place in [*places][:: max(1, len(places) // 60)]:
        path.write_bytes(good[:place] + bytes([good[place] ^ 1 << rng.integers(8)]) + good[place + 1 :])
        assert "Copy it again" in refusal(checkpoint)
    path.write_bytes(good)
    import_tf1(checkpoint)


@pytest.mark.parametrize("file", [index_file, data_file])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_noticed(checkpoint, file, share):
    path = file(checkpoint)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert "Copy it again" in refusal(checkpoint)


@pytest.mark.parametrize("content", [b"", b"not a table", bytes(40) + MAGIC, bytes(range(256)) + MAGIC])
def test_an_index_that_is_none_is_refused(checkpoint, content):
    index_file(checkpoint).write_bytes(content)
    assert "Copy it again" in refusal(checkpoint)


@pytest.mark.parametrize(("gone", "there"), [(index_file, data_file), (data_file, index_file)])
def test_half_a_checkpoint_is_refused(checkpoint, gone, there):
    gone(checkpoint).unlink()
    for path in (checkpoint, there(checkpoint)):
        assert f"`{gone(checkpoint)}` must be beside" in refusal(path)


def test_what_is_no_checkpoint_is_refused(tmp_path):
    assert "got nothing there" in refusal(tmp_path / "nowhere" / "model")
    (tmp_path / "notes.txt").write_text("nothing")
    assert "got a file of another kind" in refusal(tmp_path / "notes.txt")


def test_a_folder_must_tell_which(checkpoint):
    folder = checkpoint.parent
    assert import_tf1(folder).path == checkpoint
    for file in (index_file, data_file):
        shutil.copy(file(checkpoint), file(folder / "model-800.cptk"))
    assert f"got 2. Give the checkpoint itself; in that folder: `{checkpoint}`, `{folder}/model-800" in refusal(folder)
    assert "got none. Give" in refusal(folder.parent)


@pytest.mark.parametrize("target", ["/home/someone/model-700.cptk", "../elsewhere/model-700.cptk", "model-900.cptk"])
def test_a_record_that_points_elsewhere_is_refused(checkpoint, target):
    record = checkpoint.parent / "checkpoint"
    record.write_text(f'model_checkpoint_path: "{target}"\n')
    elsewhere = checkpoint.parent.parent / "elsewhere"
    shutil.copytree(checkpoint.parent, elsewhere)
    for path in (checkpoint.parent, record):
        told = refusal(path)
        assert f"`{record}` must name a checkpoint in its own folder, got {target}." in told
        assert f"in that folder: `{checkpoint}`." in told
    assert import_tf1(checkpoint).path == checkpoint
    record.write_text("nothing")
    assert "got none in it" in refusal(checkpoint.parent)
