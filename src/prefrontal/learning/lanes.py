"""Learners trained side by side, one a lane: each has its own weights, random numbers, task and hyperparameters."""

import equinox as eqx
import jax
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Array, Int, PyTree

from prefrontal import devices
from prefrontal.learning.train import Hyperparameters, Metrics, TrainState, train
from prefrontal.tasks.base import AbstractTask

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
    observe = jax.vmap(learner.task.observe) if batch > 1 else learner.task.observe
    weights = size_in_bytes(eqx.filter(state.agent, eqx.is_inexact_array))
    episodes = batch * size_in_bytes(jax.eval_shape(state.agent.init))
    episodes += size_in_bytes(jax.eval_shape(observe, state.task_state))
    kept = 4 * unroll * episodes  # an LSTM's gates are as much as four of its outputs
    most = min(GPU_LANES, GPU_BYTES_A_STEP // (weights + episodes), GPU_BYTES_KEPT // kept)
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
    return _train_lanes((devices.spread(by_device, layout), layout, unroll, capacity), lanes)


@eqx.filter_jit(donate="all-except-first")
def _train_lanes(
    call: tuple[Int[Array, " device"], devices.Layout, int, int], lanes: Learner
) -> tuple[Learner, Metrics]:
    by_device, layout, unroll, capacity = call
    arrays, rest = eqx.partition(lanes, eqx.is_array)

    def one_lane(arrays: PyTree, num_episodes: Int[Array, ""]) -> tuple[PyTree, Metrics]:
        learner: Learner = eqx.combine(arrays, rest)
        state, metrics = train(
            learner.state, learner.task, learner.hyperparameters, num_episodes, unroll=unroll, capacity=capacity
        )
        return eqx.filter(Learner(state, learner.task, learner.hyperparameters), eqx.is_array), metrics

    def one_device(arrays: PyTree, num_episodes: Int[Array, "1"]) -> tuple[PyTree, Metrics]:
        return jax.vmap(one_lane, in_axes=(0, None))(arrays, num_episodes[0])  # one number: one loop for all lanes

    by_lane = PartitionSpec("lane")
    arrays, metrics = jax.shard_map(
        one_device, mesh=devices.mesh(layout), in_specs=(by_lane, by_lane), out_specs=by_lane, check_vma=False
    )(arrays, by_device)
    return eqx.combine(arrays, rest), metrics
