"""A task and an agent of one's own, by configs of one's own: they go wherever the package's go."""

import copy
import inspect
import pickle
import re
import signal
from dataclasses import dataclass, fields, replace
from pkgutil import resolve_name
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sessions import send, when

import prefrontal.configs
from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.commands import animate
from prefrontal.commands.settings import sweep_settings
from prefrontal.configs import (
    AgentConfig,
    CuedBanditConfig,
    RecurrentConfig,
    TaskConfig,
    TestConfig,
    TrainConfig,
    TwoStepConfig,
)
from prefrontal.configs.base import LazyAgentConfig, LazyTaskConfig, check_config, recorded
from prefrontal.configs.two_step import Encoding
from prefrontal.errors import Stopped, UserError
from prefrontal.experiments import ExperimentConfig, find_experiment
from prefrontal.experiments.drawing import draw_results
from prefrontal.experiments.settings import Setting
from prefrontal.experiments.sweep import run_sweep
from prefrontal.experiments.workflow import evaluate_run, train_run
from prefrontal.learning.group import new_agent
from prefrontal.learning.training import train_agents
from prefrontal.rollouts.episodes import rollout
from prefrontal.runs.folder import RunFolder
from prefrontal.tasks import TwoStep
from prefrontal.tasks.base import AbstractTask


class Bonus(AbstractTask):
    """The two-step task, for people who are paid for coming."""

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    within: TwoStep
    bonus: jax.Array

    def __init__(self, num_trials: int, bonus: float):
        self.within = TwoStepConfig(num_trials=num_trials, encoding="trial").make()
        self.num_actions, self.observation_size = 2, 3
        self.num_steps, self.bonus = num_trials, jnp.float32(bonus)

    def init(self, key, previous=None):
        return self.within.init(key, previous)

    def observe(self, state):
        return self.within.observe(state)

    def step(self, state, action, key):
        after, reward, event = self.within.step(state, action, key)
        return after, reward + self.bonus, event

    def is_active(self, state):
        return self.within.is_active(state)


@dataclass(frozen=True)
class BonusConfig(TaskConfig):
    """A task of its own."""

    num_trials: int = 6
    bonus: float = 0.5

    @property
    def num_steps(self) -> int:
        return self.num_trials

    def make(self) -> Bonus:
        return Bonus(self.num_trials, self.bonus)


@dataclass(frozen=True)
class TwoStepBonusConfig(TwoStepConfig):
    """A two-step task, for the experiments on those."""

    num_trials: int = 6
    encoding: Encoding = "trial"
    bonus: float = 0.5

    def make(self) -> Bonus:
        return Bonus(self.num_trials, self.bonus)


class Trace(AbstractAgent):
    """What was done and paid fades; a policy and a value on that."""

    decay: jax.Array
    policy: jax.Array
    value: jax.Array

    def init(self) -> jax.Array:
        return jnp.zeros(self.value.shape)

    def __call__(self, inputs: AgentInput, state: jax.Array) -> tuple[AgentOutput, jax.Array]:
        seen = jnp.concatenate([inputs.observation, inputs.previous_action, inputs.previous_reward[None]])
        state = jax.nn.sigmoid(self.decay) * state + seen
        return AgentOutput(logits=state @ self.policy, value=state @ self.value, activity=state), state


@dataclass(frozen=True)
class TraceConfig(AgentConfig):
    decay: float = 0.0
    scale: float = 0.1

    def make(self, task: AbstractTask, key: jax.Array) -> Trace:
        size = task.observation_size + task.num_actions + 1
        policy = self.scale * jax.random.normal(key, (size, task.num_actions))
        return Trace(jnp.float32(self.decay), policy, jnp.zeros(size))


EXPERIMENT = find_experiment("wang2018-two-step")
CONFIG = ExperimentConfig(
    task=TwoStepBonusConfig(), agent=TraceConfig(), train=TrainConfig(num_episodes=120), test=TestConfig(num_episodes=5)
)


@pytest.fixture(scope="module")
def short_chunks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prefrontal.learning.group.STEPS_PER_CHUNK", 300)
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory, short_chunks):
    return train_run(EXPERIMENT, CONFIG, [0, 1], tmp_path_factory.mktemp("run") / "own")


@pytest.mark.thorough
def test_they_are_trained_and_kept(trained):
    run = RunFolder.read(trained)
    assert run.config["task"] == recorded(TwoStepConfig(num_trials=6, encoding="trial")) | {
        "bonus": 0.5,
        "class": "TwoStepBonusConfig",
    }
    assert run.config["agent"] == {"decay": 0.0, "scale": 0.1, "class": "TraceConfig"}
    weights = run.seed(1).load_weights()[0]
    assert set(weights) == {"decay", "policy", "value"}
    assert np.any(weights["value"])


@pytest.mark.thorough
def test_they_are_tested(trained):
    folder, results = evaluate_run(EXPERIMENT, CONFIG, [0, 1], trained)
    assert folder == trained
    assert results["config"]["task"]["class"] == "TwoStepBonusConfig"
    assert results["reward_per_episode"]["mean"] >= 6 * 0.5
    assert not results["comparable"]
    told = {"--task.class TwoStepBonusConfig", "--task.bonus 0.5", "--agent.class TraceConfig", "--agent.decay 0.0"}
    assert told <= set(results["changed"])
    assert draw_results(EXPERIMENT, folder)


def test_the_command_line_cannot_film_what_it_cannot_find(trained):
    with pytest.raises(UserError, match=r"must be a run of configs of the package, got one of TraceConfig and Two"):
        animate._run_of(str(trained))


def test_a_task_of_its_own_kind_is_trained_where_it_is_the_experiments(tmp_path, short_chunks):
    own = replace(EXPERIMENT, config=replace(CONFIG, task=BonusConfig()))
    train_run(own, own.config, [0], tmp_path)
    assert RunFolder.read(tmp_path).config["task"] == {"num_trials": 6, "bonus": 0.5, "class": "BonusConfig"}
    with pytest.raises(UserError) as refusal:
        train_run(EXPERIMENT, own.config, [0], tmp_path)
    assert str(refusal.value) == (
        "`task` must be a TwoStepConfig, the kind of task that wang2018-two-step tests, got a BonusConfig. Make it a "
        "subclass of that with a `make` of its own, or write an experiment of your own."
    )
    with pytest.raises(UserError, match=r"^`task` must be a TwoStepConfig, the kind of task that"):
        evaluate_run(EXPERIMENT, own.config, [0], tmp_path)


def test_they_are_stopped_and_gone_on_with(trained, tmp_path):
    """The weights are those of a training that was not stopped, bit for bit."""
    with when("advance", send(signal.SIGINT)), pytest.raises(Stopped):
        train_run(EXPERIMENT, CONFIG, [0, 1], tmp_path)
    seed = RunFolder.read(tmp_path).seed(0)
    assert seed.status != "finished"
    train_run(EXPERIMENT, CONFIG, [0, 1], tmp_path)
    assert seed.status == "finished"
    for name, array in RunFolder.read(trained).seed(0).load_weights()[0].items():
        np.testing.assert_array_equal(seed.load_weights()[0][name], array, strict=True)


def test_a_run_belongs_to_its_classes(trained):
    """Other numbers are another run, and so is another class with the same numbers."""

    @dataclass(frozen=True)
    class OtherConfig(TwoStepBonusConfig):
        pass

    with pytest.raises(UserError, match=r"`task\.class` is .*BonusConfig.* there, .*OtherConfig.* asked for"):
        train_run(EXPERIMENT, replace(CONFIG, task=OtherConfig()), [0], trained)
    with pytest.raises(UserError, match=r"`agent\.decay` is 0 there, 1 asked for"):
        evaluate_run(EXPERIMENT, replace(CONFIG, agent=TraceConfig(decay=1.0)), [0], trained)


@pytest.mark.thorough
def test_they_are_swept(tmp_path, short_chunks):
    """By options, as by Python; a setting's rewards are its own."""
    asked = sweep_settings(
        "train", replace(EXPERIMENT, config=CONFIG), ["--task.bonus", ".25"], {"agent.decay": ["-1", "1"]}
    )
    assert [setting.config.agent for setting in asked] == [TraceConfig(decay=-1), TraceConfig(decay=1)]
    bonuses = (0.0, 3.0)
    points = [Setting({"bonus": str(b)}, replace(CONFIG, task=TwoStepBonusConfig(bonus=b))) for b in bonuses]
    table, path = run_sweep(EXPERIMENT, points, [0], tmp_path)
    assert path.exists()
    assert table["bonus"].tolist() == ["0.0", "3.0"]
    for bonus, run in zip(bonuses, table["run"], strict=True):
        reward = RunFolder.read(run).seed(0).load_metrics()["reward"]
        assert 6 * bonus <= reward.min() <= reward.max() <= 6 * (bonus + 1)


def test_they_are_trained_without_files():
    (agent,) = train_agents(BonusConfig().make(), TraceConfig(), TrainConfig(num_episodes=20))
    assert isinstance(agent, Trace)
    assert np.any(agent.value)


@pytest.mark.parametrize("name", [name for name in prefrontal.configs.__all__ if name.endswith("Config")])
def test_a_config_of_the_package_names_what_it_makes(name):
    """The class is there, and is made of that config."""
    config = getattr(prefrontal.configs, name)
    if not issubclass(config, LazyTaskConfig | LazyAgentConfig):
        assert not issubclass(config, TaskConfig | AgentConfig) or config in (TaskConfig, AgentConfig)
        return
    kind = resolve_name(config.makes)
    assert issubclass(kind, AbstractTask if issubclass(config, TaskConfig) else AbstractAgent)
    assert name in str(kind.__init__.__annotations__["config"])
    task = config().make() if issubclass(config, TaskConfig) else CuedBanditConfig().make()
    assert isinstance(task, AbstractTask)
    if issubclass(config, AgentConfig):
        assert type(config().make(task, jax.random.key(0))) is kind
    assert "class" not in recorded(config())


@pytest.mark.parametrize(
    ("config", "got"), [(TrainConfig(), "a TrainConfig"), (BonusConfig, "the class BonusConfig"), (None, "a NoneType")]
)
def test_what_is_no_config_is_refused(config, got):
    for name, kind, a in (("task", TaskConfig, "a"), ("agent", AgentConfig, "an")):
        with pytest.raises(UserError) as refusal:
            check_config(name, config, kind)
        assert str(refusal.value) == (
            f"`{name}` must be {a} {kind.__name__}, got {got}. Give one of the package's, "
            f"or write your own: a frozen dataclass that is a subclass of prefrontal.{kind.__name__}."
        )
    check_config("task", BonusConfig(), TaskConfig)


def test_a_config_that_lacks_what_is_needed_is_refused():
    @dataclass(frozen=True)
    class Empty(TaskConfig):
        num_trials: int = 3

    with pytest.raises(UserError) as refusal:
        Empty()
    assert str(refusal.value) == (
        "`Empty` must have make and num_steps, got a class without. Define them as in prefrontal.TaskConfig."
    )

    @dataclass(frozen=True)
    class NoMake(AgentConfig):
        size: int = 3

    with pytest.raises(UserError, match=r"^`NoMake` must have make, got a class without\. Define it as in pref"):
        NoMake()

    class Plain(AgentConfig):
        def make(self, task, key):
            return None

    with pytest.raises(UserError, match=r"^`Plain` must be a frozen dataclass, got a class that is none\. Write @data"):
        Plain()

    @dataclass
    class Thawed(TaskConfig):
        num_trials: int = 3

        @property
        def num_steps(self):
            return 3

        def make(self):
            return None

    with pytest.raises(UserError, match=r"^`Thawed` must be a frozen dataclass"):
        Thawed()


def test_what_is_read_of_a_config_must_be_there():
    config = BonusConfig()
    with pytest.raises(UserError) as refusal:
        config.chance_reward  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue, reportUnusedExpression]
    assert str(refusal.value) == (
        "`BonusConfig` must have `chance_reward`, which is read here, got a config without. Define it: a field, or a "
        "property computed from the fields."
    )
    assert getattr(config, "chance_reward", None) is None
    assert copy.deepcopy(config) == pickle.loads(pickle.dumps(config)) == config
    with pytest.raises(UserError, match=r"^`BonusConfig` must be given fields of its own \(num_trials, bonus\), got e"):
        replace(config, encoding="trial")
    comparison = find_experiment("encoding-comparison")
    with pytest.raises(UserError, match=r"^`agent` must be a RecurrentConfig, whose time input is varied here, got a"):
        comparison.variants(replace(comparison.config, agent=TraceConfig()))


def test_values_that_no_file_keeps_are_refused(tmp_path):
    @dataclass(frozen=True)
    class Deep(TwoStepBonusConfig):
        levels: Any = ((1.0, "a"), None)

    assert recorded(Deep())["levels"] == ((1.0, "a"), None)
    with pytest.raises(UserError) as refusal:
        train_run(EXPERIMENT, replace(CONFIG, task=Deep(levels=(1.0, jnp.zeros(2)))), [0], tmp_path)
    assert re.fullmatch(
        r"`levels` must be a plain value, so that a run can be known by it, got a \w+\. Give numbers, strings, or "
        r"tuples of them, and let `make` build the rest\.",
        str(refusal.value),
    )


class Growing(Trace):
    """It remembers more and more."""

    def init(self) -> jax.Array:
        return jnp.zeros(1)


@dataclass(frozen=True)
class Wrong(AgentConfig):
    """Makes a `Trace`, and then does something to it."""

    what: str = "nothing"

    def make(self, task: AbstractTask, key: jax.Array) -> AbstractAgent:
        agent = TraceConfig().make(task, key)
        if self.what == "no agent":
            return agent.policy  # pyright: ignore[reportReturnType]
        if self.what == "logits":
            return eqx.tree_at(lambda a: a.policy, agent, jnp.zeros((6, 3)))
        return Growing(agent.decay, agent.policy, agent.value)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("no agent", "`Wrong.make` must return an AbstractAgent, got a ArrayImpl."),
        ("logits", "`the logits of Trace` must have shape (2,), as its task's `num_actions` says, got (3,)."),
        ("memory", "`Growing` must return a state like the one given, got what is float32[6], not float32[1]. A sta"),
    ],
)
def test_agents_that_do_not_fit_are_refused(what, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}"):
        train_agents(BonusConfig().make(), Wrong(what), TrainConfig(num_episodes=2))


class Drifting(Bonus):
    """Its state becomes a real number."""

    def step(self, state, action, key):
        after, reward, event = self.within.step(state, action, key)
        return eqx.tree_at(lambda s: s.trial, after, after.trial + 0.5), reward, event


def test_tasks_that_do_not_fit_are_refused():
    task, agent = BonusConfig().make(), RecurrentConfig(hidden_size=2)
    with pytest.raises(UserError, match=r"^`task` must be an AbstractTask, got a BonusConfig\. Give a task"):
        inspect.unwrap(new_agent)(agent, BonusConfig(), 0)
    blind = eqx.tree_at(lambda t: t.within, task, TwoStepConfig(num_trials=6, encoding="fixation").make())
    with pytest.raises(UserError) as refusal:
        train_agents(blind, agent, TrainConfig(num_episodes=2))
    assert str(refusal.value) == (
        "`Bonus.observe` must have shape (3,), as its `observation_size` says, got (4,). Change one of them."
    )
    several = eqx.tree_at(lambda t: t.bonus, task, jnp.zeros(2))
    with pytest.raises(UserError, match=r"^`the reward of Bonus\.step` must have shape \(\), got \(2,\)\."):
        rollout(agent.make(task, jax.random.key(0)), several, jax.random.key(0))
    with pytest.raises(UserError) as refusal:
        train_agents(Drifting(6, 0.0), agent, TrainConfig(num_episodes=2))
    assert str(refusal.value) == (
        "`Drifting.step` must return a state like the one given, got one in which .trial is float32[], not int32[]. A "
        "state keeps its shapes and types from step to step: build the next one as `init` builds the first."
    )


def test_fields_are_what_is_kept():
    assert [field.name for field in fields(BonusConfig)] == ["num_trials", "bonus"]


def test_a_config_shows_what_differs_from_its_defaults() -> None:
    names = {name: getattr(prefrontal.configs, name) for name in prefrontal.configs.__all__}
    for name in ("wang2018-two-step", "wang2018-harlow", "wang2016-bandits", "ritter2018-cued-bandits"):
        config = find_experiment(name).config
        for part in (config.task, config.agent, config.train, config.test):
            assert eval(repr(part), names) == part
    assert repr(TrainConfig(num_episodes=20)) == "TrainConfig(num_episodes=20)"


def test_a_config_of_ones_own_does_so_too() -> None:
    @dataclass(frozen=True)
    class Mine(TwoStepConfig):
        levers: int = 3

    assert repr(Mine(levers=4)) == f"{Mine.__name__}(levers=4)"
