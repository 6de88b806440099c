"""People at the task whose data go to a server of PostgreSQL."""

import pandas as pd
import pytest
from postgres import is_missing, postgres

import prefrontal as pf

pytest.importorskip("starlette", reason="the extra `play` is not installed")
pytest.importorskip("httpx2", reason="httpx2, the client of these tests, is not installed")
from fuzzing import fuzz
from playing import TestClient, begin, end, event, play, post, trial

from prefrontal.commands.play.run import run
from prefrontal.errors import UserError
from prefrontal.play.database import Database
from prefrontal.play.draws import Draws
from prefrontal.play.exported import write_export
from prefrontal.play.server import create_app
from prefrontal.play.study import Study

pytestmark = [pytest.mark.thorough, pytest.mark.skipif(bool(is_missing()), reason=is_missing())]
DAW = Study(task="daw", trials=12, practice=3, seed=1)


@pytest.fixture(scope="module")
def draws():
    return Draws(DAW)


@pytest.fixture
def server():
    with postgres() as started:
        yield started


def test_what_a_server_of_postgresql_keeps_is_what_a_file_keeps(server, draws, tmp_path, capsys):
    for data, name in ((server.url, "server"), (str(tmp_path / "people.sqlite"), "file")):
        database = Database(data)
        with TestClient(create_app(DAW, database, draws)) as client:
            ann = play(client, "ann", seed=1, missed={3: 1, 5: 2})
            drawn = ann["schedule"]["trials"]
            assert post(client, ann, [trial(drawn[0], 0, [0, 0]), event("blur")]).json()["stored"]["trials"] == [0]
            assert post(client, ann, [event("blur")]).status_code == 200
            assert begin(client, "ann")["done"] == 12
            begin(client, "bob", parameters={"PROLIFIC_PID": "5f"})
            assert begin(client, "eve", parameters={"PROLIFIC_PID": "5f"})["state"] == "refused"
            assert end(client, ann).status_code == 200
        assert len(database.rows("events")) == 1
        for form in ("trials", "jspsych", "sessions"):
            write_export(database, tmp_path / f"{name}-{form}.csv", form)
        database.close()
    run("play", ["export", server.url, "--out", str(tmp_path / "again.csv")])
    assert "12 rows" in capsys.readouterr().out
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "server-trials.csv").read_text()
    for form in ("trials", "jspsych"):
        assert (tmp_path / f"server-{form}.csv").read_text() == (tmp_path / f"file-{form}.csv").read_text()
    of_server, of_file = (pd.read_csv(tmp_path / f"{name}-sessions.csv") for name in ("server", "file"))
    names = ["num_trials", "num_missed", "num_rewards", "num_blur", "reloads", "second_starts", "prolific_pid"]
    pd.testing.assert_frame_equal(of_server[names], of_file[names])
    assert pf.read_table(tmp_path / "server-trials.csv")["missed"].sum() == 2


def test_a_database_that_was_away_is_written_to_again(server, draws):
    with TestClient(create_app(DAW, Database(server.url), draws)) as client:
        ann = begin(client, "ann")
        first, second = (trial(ann["schedule"]["trials"][index], index, [0, 1]) for index in range(2))
        assert post(client, ann, [first]).status_code == 200
        server.kill()
        answer = post(client, ann, [second])
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert "try again" in answer.json()["error"]
        server.start()
        assert post(client, ann, [first, second]).json()["stored"]["trials"] == [0, 1]
        assert begin(client, "ann")["done"] == 2


def test_of_wrong_posts_a_server_of_postgresql_keeps_nothing(server):
    found = fuzz(server.url, 500)
    assert not found["other answers"]
    assert not found["rows that should not be"]
    assert found["rows"]["trials"] > 0


def test_a_password_is_not_told():
    url = "postgresql://ann:rosebud@127.0.0.1:1/nowhere"
    database = Database(url)
    assert database.shown == "postgresql+psycopg://ann:***@127.0.0.1:1/nowhere"
    for wrong in (url, "postgresql://ann:rosebud@host:port/x", "nowhere://ann:rosebud@host/x"):
        with pytest.raises(UserError, match="`data` must be") as told:
            Database(wrong).study()
        assert "rosebud" not in str(told.value)
