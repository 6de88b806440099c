"""Trainings from Python, kept in a folder: gone on with, read, refused, listed."""

import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import assert_same_bits
from sessions import send, when
from test_own_agents import Arm, GRUAgent

import prefrontal as pf
from prefrontal.cli import main
from prefrontal.errors import Stopped
from prefrontal.learning.described import described_agent, described_task
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.inventory import look

TRAIN = pf.recipe("robust", num_episodes=120)


@pytest.fixture(scope="module", autouse=True)
def short_chunks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prefrontal.learning.group.STEPS_PER_CHUNK", 300)
        yield


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A network of one's own, two seeds of which were trained in a folder, and the folder."""
    folder = tmp_path_factory.mktemp("own") / "arm"
    return pf.train_agents(Arm(), GRUAgent, TRAIN, seeds=[0, 1], out=folder), folder


@pytest.mark.thorough
def test_a_folder_keeps_what_memory_would(kept, capsys):
    trained, folder = kept
    alone = pf.train_agents(Arm(), GRUAgent, TRAIN, seeds=[1])
    assert_same_bits(alone[0], trained[1])
    np.testing.assert_array_equal(alone.metrics["reward"][0], trained.metrics["reward"][1])
    again = pf.train_agents(Arm(), lambda task, key: GRUAgent(task, key), TRAIN, seeds=[1, 0], out=str(folder))
    assert_same_bits(again[1], trained[0])
    assert again.seeds == (1, 0)
    assert list(again.metrics) == list(alone.metrics)
    names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    assert names == {"config.json", "learning.csv", "seed-000", "seed-001"}
    assert {path.suffix for path in (folder / "seed-001").iterdir()} >= {".safetensors", ".json"}
    assert "Seed" not in capsys.readouterr().err  # nothing goes on


def test_it_goes_on_where_it_was_stopped(kept, tmp_path, capsys):
    with when("advance", send(signal.SIGINT)), pytest.raises(Stopped, match="The same call goes on"):
        pf.train_agents(Arm(), GRUAgent, TRAIN, seeds=[0, 1], out=tmp_path)
    assert RunFolder.read(tmp_path).seed(0).status == "partial"
    resumed = pf.train_agents(Arm(), GRUAgent, TRAIN, seeds=[0, 1], out=tmp_path)
    assert "Seeds 0-1 go on from episode 50." in capsys.readouterr().err
    for one, other in zip(resumed, kept[0], strict=True):
        assert_same_bits(one, other)


class Other(GRUAgent):
    pass


@pytest.mark.parametrize(
    ("changed", "differing"),
    [
        ({"config": pf.recipe("robust", num_episodes=120, discount=0.8)}, "`train.discount` is 0.9 there, 0.8 asked"),
        ({"task": Arm(num_steps=4)}, "`task.num_steps` is 6 there, 4 asked for"),
        ({"agent_config": Other}, '`agent.class` is "GRUAgent" there, "Other" asked for'),
        (
            {"agent_config": lambda task, key: GRUAgent(task, key, units=4)},
            '`agent.cell.bias` is "float32[24]" there, "float32[12]" asked for',
        ),
        pytest.param(
            {"agent_config": pf.RecurrentConfig(hidden_size=8)},
            '`agent.class` is "GRUAgent" there, absent asked for',
            marks=pytest.mark.thorough,
        ),
        ({"seeds": []}, "`seeds` must name one or more, got []"),
    ],
)
def test_another_setting_is_refused(kept, changed, differing):
    asked = {"task": Arm(), "agent_config": GRUAgent, "config": TRAIN} | changed
    with pytest.raises(pf.UserError) as refusal:
        pf.train_agents(**asked, out=kept[1])
    assert differing in str(refusal.value)


def test_what_is_known_of_a_task_is_its_numbers():
    task = described_task(pf.BanditConfig(num_trials=7).make())
    assert task["class"] == "Bandit"
    assert task["num_steps"] == 7
    assert task == described_task(pf.BanditConfig(num_trials=7).make())
    assert task != described_task(pf.BanditConfig(num_trials=7, arms="easy").make())

    class Held(Arm):
        shown: tuple = ()

    drawn, key = jnp.arange(100.0), jax.random.key(3)
    told = described_task(Held(shown=(drawn, key, float("-inf"), jnp.tanh, {"size": 2})))["shown"]
    assert told[0].startswith("float32[100] ")
    assert told[0] != described_task(Held(shown=(drawn + 1,)))["shown"][0]
    assert told[1:] == [[0, 3], "-inf", "tanh", {"size": 2}]
    assert described_agent(GRUAgent(Arm(), jax.random.key(0))) == described_agent(GRUAgent(Arm(), jax.random.key(1)))


def test_commands_list_and_show_it(kept, capsys):
    folder = kept[1]
    assert look(folder).state == "trained"
    main(["runs", str(folder.parent)])
    row = capsys.readouterr().out.splitlines()[-3]
    assert row.split()[:4] == ["Arm", "arm", "trained", "0-1"]
    main(["show", str(folder)])
    told = capsys.readouterr().out
    assert told.startswith(f"Arm: {folder}\nState: trained\nTask: Arm, num_actions 2, num_steps 6")
    assert "\nAgent: GRUAgent\nTraining: 120 episodes\n" in told
    assert "Next: in Python, the same call (train_agents, or train_run) reads it" in told
    with pytest.raises(SystemExit):
        main(["evaluate", str(folder)])
    assert "got Arm. What is your own is tested in Python" in " ".join(capsys.readouterr().err.split())
