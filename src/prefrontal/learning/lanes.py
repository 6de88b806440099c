"""Learners trained side by side, one a lane: each has its own weights, random numbers, task and hyperparameters."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Array, Int, PyTree

from prefrontal import devices
from prefrontal.learning.train import Hyperparameters, Metrics, TrainState, train
from prefrontal.tasks.base import AbstractTask, State

CPU_LANES = 4
"""Seeds side by side on a core: fewer would leave its vector units idle, more would not fit its cache."""
GPU_LANES = 256
"""Seeds side by side on a GPU, at the most: so many small networks take little longer than one."""
GPU_BYTES_A_STEP = 16 * 2**20
"""What a step of all of them reads, at the most: up to there a GPU waits for its programs to start, not for memory."""
GPU_BYTES_KEPT = 2**30
"""What they keep of an update's steps until the gradient is taken, at the most."""


class Learner(eqx.Module):
    """All that training one seed needs. Of several side by side, array leaves lead with the lane, (L,)."""

    state: TrainState
    task: AbstractTask
    hyperparameters: Hyperparameters


def layout_for(learner: Learner, unroll: int) -> devices.Layout:
    """The devices and lanes for learners such as this; more of them than its size train group after group.

    It does not follow how many there are, though for one seed most lanes then rest: another number of lanes or devices
    is another program, whose sums may round differently, and the same seed must give the same bits alone and among
    others, on processors of one kind.
    """
    lanes = CPU_LANES if jax.default_backend() == "cpu" else gpu_lanes(learner, unroll)
    return devices.Layout(jax.local_device_count(), lanes)


def gpu_lanes(learner: Learner, unroll: int) -> int:
    """How many learners such as this train side by side on a GPU, by what one of them takes: a power of two."""
    state, batch = learner.state, learner.hyperparameters.episodes_per_update

    def observed(task: AbstractTask, states: State) -> Array:
        return jax.vmap(task.observe)(states) if batch > 1 else task.observe(states)

    weights = size_in_bytes(state.agent)
    episodes = batch * size_in_bytes(eqx.filter_eval_shape(lambda agent: agent.init(), state.agent))
    episodes += size_in_bytes(eqx.filter_eval_shape(observed, learner.task, state.task_state))
    kept = 4 * unroll * episodes  # an LSTM's gates are as much as four of its outputs
    most = min(GPU_LANES, GPU_BYTES_A_STEP // max(1, weights + episodes), GPU_BYTES_KEPT // max(1, kept))
    return 1 << (max(1, most).bit_length() - 1)


def size_in_bytes(tree: PyTree) -> int:
    """What the arrays of a tree take, or would take where it holds their shapes."""
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree) if hasattr(leaf, "dtype"))


def train_lanes(
    lanes: Learner,
    num_episodes: int,
    *,
    layout: devices.Layout,
    unroll: int,
    capacity: int,
    num_learners: int | None = None,
) -> tuple[Learner, Metrics]:
    """`train` every lane for `num_episodes`, each device its own lanes, without a word between devices.

    The memory of `lanes` is used again for the result: do not touch it afterwards.

    Arguments:
        lanes: the learners, as many as `layout` has room for, laid out by `devices.spread`.
        num_episodes: see `train`, as for `unroll` and `capacity`.
        layout: how lanes lie on devices.
        num_learners: how many lanes are wanted, from the first. None: all. Devices that hold none of them rest.
    """
    busy = layout.num_devices if num_learners is None else -(-num_learners // layout.lanes)
    by_device = np.where(np.arange(layout.num_devices) < busy, num_episodes, 0).astype(np.int32)
    arrays, rest = _divided(lanes)
    program = _Program(layout, unroll, capacity, rest)
    arrays, metrics = _train_lanes(devices.spread(by_device, layout), arrays, program)
    return program.joined(arrays), metrics


def compile_lanes(learner: Learner, *, layout: devices.Layout, unroll: int, capacity: int) -> None:
    """Compile what `train_lanes` calls for learners such as this, which may have the shapes of its arrays in their
    place: see `jax.eval_shape`."""
    place = NamedSharding(devices.mesh(layout), PartitionSpec("lane"))
    arrays, rest = _divided(learner)
    lanes = [jax.ShapeDtypeStruct((layout.size, *leaf.shape), leaf.dtype, sharding=place) for leaf in arrays]
    by_device = jax.ShapeDtypeStruct((layout.num_devices,), np.int32, sharding=place)
    _train_lanes.lower(by_device, lanes, _Program(layout, unroll, capacity, rest)).compile()


class _Program(NamedTuple):
    """What is compiled in."""

    layout: devices.Layout
    unroll: int
    capacity: int
    rest: tuple[Any, ...]
    """Of learners: how they are built, and what of them is no array; None where one is."""

    def joined(self, arrays: Sequence[Array]) -> Learner:
        structure, *others = self.rest
        given = iter(arrays)
        return jax.tree.unflatten(structure, [next(given) if leaf is None else leaf for leaf in others])


def _divided(learner: Learner) -> tuple[list[Any], tuple[Any, ...]]:
    """A learner's arrays, or their shapes, and the rest of it."""
    leaves, structure = jax.tree.flatten(learner)
    is_array = [eqx.is_array(leaf) or isinstance(leaf, jax.ShapeDtypeStruct) for leaf in leaves]
    arrays = [leaf for leaf, array in zip(leaves, is_array, strict=True) if array]
    return arrays, (structure, *(None if array else leaf for leaf, array in zip(leaves, is_array, strict=True)))


@partial(jax.jit, static_argnums=2, donate_argnums=1)
def _train_lanes(
    by_device: Int[Array, " device"], arrays: list[Array], program: _Program
) -> tuple[list[Array], Metrics]:
    def one_lane(arrays: list[Array], num_episodes: Int[Array, ""]) -> tuple[list[Array], Metrics]:
        learner = program.joined(arrays)
        state, metrics = train(
            learner.state,
            learner.task,
            learner.hyperparameters,
            num_episodes,
            unroll=program.unroll,
            capacity=program.capacity,
        )
        return _divided(Learner(state, learner.task, learner.hyperparameters))[0], metrics

    def one_device(arrays: list[Array], num_episodes: Int[Array, "1"]) -> tuple[list[Array], Metrics]:
        return jax.vmap(one_lane, in_axes=(0, None))(arrays, num_episodes[0])  # one number: one loop for all lanes

    by_lane = PartitionSpec("lane")
    return jax.shard_map(
        one_device,
        mesh=devices.mesh(program.layout),
        in_specs=(by_lane, by_lane),
        out_specs=by_lane,
        check_vma=False,
    )(arrays, by_device)
