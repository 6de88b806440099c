"""How JAX is set up, and how seeds are laid over the devices. Import this before anything runs on a device."""

import contextlib
import importlib.util
import os
import warnings
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from jaxtyping import PyTree

from prefrontal.errors import UserError
from prefrontal.runs.arrays import like, plain
from prefrontal.runs.files import make_folder
from prefrontal.runs.locks import is_lockable
from prefrontal.runs.provenance import processor

Tree = TypeVar("Tree", bound=PyTree)
Item = TypeVar("Item")
Result = TypeVar("Result")

COMPILER_OPTIONS = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=1073741824"
"""XLA's CPU backend compiles a small loop into one function and interprets a large one, operation by operation, at
about a microsecond each. For loops over time as short as ours the first is faster whatever they hold."""

LESS_OF_LLVM = "--xla_backend_optimization_level=2"
"""Of LLVM's levels XLA takes the third. With the second programs compile in three quarters of the time, and train as
fast or faster: by a third at 16 units. docs/speed.md. It was not tried on GPUs, whose code LLVM makes, too."""
PATIENCE = (
    "--xla_cpu_collective_call_warn_stuck_timeout_seconds=604800"
    " --xla_cpu_collective_call_terminate_timeout_seconds=604800"
)
"""Where devices wait for each other, as in fits, XLA complains after twenty seconds and ends the process after forty
more: a fit that was held by Ctrl-Z, or has a crowded machine, would be taken for one that hangs."""
SAME_BITS = "--xla_gpu_deterministic_ops=true"
"""XLA tries kernels for a GPU's products and takes what was fastest that time, which rounds in its own way: a training
that is gone on with, or run again, would end with other weights. Without trying it is a fifteenth slower (LSTM of 48
units, H100)."""
CACHE_BYTES = 512 * 2**20
"""Compiled programs that are kept: past that, those not used for longest are removed. A program is some 0.1 to 1 MB."""


@cache
def configure() -> None:
    """Set JAX up, once, before it starts: a device for every core, and compiled programs kept between runs.

    What the environment says already (XLA_FLAGS, JAX_NUM_CPU_DEVICES, JAX_COMPILATION_CACHE_DIR and _MAX_SIZE) is left
    as it is. If JAX has started before, everything is as correct, and slower: a warning says so.
    """
    _warn_of_a_small_address_space()
    flags = os.environ.get("XLA_FLAGS", "")
    if _has_started():
        _warn_of_one_device(flags)
    ours = {
        "xla_backend_extra_options": COMPILER_OPTIONS,
        "xla_backend_optimization_level": LESS_OF_LLVM if _is_for_processors() else "",
        "xla_cpu_collective_call": PATIENCE,
        "xla_gpu_deterministic_ops": SAME_BITS,
    }
    missing = [said for name, said in ours.items() if said and name not in flags]
    os.environ["XLA_FLAGS"] = " ".join([flags, *missing]).strip()
    if "JAX_NUM_CPU_DEVICES" not in os.environ and "device_count" not in flags and not _has_started():
        jax.config.update("jax_num_cpu_devices", num_cores())
    if not jax.config.values.get("jax_compilation_cache_dir") and "JAX_ENABLE_COMPILATION_CACHE" not in os.environ:
        _keep_programs(cache_folder())


def num_cores() -> int:
    """Processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cache_folder() -> Path | None:
    """Where compiled programs are kept: `prefrontal/compiled/KIND OF PROCESSOR` in the user's cache folder. None where
    there is no home. Machines of several kinds may share one, and programs of one kind can be illegal on another."""
    try:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:  # no HOME, and a user that the system does not know, as in some containers
        return None
    return Path(home) / "prefrontal" / "compiled" / processor().kind


def _keep_programs(folder: Path | None) -> None:
    if folder is None:
        warnings.warn(
            "There is no home folder to keep compiled programs in: they are compiled again every time. "
            "Set HOME or XDG_CACHE_HOME to a folder.",
            RuntimeWarning,
            stacklevel=3,
        )
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
    if jax.config.values.get("jax_compilation_cache_max_size") != -1:
        return
    with contextlib.suppress(UserError, OSError):  # JAX has a warning of its own for a folder that cannot be written
        make_folder(folder)
        if is_lockable(folder / ".lockfile"):  # JAX's, by which a cache of bounded size is written and read
            _give_times(folder)
            jax.config.update("jax_compilation_cache_max_size", CACHE_BYTES)


def _give_times(folder: Path) -> None:
    """Give programs without a time of last use, as a killed process may leave one, the earliest.

    JAX up to 0.10 writes no program any more once there is one of them: https://github.com/jax-ml/jax/issues/39880
    """
    names = set(os.listdir(folder))
    for name in names:
        time = f"{name.removesuffix('-cache')}-atime"
        if name.endswith("-cache") and time not in names:
            (folder / time).write_bytes(bytes(8))


class Layout(NamedTuple):
    """How many seeds train at once."""

    num_devices: int
    lanes: int
    """Seeds side by side on one device."""

    @property
    def size(self) -> int:
        return self.num_devices * self.lanes


def mesh(layout: Layout) -> jax.sharding.Mesh:
    """The devices of `layout`, along the axis "lane"."""
    return jax.make_mesh(
        (layout.num_devices,),
        ("lane",),
        axis_types=(AxisType.Auto,),
        devices=jax.local_devices()[: layout.num_devices],
    )


def signature(tree: PyTree) -> Hashable:
    """Trees of one signature can be stacked: they are alike but for the values of their arrays."""
    leaves, structure = jax.tree.flatten(tree)
    return structure, tuple((leaf.shape, leaf.dtype) if eqx.is_array(leaf) else leaf for leaf in leaves)


def stack(trees: Sequence[Tree], *, lanes: int) -> Tree:
    """Stack trees of the same structure into one whose array leaves lead with the lane; the last fills what is left."""
    filled = [*trees, *[trees[-1]] * (lanes - len(trees))]
    arrays, rest = zip(*(eqx.partition(tree, eqx.is_array) for tree in filled), strict=True)

    def stacked(*leaves: jax.Array) -> jax.Array:
        return like(leaves[0], np.stack([plain(leaf) for leaf in leaves]))

    return eqx.combine(jax.tree.map(stacked, *arrays), rest[0])


def unstack(tree: Tree, num: int) -> list[Tree]:
    """The first `num` lanes, each on its own."""
    arrays, rest = eqx.partition(tree, eqx.is_array)
    here = jax.tree.map(plain, arrays)  # once for all lanes: they may lie on several devices

    def at(lane: int) -> PyTree:
        return jax.tree.map(lambda leaf, values: like(leaf, np.array(values[lane])), arrays, here)

    return [eqx.combine(at(lane), rest) for lane in range(num)]


def spread(lanes: Any, layout: Layout) -> Any:
    """Lay what leads with the lane over the devices of `layout`. From the host nothing has to be compiled for it."""
    arrays, rest = eqx.partition(lanes, lambda leaf: isinstance(leaf, jax.Array | np.ndarray))
    place = NamedSharding(mesh(layout), PartitionSpec("lane"))
    return eqx.combine(jax.tree.map(lambda leaf: like(leaf, jax.device_put(plain(leaf), place)), arrays), rest)


def shared_map(function: Callable[[Any], Any], xs: PyTree, **options: Any) -> PyTree:
    """`jax.lax.map(function, xs)`, of which each device does its share.

    Arguments:
        function: of one element.
        xs: arrays that lead with the element; the last fills what is left on the last device.
        options: of `jax.lax.map`.
    """
    layout = Layout(jax.local_device_count(), 1)
    length = len(jax.tree.leaves(xs)[0])
    places = jnp.minimum(jnp.arange(-(-length // layout.size) * layout.size), length - 1)
    by_lane = PartitionSpec("lane")
    on_devices = jax.shard_map(
        lambda part: jax.lax.map(function, part, **options),
        mesh=mesh(layout),
        in_specs=(by_lane,),
        out_specs=by_lane,
        check_vma=False,
    )
    return jax.tree.map(lambda leaf: leaf[:length], on_devices(jax.tree.map(lambda leaf: leaf[places], xs)))


def by_cores(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """`function` of each of `items`, several at once, each in a thread of its own core: for what computes in JAX or
    NumPy. The first goes alone, so that what it compiles is there for the others."""
    if len(items) < 2:
        return [function(item) for item in items]
    first = function(items[0])
    with ThreadPoolExecutor(num_cores()) as threads:
        return [first, *threads.map(function, items[1:])]


def memory() -> int | None:
    """Bytes that the devices have for arrays, all together; None where nothing tells."""
    if jax.default_backend() != "cpu":
        limits = [(device.memory_stats() or {}).get("bytes_limit", 0) for device in jax.local_devices()]
        return sum(limits) if all(limits) else None
    found = []
    with contextlib.suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with contextlib.suppress(ValueError, OSError):  # "max" where a container has no limit
        found.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return min(found, default=None)


def _warn_of_a_small_address_space() -> None:
    """JAX reserves far more addresses than memory, and native code that gets none ends the process without a word."""
    with contextlib.suppress(ImportError, OSError):  # Windows has no such limit
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY and limit < 3 * 2**30:
            warnings.warn(
                f"This process may have {limit / 2**30:.1f} GB of addresses (ulimit -v): with fewer than 3 it may end "
                "without a word. Allow more: ulimit -v unlimited.",
                RuntimeWarning,
                stacklevel=3,
            )


def _warn_of_one_device(flags: str) -> None:
    if "JAX_NUM_CPU_DEVICES" in os.environ or "device_count" in flags:  # as somebody wants it
        return
    if jax.default_backend() == "cpu" and jax.local_device_count() < num_cores():
        warnings.warn(
            "JAX had made its first array before prefrontal could set it up: trainings and fits use one of "
            f"{num_cores()} cores, and take several times as long. Import prefrontal at the top of the program or "
            "notebook and start it again: then all are used.",
            RuntimeWarning,
            stacklevel=5,
        )


def _is_for_processors() -> bool:
    """Whether JAX will compute on processors: it is told to, has no plugin for anything else, or there is nothing."""
    told = os.environ.get("JAX_PLATFORMS", "").split(",")[0].strip()
    there = any(Path(name).exists() for name in ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg"))
    return told == "cpu" or importlib.util.find_spec("jax_plugins") is None or not there


def _has_started() -> bool:
    from jax._src import xla_bridge

    return xla_bridge.backends_are_initialized()
