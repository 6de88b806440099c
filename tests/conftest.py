"""How the tests run: on two devices, with the shapes and types that the package states checked at every call."""

import os
from pathlib import Path

# JAX reads these when it is imported; workers and the commands that tests start inherit them.
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "2")
# Every program is kept, the smallest too: the tests of each file compile anew, and most of it has been compiled before.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "compiled"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
# As in pyproject.toml, for the commands that tests start.
os.environ.setdefault("PYTHONWARNINGS", "ignore:Error reading persistent compilation cache entry")

import ctypes
import gc
import signal
import sys
import threading

import jax
import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

import prefrontal.configs  # noqa: F401  (before the hook: configs refuse wrong values in words of their own)

install_import_hook("prefrontal", "beartype.beartype")

from prefrontal import devices  # noqa: E402

devices.configure()

# Whoever starts the tests in the background, or by nohup, has them ignore signals that some tests send.
if threading.current_thread() is threading.main_thread():
    for _name, _default in (("SIGINT", signal.default_int_handler), ("SIGTERM", None), ("SIGHUP", None)):
        _number = getattr(signal, _name, None)
        if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
            signal.signal(_number, _default or signal.SIG_DFL)

# Compiling takes seconds, and the same commit must get the same verdict every time.
settings.register_profile("prefrontal", deadline=None, derandomize=True)
settings.load_profile("prefrontal")


@pytest.fixture(scope="module", autouse=True)
def _programs_of_a_file_go_with_it(request):
    """Compiled programs would pile up to gigabytes. And a file of tests that spends most of its time in the compiler,
    and holds nothing that depends on the last bit, may have it optimise less: see the marker in pyproject.toml."""
    jax.config.update("jax_disable_most_optimizations", bool(request.node.get_closest_marker("lightly_compiled")))
    yield
    jax.clear_caches()
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
