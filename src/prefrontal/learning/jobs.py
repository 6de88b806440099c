"""A training as people run it: many seeds, saved as they go, stopped and gone on with at will."""

import contextlib
import time
import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from prefrontal import devices
from prefrontal.agents.base import AbstractAgent
from prefrontal.configs import TrainConfig
from prefrontal.errors import Stopped, UserError
from prefrontal.learning.breakdown import Breakdown, breakdown, refusal
from prefrontal.learning.group import AgentSource, compile_ahead, new_learner, train_group
from prefrontal.learning.lanes import Learner, layout_for
from prefrontal.learning.meanwhile import meanwhile
from prefrontal.learning.monitor import Monitor, SnapshotView
from prefrontal.learning.stopping import StopRequest, stop_requests
from prefrontal.learning.train import Metrics, TrainState
from prefrontal.runs.arrays import named_arrays, with_arrays
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.seed_folder import Progress, SeedFolder
from prefrontal.runs.watching import tell_saved, tell_trained
from prefrontal.tasks.base import AbstractTask

SECONDS_BETWEEN_SAVES = 10.0

Watch = Callable[[SeedFolder, int, AbstractAgent], SnapshotView]
"""Looks at a snapshot: the seed's folder, the episodes trained, and the agent as it is then. May leave files there."""


@dataclass(frozen=True)
class Job:
    """One seed of one configuration to train."""

    folder: SeedFolder
    task: AbstractTask
    agent: AgentSource
    train: TrainConfig
    snapshot_every: int | None = None
    """Keep the weights of every so many episodes, those before the first included. None: only the last."""
    watch: Watch | None = None
    """Looks at every snapshot as it is kept, for TensorBoard to show."""


@dataclass
class _Run:
    """A job under way."""

    job: Job
    learner: Learner
    revision: Hashable = None
    """Of the training state that it goes on from."""
    metrics: list[Mapping[str, np.ndarray]] = field(default_factory=list)
    broken: Breakdown | None = None
    """Where it broke down: nothing of it is kept from there on."""

    @property
    def episode(self) -> int:
        return int(self.learner.state.episode)

    @property
    def history(self) -> Mapping[str, np.ndarray]:
        self.metrics = [{name: np.concatenate([part[name] for part in self.metrics]) for name in Metrics._fields}]
        return self.metrics[0]


def train_jobs(
    jobs: Sequence[Job],
    *,
    seconds_between_saves: float = SECONDS_BETWEEN_SAVES,
    beside: Callable[[], object] | None = None,
) -> None:
    """Train what is not trained yet of `jobs`, going on from what is saved.

    A job's weights depend on its seed and its configuration alone, bit for bit: not on which others are trained beside
    it, nor on stops on the way. Jobs that differ in numbers only (learning rate, probabilities) run side by side, in
    one compiled program.

    Arguments:
        jobs: what to train; those finished are left as they are.
        seconds_between_saves: how much a kill may cost, at the least.
        beside: what to do while they train, in a thread of its own; see `meanwhile`.

    Raises:
        Stopped: after Ctrl-C, SIGTERM or SIGHUP, when everything is saved.
        UserError: when something cannot be read or written, or another process trains one of these seeds; and, once
            all others are trained, when a training broke down. The state before that is saved then.
    """
    with contextlib.ExitStack() as resources:
        stop = resources.enter_context(stop_requests())
        jobs = [job for job in jobs if job.folder.status != "finished"]
        kept = [_kept(job) for job in jobs]  # before anything is compiled that takes long
        with meanwhile(lambda: compile_ahead(jobs[0].task, jobs[0].agent, jobs[0].train)) as begin:
            if jobs:
                begin()
            runs = [_load(job, *found) for job, found in zip(jobs, kept, strict=True)]
        missing = sum(run.job.train.num_episodes - run.episode for run in runs)
        monitor = resources.enter_context(Monitor(missing))
        begin = resources.enter_context(meanwhile(beside))
        for group in _groups(runs):
            _allow_open_files(2 * len(group) + 100)
            with contextlib.ExitStack() as locks:  # a group's own: of all jobs they could be more than may be open
                for run in group:
                    locks.enter_context(_only_here(run))
                _train(group, monitor, stop, seconds_between_saves, begin)
        broken = [run for run in runs if run.broken]
        for run in broken:
            _save_last_good(run)
        if stop.requested:
            raise Stopped(stop.requested)
        if broken:
            raise refusal([run.broken for run in broken if run.broken], kept=True)


def train_seeds(
    run: RunFolder,
    task: AbstractTask,
    agent_config: AgentSource,
    config: TrainConfig,
    seeds: Sequence[int],
    *,
    seconds_between_saves: float = SECONDS_BETWEEN_SAVES,
) -> None:
    """`train_jobs` for several seeds of one configuration, kept in `run`."""
    jobs = [Job(run.seed(seed), task, agent_config, config) for seed in dict.fromkeys(seeds)]
    train_jobs(jobs, seconds_between_saves=seconds_between_saves)


def _kept(job: Job) -> tuple[Hashable, Progress | None]:
    """The revision of what is saved of a job, and that; one in training is refused before any other is trained."""
    with job.folder.lock():
        return job.folder.revision, job.folder.load_progress()


def _load(job: Job, revision: Hashable, saved: Progress | None) -> _Run:
    learner = new_learner(job.task, job.agent, job.train, job.folder.seed)
    if saved is None:
        return _Run(job, learner, revision)
    parts: dict[str, dict[str, np.ndarray]] = {"state": {}, "metrics": {}}
    for name, array in saved.arrays.items():
        part, _, rest = name.partition("/")
        parts.setdefault(part, {})[rest] = array
    state = with_arrays(learner.state, parts["state"], source=f"the training state in `{job.folder.path}`")
    _warn_of_missing(job, int(state.episode))
    return _Run(job, Learner(state, learner.task, learner.hyperparameters), revision, [parts["metrics"]])


def _warn_of_missing(job: Job, episode: int) -> None:
    """Say so when a training that goes on from `episode` did not keep the weights up to there that are asked for."""
    if not job.snapshot_every:
        return
    if missing := set(range(0, episode, job.snapshot_every)) - set(job.folder.kept_episodes()):
        warnings.warn(
            f"Seed {job.folder.seed} goes on from episode {episode:,}: the weights of {len(missing)} moments before, "
            f"from episode {min(missing):,} on, were not kept. For all of them, train in another folder.",
            RuntimeWarning,
            stacklevel=2,
        )


@contextlib.contextmanager
def _only_here(run: _Run) -> Iterator[None]:
    """Keep other processes from training `run`, of which nothing may have been trained since it was loaded."""
    folder = run.job.folder
    with folder.lock():
        if folder.revision != run.revision:
            raise UserError(
                f"`{folder.path}` must be as it was when this training began, got one that another process has trained "
                "since. Run the same command again: it goes on from there."
            )
        yield


def _allow_open_files(number: int) -> None:
    """Have the system let this process open so many files, as far as it does."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limit to ask for
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < number:
            most = number if hard == resource.RLIM_INFINITY else min(number, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _groups(runs: Sequence[_Run]) -> Iterator[list[_Run]]:
    """Runs to train side by side: as many as there are lanes, all of one program and at the same episode."""
    alike: dict[Hashable, list[_Run]] = {}
    for run in runs:
        train = run.job.train
        program = (
            run.episode,
            train.num_episodes,
            train.unroll,
            run.job.snapshot_every,
            devices.signature(run.learner),
        )
        alike.setdefault(program, []).append(run)
    for same in alike.values():
        size = layout_for(same[0].learner, same[0].job.train.unroll_for(same[0].job.task.num_steps)).size
        for first in range(0, len(same), size):
            yield same[first : first + size]


def _train(
    runs: list[_Run],
    monitor: Monitor,
    stop: StopRequest,
    seconds_between_saves: float,
    compiled: Callable[[], object],
) -> None:
    """Train a group to its end; `compiled` is called once its program is."""
    train, task, snapshot_every = runs[0].job.train, runs[0].job.task, runs[0].job.snapshot_every
    _check_updates(train, snapshot_every)
    saved_at = time.monotonic()
    writers = [monitor.writer(run.job.folder.path, run.episode) for run in runs]
    for chunk in train_group(
        [run.learner for run in runs],
        num_episodes=train.num_episodes,
        unroll=train.unroll_for(task.num_steps),
        stop_every=snapshot_every,
    ):
        monitor.start()
        compiled()
        num = chunk.metrics["reward"].shape[1]
        for lane, (run, writer) in enumerate(zip(runs, writers, strict=True)):
            metrics = chunk.of(lane)
            run.broken = run.broken or breakdown(run.job.folder.seed, train, task.num_steps, chunk.before, metrics)
            if not run.broken:
                run.metrics.append(metrics)
                writer.write(metrics, chunk.before)
        monitor.advance(chunk.metrics["reward"])
        tell_trained(chunk.episode, chunk.metrics["reward"])
        if all(run.broken for run in runs):
            break
        went_on = num == 0 and chunk.episode > 0  # the chunk of no episodes after a resume
        if snapshot_every and chunk.episode % snapshot_every == 0:
            for run, writer, state in zip(runs, writers, chunk.states(), strict=True):
                if run.broken or (went_on and chunk.episode in run.job.folder.kept_episodes()):
                    continue
                run.job.folder.save_snapshot(chunk.episode, named_arrays(state.trained_agent))
                if run.job.watch:
                    writer.show(run.job.watch(run.job.folder, chunk.episode, state.trained_agent), chunk.episode)
        done = chunk.episode == train.num_episodes
        if done or stop.requested or time.monotonic() - saved_at >= seconds_between_saves:
            for run, writer, state in zip(runs, writers, chunk.states(), strict=True):
                if run.broken:
                    continue
                writer.flush()
                _save(run, state)
                if done:
                    _finish(run, state)
            tell_saved()
            saved_at = time.monotonic()
        if stop.requested:
            raise Stopped(stop.requested)
    for writer in writers:
        writer.close()


def _save_last_good(run: _Run) -> None:
    """Keep the state before the update that broke the training: it is trained once more up to there.

    The compiled loop looks at nothing, so that those who do not break pay nothing.
    """
    assert run.broken is not None
    again = _load(run.job, *_kept(run.job))
    if again.episode >= run.broken.last_good:
        return
    train = run.job.train
    unroll = train.unroll_for(run.job.task.num_steps)
    state = again.learner.state
    with _only_here(again):
        for chunk in train_group([again.learner], num_episodes=run.broken.last_good, unroll=unroll):
            again.metrics.append(chunk.of(0))
            (state,) = chunk.states()
        _save(again, state)


def _check_updates(train: TrainConfig, snapshot_every: int | None) -> None:
    if snapshot_every and snapshot_every % train.episodes_per_update:
        raise UserError(
            f"`snapshot_every` must be a multiple of `episodes_per_update`, {train.episodes_per_update}, "
            f"got {snapshot_every}. Change one of them."
        )


def _save(run: _Run, state: TrainState) -> None:
    arrays = {f"state/{name}": array for name, array in named_arrays(state).items()}
    history = {f"metrics/{name}": array for name, array in run.history.items()}
    run.job.folder.save_progress({**arrays, **history}, {"episode": int(state.episode)})


def _finish(run: _Run, state: TrainState) -> None:
    run.job.folder.save_weights(named_arrays(state.trained_agent), {"episodes": int(state.episode)})
    run.job.folder.save_metrics(run.history)
    run.job.folder.finish()
