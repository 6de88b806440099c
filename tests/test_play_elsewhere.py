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
from playing import TestClient, begin, end, planned_choices, post, trial

from prefrontal.errors import UserError
from prefrontal.play.beside import Beside
from prefrontal.play.database import Database
from prefrontal.play.draws import Draws
from prefrontal.play.live import Live
from prefrontal.play.packing import pack
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
    beside = Beside(study)
    beside._others = []  # who else plays is another test
    told = {}
    app = create_app(study, Database(str(tmp_path / "people.sqlite")), Draws(study), beside=beside)
    with TestClient(app) as client:
        for name, is_model_based in (("plans", True), ("repeats", False)):
            session = begin(client, name)
            records = planned_choices(session, is_model_based=is_model_based, seed=3)
            for first in range(0, 200, 40):
                assert post(client, session, records[first : first + 40]).status_code == 200
            told[name] = end(client, session).json()["beside"]["you"]
    fit = pf.fit_model(pf.read_trials(tmp_path / "people.sqlite"), "hybrid", num_starts=5)
    assert fit.table["weight"][0] > 0.6 > 0.4 > fit.table["weight"][1]
    stay = pf.stay_probability(pf.read_trials(tmp_path / "people.sqlite")).to_numpy()
    interaction = stay @ np.array([1, -1, -1, 1])
    assert interaction[0] > 0.5 > interaction[1]
    for subject, name in enumerate(told):
        assert told[name]["stay"] == pytest.approx(stay[subject].tolist(), abs=1e-4)
    assert told["plans"]["weights"]["weight"] > told["repeats"]["weights"]["weight"]


@pytest.mark.thorough
def test_a_network_plays_in_place_of_people(tmp_path):
    played = Live(Study(by="wang2018-two-step"))(3)
    trials = played["schedule"]["trials"]
    assert len(trials) == len(played["choices"]) == len(played["belief"]) == 100
    reward = np.mean(
        [drawn["rewards"][drawn["first"][a]][0] for drawn, (a, _) in zip(trials, played["choices"], strict=True)]
    )
    assert reward > 0.55  # better than chance: what it chose is told as it chose it
    assert np.allclose(np.sum(played["policy"], axis=-1), 1, atol=0.01)
    assert min(played["belief"]) < 0.2 < 0.8 < max(played["belief"])


def test_only_networks_of_the_task_may_play_in_place_of_people():
    for by in ("nobody", "wang2018-harlow"):
        with pytest.raises(UserError, match="`by` must be"):
            Live(Study(by=by))
