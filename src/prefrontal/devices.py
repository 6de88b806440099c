"""How JAX is set up, and how seeds are laid over the devices. Import this before anything runs on a device."""

import os
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jax

COMPILER_OPTIONS = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=1073741824"
"""XLA's CPU backend compiles a small loop into one function and interprets a large one, operation by operation, at
about a microsecond each. For loops over time as short as ours the first is faster whatever they hold."""


CPU_LANES = 4


@cache
def configure() -> None:
    """Set JAX up, once, before it starts: a device for every core, and compiled programs kept between runs.

    What the environment says already (XLA_FLAGS, JAX_NUM_CPU_DEVICES, JAX_COMPILATION_CACHE_DIR) is left as it is. If
    JAX has started before, training is as correct, and slower.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {COMPILER_OPTIONS}".strip()
    if "JAX_NUM_CPU_DEVICES" not in os.environ and "device_count" not in flags and not _has_started():
        jax.config.update("jax_num_cpu_devices", num_cores())
    if not jax.config.values.get("jax_compilation_cache_dir") and "JAX_ENABLE_COMPILATION_CACHE" not in os.environ:
        jax.config.update("jax_compilation_cache_dir", str(cache_folder()))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)


def num_cores() -> int:
    """Processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cache_folder() -> Path:
    """Where compiled programs are kept: `prefrontal/compiled` in the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "prefrontal" / "compiled"


class Layout(NamedTuple):
    """How many seeds train at once."""

    num_devices: int
    lanes: int
    """Seeds side by side on one device."""

    @property
    def size(self) -> int:
        return self.num_devices * self.lanes


def layout(num_seeds: int) -> Layout:
    """The devices and lanes for `num_seeds` seeds; more seeds than its size train group after group.

    On CPUs a group has four lanes a core: fewer would leave the core's vector units idle, more would not fit its cache.
    It is laid out over all cores even for one seed, of which those without a seed of their own rest: another number of
    lanes or devices is another program, whose sums may round differently, and the same seed must give the same bits
    alone and among others. On a GPU all seeds train at once, up to 1,024.
    """
    num_devices = jax.local_device_count()
    if jax.default_backend() == "cpu":
        return Layout(num_devices, CPU_LANES)
    per_device = -(-num_seeds // num_devices)
    return Layout(num_devices, min(1024, max(2, 1 << (per_device - 1).bit_length())))


def _has_started() -> bool:
    from jax._src import xla_bridge

    return xla_bridge.backends_are_initialized()
