"""The package's one piece of C: compiled where a C compiler is, kept, and called from programs of JAX.

It makes training faster and nothing else: where there is no compiler, or it fails, the same numbers, to rounding, come
from JAX alone. `PREFRONTAL_NATIVE=off` leaves it out, `CC` names the compiler.
"""

import contextlib
import ctypes
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jax

from prefrontal import devices
from prefrontal.errors import UserError
from prefrontal.runs.files import make_folder, write_bytes

SWITCH = "PREFRONTAL_NATIVE"
SOURCE = Path(__file__).with_name("lstm_backward.c")
FLAGS = ("-O3", "-std=gnu11", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math")
INSTRUCTIONS = {"SSE4_2": "x86-64-v2", "AVX": "x86-64-v2", "AVX2": "x86-64-v3", "AVX512": "x86-64-v4"}
"""What `--xla_cpu_max_isa` of XLA_FLAGS, which holds JAX to older instructions, means to a compiler of C."""
MOST_SECONDS = 60

_lock = threading.RLock()
_left_out: ContextVar[bool] = ContextVar("left_out", default=False)


class LSTMBackward(NamedTuple):
    """The compiled function for networks of one size, as `jax.ffi.ffi_call` takes it."""

    target: str
    """Its name in programs."""
    space: int
    """Numbers it wants room for."""


def lstm_backward(num_inputs: int, num_units: int) -> LSTMBackward | None:
    """What carries the errors of an LSTM of this size backward, compiled now or before; None where it cannot be had.

    Where a compiler fails a warning says so, once.
    """
    if _left_out.get():
        return None
    with _lock:
        return _lstm_backward(num_inputs, num_units)


@contextlib.contextmanager
def left_out() -> Iterator[None]:
    """What is traced within is of JAX alone."""
    token = _left_out.set(True)
    try:
        yield
    finally:
        _left_out.reset(token)


@cache
def compiler() -> tuple[str, ...] | None:
    """The C compiler in use, its full path and what CC says behind it; None where there is none, or none is wanted."""
    if os.environ.get(SWITCH, "").lower() in ("off", "0", "false", "no") or jax.default_backend() != "cpu":
        return None
    if sys.platform == "darwin" and not _has_developer_tools():
        return None
    asked: list[str] = []
    with contextlib.suppress(ValueError):  # quotes without an end
        asked = shlex.split(os.environ.get("CC", ""))
    for name, *options in (*([asked] if asked else []), ["cc"], ["gcc"], ["clang"]):
        if found := shutil.which(name):
            return found, *options
    return None


@cache
def described() -> str | None:
    """The compiler in its own words, such as "gcc (Debian 12.2.0-14) 12.2.0"; None where there is none."""
    command = compiler()
    if command is None:
        return None
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        told = _run([*command, "--version"], seconds=10).stdout
        if told.strip():
            return told.strip().splitlines()[0]
    return shlex.join(command)


@cache
def _lstm_backward(num_inputs: int, num_units: int) -> LSTMBackward | None:
    command = compiler()
    if command is None:
        return None
    sizes = (f"-DINPUTS={num_inputs}", f"-DUNITS={num_units}")
    try:
        name = f"lstm_backward_{num_inputs}_{num_units}_{_digest(command)}"
        library = _loaded(command, sizes, name)
        library.lstm_backward_space.restype = ctypes.c_long
        code = jax.ffi.pycapsule(library.lstm_backward)
    except (OSError, AttributeError, subprocess.SubprocessError) as error:
        warnings.warn(
            f"{Path(command[0]).name} could not make the faster gradient, so training takes longer: {_reason(error)}. "
            f"Set CC to another compiler, or {SWITCH}=off to go without.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    jax.ffi.register_ffi_target(name, code, platform="cpu")
    return LSTMBackward(name, library.lstm_backward_space())


def _loaded(command: Sequence[str], sizes: tuple[str, ...], name: str) -> ctypes.CDLL:
    """The library `name`, compiled unless it was kept, and kept where there is a folder that can be written."""
    programs = devices.cache_folder()
    folder = None if programs is None else programs.parents[1] / "native" / programs.name
    for kept in _kept(folder, name):
        with contextlib.suppress(OSError):  # a folder that nothing may be run from
            return ctypes.CDLL(str(kept))
    with tempfile.TemporaryDirectory(prefix="prefrontal-", ignore_cleanup_errors=True) as here:
        made = Path(here) / f"{name}.so"
        words = [*command, *FLAGS, *_instructions(), *sizes, "-I", jax.ffi.include_dir(), str(SOURCE), "-o", str(made)]
        _run(words, seconds=MOST_SECONDS).check_returncode()
        if folder is not None:
            with contextlib.suppress(OSError, UserError):
                code = made.read_bytes()
                make_folder(folder)
                kept = folder / f"{name}.{_checksum(code)}.so"
                write_bytes(kept, code)
                return ctypes.CDLL(str(kept))
        return ctypes.CDLL(str(made))


def _kept(folder: Path | None, name: str) -> Iterator[Path]:
    """Libraries `name` that are whole, as their own names say: to load a damaged one can end the process."""
    with contextlib.suppress(OSError):
        for library in sorted(folder.glob(f"{name}.*.so")) if folder is not None else ():
            if library.name == f"{name}.{_checksum(library.read_bytes())}.so":
                yield library


def _checksum(code: bytes) -> str:
    return hashlib.sha256(code).hexdigest()[:16]


def _run(words: Sequence[str], *, seconds: int) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=seconds
    )


def _reason(error: Exception) -> str:
    """In one line."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took more than {error.timeout} seconds"
    if isinstance(error, subprocess.CalledProcessError):
        said = error.stderr.strip().splitlines() or [f"it ended with {error.returncode}"]
        return next((line for line in said if "error" in line), said[0])[:200]
    return str(error)[:200]


def _instructions() -> tuple[str, ...]:
    for word in reversed(os.environ.get("XLA_FLAGS", "").split()):  # the last is what counts
        name, _, value = word.partition("=")
        if name == "--xla_cpu_max_isa":
            return (f"-march={INSTRUCTIONS[value.upper()]}",) if value.upper() in INSTRUCTIONS else ()
    return ("-mcpu=native",) if sys.platform == "darwin" else ("-march=native",)


def _digest(command: Sequence[str]) -> str:
    """Eight digits of all that decides what the compiler makes: another of them is another library, and no program
    that JAX keeps calls one for the other."""
    file = Path(command[0]).resolve()
    about = file.stat()
    parts = (
        SOURCE.read_text(),
        FLAGS,
        _instructions(),
        str(file),
        *command[1:],
        about.st_size,
        about.st_mtime_ns,
        jax.__version__,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


def _has_developer_tools() -> bool:
    """On a Mac without them, /usr/bin/cc asks in a window to install them."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(["xcode-select", "-p"], capture_output=True, timeout=10).returncode == 0
    return False
