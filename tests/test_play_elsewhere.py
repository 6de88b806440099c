"""People at the task without our server, beside networks, and under wrong posts."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

import prefrontal as pf

pytest.importorskip("starlette", reason="the extra `play` is not installed")
pytest.importorskip("httpx2", reason="httpx2, the client of these tests, is not installed")

from fuzzing import fuzz
from playing import TestClient, begin, beside, end, planned_choices, post, trial

from prefrontal.errors import UserError
from prefrontal.play import players
from prefrontal.play.beside import Beside
from prefrontal.play.database import Database
from prefrontal.play.draws import Draws
from prefrontal.play.live import Live
from prefrontal.play.networks import task_of
from prefrontal.play.packing import pack
from prefrontal.play.rounds import Rounds, bars_of, learning_rate, rounds_of
from prefrontal.play.server import create_app
from prefrontal.play.study import Study

SHORT = Study(trials=12, practice=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study packed for hosts that take posted JSON."""
    out = tmp_path_factory.mktemp("packed") / "page"
    pack(SHORT, out, "folder", participants=2, post="https://lab.org/data")
    return out


def test_a_folder_holds_the_page_and_its_draws(folder):
    told = json.loads((folder / "study.json").read_text())
    assert told["post"] == "https://lab.org/data"
    assert told["study"]["trials"] == 12
    assert [len(one["trials"]) for one in told["schedules"]] == [12, 12]
    assert told["schedules"][0]["trials"] != told["schedules"][1]["trials"]
    index = (folder / "index.html").read_text()
    assert 'content="folder"' in index
    assert "jatos.js" not in index
    assert (folder / "words" / "de.json").exists()


def test_an_archive_is_as_jatos_has_it(tmp_path):
    pack(replace(SHORT, title="Trams & trees"), tmp_path / "study.jzip", "jatos", participants=1)
    with zipfile.ZipFile(tmp_path / "study.jzip") as archive:
        names = archive.namelist()
        (record,) = (name for name in names if name.endswith(".jas"))
        told = json.loads(archive.read(record))
        folder = told["data"]["dirName"]
        assert {name.split("/")[0] for name in names} == {folder, record}  # one folder, or JATOS refuses it
        assert told["version"] == "3"
        assert told["data"]["title"] == "Trams & trees"
        (component,) = told["data"]["componentList"]
        assert (component["htmlFilePath"], component["active"]) == ("index.html", True)
        assert '<script src="jatos.js"></script>' in archive.read(f"{folder}/index.html").decode()


def test_nothing_is_packed_over_something_or_for_nobody(tmp_path):
    (tmp_path / "there").mkdir()
    for out, form, more, told in (
        (tmp_path / "there", "folder", {}, "not there yet"),
        (tmp_path / "study.zip", "jatos", {}, "jzip"),
        (tmp_path / "new", "folder", {"post": "ftp://lab.org"}, "https"),
    ):
        with pytest.raises(UserError, match=told):
            pack(SHORT, out, form, **more)
    with pytest.raises(UserError, match="token"):
        pack(replace(SHORT, token="x"), tmp_path / "new", "folder")


def test_what_other_hosts_kept_is_read_like_the_database(tmp_path, folder):
    schedule = json.loads((folder / "study.json").read_text())["schedules"][0]
    records = [trial(drawn, index, [index % 2]) for index, drawn in enumerate(schedule["trials"])]
    practice = [trial(drawn, index, [0], practice=True) for index, drawn in enumerate(schedule["practice"])]
    people = {"ann": [practice, records[:5], records[3:]], "bob": [records]}  # a batch came twice, in part
    jatos = [
        json.dumps(line)
        for name, batches in people.items()
        for batch in batches
        for line in ({"session": name, "schedule": 0, "kind": "session"}, *batch)
    ]
    (tmp_path / "jatos_results.txt").write_text("\n".join(jatos) + "\n")
    posted = [{"session": name, "records": batch} for name, batches in people.items() for batch in batches]
    (tmp_path / "posted.jsonl").write_text("\n".join(map(json.dumps, posted)))
    read = pf.read_trials(tmp_path / "jatos_results.txt")
    assert read.groupby("subject").size().tolist() == [12, 12]
    assert read["reward"].tolist() == 2 * [record["reward"] for record in records]
    assert read.equals(pf.read_trials(tmp_path / "posted.jsonl"))


def test_of_wrong_posts_nothing_is_kept(tmp_path):
    found = fuzz(str(tmp_path / "people.sqlite"), 300)
    assert not found["other answers"]
    assert not found["rows that should not be"]
    assert found["rows"]["trials"] > 0  # so that there was something to find


@pytest.mark.thorough
def test_who_plans_is_told_from_who_does_not(tmp_path):
    study = Study(trials=200, practice=0, seed=1)  # of 24 drawn so, all 12 who plan lie above .65, the others below .25
    summing = Beside(study)
    summing._others = []  # who else plays is another test
    told = {}
    app = create_app(study, Database(str(tmp_path / "people.sqlite")), Draws(study), beside=summing)
    with TestClient(app) as client:
        for name, is_model_based in (("plans", True), ("repeats", False)):
            session = begin(client, name)
            records = planned_choices(session, is_model_based=is_model_based, seed=3)
            for first in range(0, 200, 40):
                assert post(client, session, records[first : first + 40]).status_code == 200
            assert beside(client, session).status_code == 409
            assert end(client, session).json()["beside"] is True
            told[name] = beside(client, session).json()["you"]
    fit = pf.fit_model(pf.read_trials(tmp_path / "people.sqlite"), "hybrid", num_starts=5)
    assert fit.table["weight"][0] > 0.6 > 0.4 > fit.table["weight"][1]
    stay = pf.stay_probability(pf.read_trials(tmp_path / "people.sqlite")).to_numpy()
    interaction = stay @ np.array([1, -1, -1, 1])
    assert interaction[0] > 0.5 > interaction[1]
    for subject, name in enumerate(told):
        assert told[name]["bars"] == pytest.approx(stay[subject].tolist(), abs=1e-4)
    assert told["plans"]["weights"]["weight"] > told["repeats"]["weights"]["weight"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("by", "task", "trials"),
    [
        ("wang2018-two-step", "two-step", 100),
        ("reference-final", "two-step", 100),
        ("wang2016-bandits", "bandit", 100),
        ("wang2018-volatility", "reversal", 100),
        ("wang2018-harlow", "harlow", 60),
    ],
)
def test_a_network_plays_in_place_of_people(by, task, trials):
    assert task_of(by) == task
    played = Live(Study(task=task, by=by))(3)
    drawn = played["schedule"]["trials"]
    assert len(drawn) == len(played["choices"]) == len(played["value"]) == len(played["policy"]) == trials
    firsts = [first for first, _ in played["choices"]]
    if task == "two-step":
        rewards = [of["rewards"][of["first"][first]][0] for of, first in zip(drawn, firsts, strict=True)]
    else:
        rewards = [of["rewards"][first] for of, first in zip(drawn, firsts, strict=True)]
    assert 1 in rewards
    assert np.mean([policy[0][first] for policy, first in zip(played["policy"], firsts, strict=True)]) > 0.6
    assert np.allclose(np.sum(played["policy"], axis=-1), 1, atol=0.01)
    if task == "harlow":
        assert [of["trial"] for of in drawn[:7]] == [0, 1, 2, 3, 4, 5, 0]
        assert len({of for trial in drawn[:6] for of in trial["objects"]}) == 2
    else:
        assert played["belief"][0] == pytest.approx(0.5, abs=0.01)
        assert np.abs(np.array(played["belief"]) - 0.5).max() > 0.3


@pytest.mark.thorough
@pytest.mark.parametrize("task", ["bandit", "reversal", "harlow"])
def test_participants_are_beside_others_at_every_task(task, monkeypatch):
    monkeypatch.setattr(players, "NUM_PROBLEMS", 6)
    study = Study(task=task, trials=60, practice=0)
    schedule = Draws(study).schedule(1)
    rows = [{"trial": k, "choice": k % 2, "reward": k // 2 % 2, "missed": 0} for k in range(60)]
    told = Beside(study)(rows, schedule.trials, schedule.better)
    names = {
        "bandit": ["network", "explorer", "learner"],
        "reversal": ["network", "observer", "learner"],
        "harlow": ["network", "knower", "side"],
    }
    assert [one["name"] for one in told["others"]] == names[task]
    for one in [told["you"], *told["others"]]:
        assert len(one["bars"]) == (6 if task == "harlow" else 4)
        assert all(0 <= share <= 1 for share in one["bars"])
        assert set(one["weights"]) == (set() if task == "harlow" else {"learning_rate"})
    network = told["others"][0]
    assert network["reward"] > 0.5
    if task == "harlow":
        assert network["bars"][1] > 0.8  # from the second round on it knows
    else:
        assert told["you"]["bars"][:2] == [0, 0]  # who changes every time
        assert network["bars"][0] > network["bars"][1]
    json.dumps(told, allow_nan=False)


def test_what_a_player_did_is_counted():
    rounds = rounds_of(
        [{"trial": k, "choice": c, "reward": r, "missed": int(c is None)} for k, (c, r) in enumerate(
            [(0, 1), (0, 0), (1, 1), (None, None), (1, 0), (0, 1)]
        )],
        [{"trial": k % 3} for k in range(6)],
        [0, 0, 1, 1, 1, 1],
    )  # fmt: skip
    # Of pairs within a problem: after an apple the same, after none another, and one that was not answered.
    assert bars_of("bandit", rounds, 3) == [1.0, 0.0, 1.0, 0.5]
    assert bars_of("harlow", rounds, 3) == [1.0, 0.0, 1.0]
    assert learning_rate(rounds._replace(choice=np.full(6, -1)), 2) is None
    nobody = rounds_of([], [], [])
    assert bars_of("reversal", nobody, 3) == [None] * 4


def test_a_learning_rate_is_found_again():
    by_chance, rates = np.random.default_rng(0), (0.1, 0.8)
    found = []
    for rate in rates:
        values, choices, rewards = np.full(2, 0.5), [], []
        for index in range(300):
            choice = int(by_chance.random() < 1 / (1 + np.exp(-5 * (values[1] - values[0]))))
            reward = float(by_chance.random() < (0.8 if choice == index // 30 % 2 else 0.2))
            values[choice] += rate * (reward - values[choice])
            choices.append(choice)
            rewards.append(reward)
        found.append(learning_rate(Rounds(np.array(choices), np.array(rewards), np.zeros(300), np.arange(300)), 2))
    assert found == pytest.approx(rates, abs=0.15)


def test_only_networks_of_the_task_may_play_in_place_of_people():
    for task, by in (("two-step", "nobody"), ("two-step", "wang2018-harlow"), ("daw", "wang2018-two-step")):
        with pytest.raises(UserError, match="`by` must be"):
            Live(Study(task=task, by=by))
    with pytest.raises(UserError, match="`settings` must be"):
        Live(Study(task="bandit", by="wang2016-bandits", settings={"num_arms": 4}))
    assert task_of("wang2018-matching") is None
