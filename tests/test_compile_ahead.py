"""What trains agents is compiled while they are made, from their shapes, and is what then trains them."""

import logging
from dataclasses import replace

import jax
import pytest

from prefrontal import devices
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs import RecurrentConfig, TrainConfig, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.experiments import find_experiment
from prefrontal.learning import jobs
from prefrontal.learning.group import compile_ahead, new_learner, train_group
from prefrontal.learning.training import train_agents
from prefrontal.tasks import TwoStep

TASK = TwoStep(TwoStepConfig(num_trials=7, encoding="trial"))
AGENT = RecurrentConfig(hidden_size=3)
TRAIN = TrainConfig(num_episodes=8, unroll=None)


@pytest.fixture
def compiled(caplog):
    """How often the program of a training has been compiled."""
    jax.clear_caches()
    caplog.set_level(logging.WARNING, logger="jax")
    with jax.log_compiles():
        yield lambda: sum("Finished XLA compilation of jit(_train_lanes)" in told for told in caplog.messages)


def train(task, agent, config):
    learners = [new_learner(task, agent, config, seed) for seed in (0, 1)]
    return [chunk.episode for chunk in train_group(learners, num_episodes=8, unroll=config.unroll_for(task.num_steps))]


CASES = {
    "lstm": (AGENT, TRAIN),
    "gru": (replace(AGENT, cell="gru"), TRAIN),
    "several episodes": (AGENT, replace(TRAIN, episodes_per_update=4)),
    "averaged": (AGENT, replace(TRAIN, average_last=0.5, optimiser="adam")),
}


@pytest.mark.parametrize(
    "case", [name if name == "lstm" else pytest.param(name, marks=pytest.mark.thorough) for name in CASES]
)
def test_it_is_compiled_once(compiled, case):
    compile_ahead(TASK, *CASES[case])
    assert compiled() == 1
    assert train(TASK, *CASES[case])[-1] == 8
    assert compiled() == 1


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["ritter2018-episodic-two-step", "wang2018-harlow", "wang2018-matching"])
def test_of_other_tasks_and_agents_too(compiled, name):
    preset = find_experiment(name).config
    config = replace(preset.train, num_episodes=8)
    compile_ahead(preset.task.make(), preset.agent, config)
    train(preset.task.make(), preset.agent, config)
    assert compiled() == 1


def test_of_agents_that_somebody_else_makes_nothing_is_known(compiled):
    compile_ahead(TASK, lambda task, key: RecurrentAgent(AGENT, task, key=key), TRAIN)
    assert compiled() == 0


def test_nothing_is_compiled_that_will_be_refused(compiled, monkeypatch):
    monkeypatch.setattr(devices, "memory", lambda: 1_000)
    with pytest.raises(UserError, match="fit the memory"):
        compile_ahead(TASK, AGENT, TRAIN)
    assert compiled() == 0


def test_without_it_training_is_the_same(monkeypatch, tmp_path):
    """What fails in it is done again where it is wanted."""
    expected = train_agents(TASK, AGENT, TRAIN, out=tmp_path / "one").metrics["reward"]
    monkeypatch.setattr(jobs, "compile_ahead", lambda *_: 1 / 0)
    jax.clear_caches()
    assert (train_agents(TASK, AGENT, TRAIN, out=tmp_path / "other").metrics["reward"] == expected).all()


def test_ones_own_agents_are_made_once_each():
    made = []

    def make(task, key):
        made.append(1)
        return RecurrentAgent(AGENT, task, key=key)

    train_agents(TASK, make, TRAIN, [0, 1])
    assert len(made) == 2


def test_what_is_damaged_is_told_before_anything_is_compiled(monkeypatch, tmp_path):
    train_agents(TASK, AGENT, TRAIN, out=tmp_path)
    folder = tmp_path / "seed-000"
    (folder / "finished.json").unlink()
    for file in folder.glob("state*"):
        file.write_bytes(b"damaged")
    begun = []
    monkeypatch.setattr(jobs, "compile_ahead", lambda *_: begun.append(1))
    with pytest.raises(UserError):
        train_agents(TASK, AGENT, TRAIN, out=tmp_path)
    assert begun == []
