"""Compiled programs are kept between runs, and a damaged one costs no more than compiling again."""

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from prefrontal import devices
from prefrontal.runs.provenance import processor

PROGRAMS = Path("cache", "prefrontal", "compiled", processor().kind)
COMMAND = str(Path(sys.executable).with_name("prefrontal"))
TINY = "--task.num-trials 5 --task.encoding trial --agent.hidden-size 3 --train.num-episodes 20 --train.unroll None"


def train(folder: Path, name: str, cache: Path) -> bytes:
    """The weights of a tiny training in a process of its own."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("JAX_", "XLA_"))}
    environment["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # quicker, and kept no differently
    command = [COMMAND, "train", "wang2018-two-step", *TINY.split(), "--seeds", "0", "--out", str(folder / name)]
    done = subprocess.run(
        command, env={**environment, "XDG_CACHE_HOME": str(cache)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return (folder / name / "seed-000" / "weights.safetensors").read_bytes()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A folder with the cache that a training left, and the training's weights."""
    folder = tmp_path_factory.mktemp("cache")
    (folder / PROGRAMS).mkdir(parents=True)
    (folder / PROGRAMS / "jit_orphan-cache").write_bytes(b"from a process killed before it wrote the time of use")
    return folder, train(folder, "first", folder / "cache")


@pytest.mark.thorough
def test_compiled_programs_are_kept(trained):
    folder, _ = trained
    assert any(path.stat().st_size > 1_000 for path in (folder / PROGRAMS).iterdir())
    names = {path.name for path in (folder / PROGRAMS).iterdir()}
    kept = {name.removesuffix("-cache") for name in names if name.endswith("-cache")}
    assert {"jit_orphan"} < kept
    assert {f"{name}-atime" for name in kept} < names  # so that those not used for longest can be found


def test_the_cache_is_of_bounded_size_and_of_this_kind_of_processor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    told: dict[str, object] = {}
    config = SimpleNamespace(update=told.__setitem__, values={"jax_compilation_cache_max_size": -1})
    monkeypatch.setattr(devices, "jax", SimpleNamespace(config=config))
    monkeypatch.setattr(devices, "CACHE_BYTES", 1_000)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    devices._keep_programs(devices.cache_folder())
    assert told["jax_compilation_cache_dir"] == str(tmp_path / "prefrontal" / "compiled" / processor().kind)
    assert told["jax_compilation_cache_max_size"] == 1_000


def test_a_small_address_space_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("resource.getrlimit", lambda _: (2**30, 2**30))
    with pytest.warns(RuntimeWarning, match=r"may have 1\.0 GB of addresses \(ulimit -v\): with fewer than 3 it"):
        devices._warn_of_a_small_address_space()
    monkeypatch.setattr("resource.getrlimit", lambda _: (-1, -1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        devices._warn_of_a_small_address_space()


def test_without_a_home_programs_are_compiled_every_time(monkeypatch: pytest.MonkeyPatch):
    def fail() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", fail)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert devices.cache_folder() is None
    with pytest.warns(RuntimeWarning, match=r"no home folder .* compiled again every time\. Set HOME or "):
        devices._keep_programs(None)


@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 2], lambda data: data[:-40] + bytes(40)], ids=["truncated", "changed"]
)
@pytest.mark.thorough
def test_a_damaged_cache_costs_no_more_than_compiling_again(trained, tmp_path: Path, damage: Callable):
    folder, weights = trained
    cache = tmp_path / "cache"
    compiled = tmp_path / PROGRAMS
    compiled.mkdir(parents=True)
    for path in (folder / PROGRAMS).iterdir():
        (compiled / path.name).write_bytes(damage(path.read_bytes()))
    assert train(tmp_path, "run", cache) == weights


@pytest.mark.thorough
def test_a_cache_that_cannot_be_written_does_no_harm(trained, tmp_path: Path):
    _, weights = trained
    (tmp_path / "cache").write_text("a file in the place of the folder")
    assert train(tmp_path, "run", tmp_path / "cache") == weights


def asked(program: str, cache: Path) -> str:
    """What a program prints in a process of its own, where nothing has set JAX up."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("JAX_", "XLA_"))}
    environment["XDG_CACHE_HOME"] = str(cache)
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "program",
    [
        "import jax, prefrontal; jax.random.key(0)",
        pytest.param("import prefrontal as pf; pf.fit_model; import jax", marks=pytest.mark.thorough),
    ],
)
def test_who_imports_the_package_has_every_core(tmp_path: Path, program: str) -> None:
    """And keeps compiled programs, where no training and no command has set JAX up."""
    told = asked(f"{program}; print(jax.local_device_count(), jax.config.jax_compilation_cache_dir)", tmp_path)
    count, folder = told.split()
    assert int(count) == devices.num_cores()
    assert Path(folder) == tmp_path / "prefrontal" / "compiled" / processor().kind


def test_who_starts_jax_before_is_told(tmp_path: Path) -> None:
    told = asked("import jax; jax.random.key(0)\nimport prefrontal", tmp_path)
    if devices.num_cores() == 1:
        assert told == ""
    else:
        assert "<string>:2: RuntimeWarning: JAX had made its first array before prefrontal could set it up" in told


@pytest.mark.thorough
def test_a_fit_that_is_held_is_not_taken_for_one_that_hangs(tmp_path: Path) -> None:
    told = asked("import prefrontal as pf, os; pf.fit_model; print(os.environ['XLA_FLAGS'])", tmp_path)
    assert set(devices.PATIENCE.split()) < set(told.split())
    assert devices.SAME_BITS in told.split()


@pytest.mark.parametrize(
    ("platforms", "plugin", "device", "expected"),
    [
        ("", None, False, True),
        ("", "a plugin", False, True),  # of CUDA, where there is no GPU
        ("", "a plugin", True, False),
        ("cpu", "a plugin", True, True),
        ("cpu,cuda", "a plugin", True, True),
        ("cuda,cpu", "a plugin", True, False),
    ],
)
def test_processors_have_one_level_whatever_is_installed(monkeypatch, platforms, plugin, device, expected):
    """So that their bits do not hang on it."""
    monkeypatch.setenv("JAX_PLATFORMS", platforms)
    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda name: plugin)
    monkeypatch.setattr(devices.Path, "exists", lambda path: device)
    assert devices._is_for_processors() is expected
