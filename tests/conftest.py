"""How the tests run: on two devices, with the shapes and types that the package states checked at every call."""

import os
from pathlib import Path

# JAX reads these when it is imported; workers and the commands that tests start inherit them.
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "2")
# Every program is kept, the smallest too: the tests of each file compile anew, and most of it has been compiled before.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "compiled"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
# Most of the tests' time goes into compiling programs that run once: they are compiled with few optimisations. With 0
# all are compiled as users have them.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
# As in pyproject.toml, for the commands that tests start.
os.environ.setdefault("PYTHONWARNINGS", "ignore:Error reading persistent compilation cache entry")

import contextlib
import ctypes
import gc
import signal
import sys
import threading

import jax
import pytest
from hypothesis import settings
from jax._src import compiler
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


# In this process each operation is compiled on its own besides, which is quicker again.
_compile_options = compiler.get_compile_options


def _light_options(*arguments, **options):
    chosen = _compile_options(*arguments, **options)
    if jax.config.values["jax_disable_most_optimizations"]:
        chosen.env_option_overrides = [*chosen.env_option_overrides, ("xla_cpu_use_fusion_emitters", False)]
    return chosen


compiler.get_compile_options = _light_options


def pytest_collection_finish():
    """The million objects that packages and tests are made of stay to the end: nobody need look for garbage in them."""
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def _as_marked(node):
    """Files and tests marked `fully_compiled` have their programs as everybody else does."""
    if not node.get_closest_marker("fully_compiled") or not jax.config.values["jax_disable_most_optimizations"]:
        yield
        return
    jax.clear_caches()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "0")
        jax.config.update("jax_disable_most_optimizations", False)
        yield
    jax.config.update("jax_disable_most_optimizations", True)
    jax.clear_caches()


@pytest.fixture(autouse=True)
def _test_as_marked(request):
    with _as_marked(request.node):
        yield


@pytest.fixture(scope="module", autouse=True)
def _programs_of_a_file_go_with_it(request):
    """Compiled programs would pile up to gigabytes."""
    with _as_marked(request.node):
        yield
    jax.clear_caches()
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
