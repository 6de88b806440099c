"""People at the task: what the server of a study draws, takes, keeps and gives back."""

import asyncio
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import prefrontal as pf

pytest.importorskip("starlette", reason="the extra `play` is not installed")
pytest.importorskip("httpx2", reason="httpx2, the client of these tests, is not installed")

from playing import TestClient, begin, end, event, play, post, trial

from prefrontal.commands.play.run import run
from prefrontal.errors import UserError
from prefrontal.play import server
from prefrontal.play.database import Database, IntegrityError
from prefrontal.play.draws import Draws
from prefrontal.play.exported import without_formulas, write_export
from prefrontal.play.extra import need
from prefrontal.play.records import Start, read_record, read_start
from prefrontal.play.server import create_app
from prefrontal.play.serving import is_loopback, page_address
from prefrontal.play.study import Bonus, Study, read_study
from prefrontal.play.texts import to_html
from prefrontal.play.writer import Writer
from prefrontal.trials.jspsych import read_jspsych

DRAWN: dict[str, Draws] = {}


def draws_of(study: Study) -> Draws:
    """The draws of a study; compiled once for all tests of one task and length."""
    key = f"{study.task} {study.num_trials} {study.practice} {study.settings}"
    return DRAWN.setdefault(key, Draws(study))


def served(study: Study, path: Path, **more) -> TestClient:
    return TestClient(create_app(study, Database(str(path)), draws_of(study), **more))


TWO_STEP = Study(trials=12, practice=3, bonus=Bonus("€", 0.5), seed=1)
DAW = Study(task="daw", trials=12, practice=3, seed=1)


def test_a_session_is_kept_trial_by_trial_and_read_as_a_trial_table(tmp_path):
    with served(DAW, tmp_path / "people.sqlite") as client:
        ann = play(client, "ann", seed=1, missed={3: 1, 5: 2})
        play(client, "bob", seed=2)
        assert end(client, ann).json()["bonus"] is None
        table = pf.read_trials(tmp_path / "people.sqlite")  # while the server runs
    assert table.groupby("subject").size().to_dict() == {1: 12, 2: 12}
    assert table.loc[table["missed"], "trial"].tolist() == [3, 5]
    drawn = ann["schedule"]["trials"]
    for row in table.loc[(table["subject"] == 1) & ~table["missed"]].to_dict("records"):
        assert row["state"] == drawn[row["trial"]]["first"][row["choice"]]
        assert row["reward"] == drawn[row["trial"]]["rewards"][row["state"]][row["choice2"]]
        assert row["rt"] == pytest.approx((400 + row["trial"]) / 1000)


def test_what_is_posted_twice_is_kept_once_and_never_changed(tmp_path):
    with served(TWO_STEP, tmp_path / "people.sqlite") as client:
        ann = begin(client, "ann")
        drawn = ann["schedule"]["trials"]
        first = trial(drawn[0], 0, [0])
        for records in ([first], [first, event("blur")], [trial(drawn[0], 0, [1]), event("blur")]):
            assert post(client, ann, records).json()["stored"]["trials"] == [0]
    database = Database(str(tmp_path / "people.sqlite"))
    assert [(row["trial"], row["choice"]) for row in database.rows("trials")] == [(0, 0)]
    assert [row["name"] for row in database.rows("events")] == ["blur"]


def test_a_session_goes_on_after_the_server_was_started_anew(tmp_path):
    with served(TWO_STEP, tmp_path / "people.sqlite") as client:
        ann = begin(client, "ann")
        post(client, ann, [trial(drawn, index, [0]) for index, drawn in enumerate(ann["schedule"]["trials"][:5])])
    with served(TWO_STEP, tmp_path / "people.sqlite") as client:
        again = begin(client, "ann")
        assert again == {**ann, "state": "resumed", "done": 5}
        assert end(client, again).status_code == 409
        post(client, again, [trial(drawn, index, [0]) for index, drawn in enumerate(again["schedule"]["trials"])])
        told = end(client, again).json()
        assert told["bonus"] == 0.5 * sum(drawn["rewards"][drawn["first"][0]][0] for drawn in ann["schedule"]["trials"])
        assert end(client, again).json() == told
        assert begin(client, "ann")["state"] == "finished"


def test_who_loads_the_page_again_is_refused_where_the_study_says_so(tmp_path):
    with served(Study(trials=12, practice=3, reload="refuse"), tmp_path / "people.sqlite") as client:
        ann = begin(client, "ann")
        assert begin(client, "ann")["state"] == "resumed"  # nothing was played yet
        post(client, ann, [trial(ann["schedule"]["trials"][0], 0, [0])])
        assert begin(client, "ann")["state"] == "refused"
    assert Database(str(tmp_path / "people.sqlite")).rows("sessions")[0]["reloads"] == 2


def test_nobody_takes_part_twice_under_one_name_of_prolific(tmp_path):
    with served(TWO_STEP, tmp_path / "people.sqlite") as client:
        begin(client, "ann", parameters={"PROLIFIC_PID": "5f", "STUDY_ID": "s1", "other": "=1+1"})
        other = begin(client, "second-browser", parameters={"PROLIFIC_PID": "5f"})
    assert (other["state"], other["secret"], other["schedule"]) == ("refused", None, None)
    session, *more = Database(str(tmp_path / "people.sqlite")).rows("sessions")
    assert not more
    assert (session["prolific_pid"], session["study_id"], session["second_starts"]) == ("5f", "s1", 1)


def test_nobody_writes_into_the_session_of_another(tmp_path):
    with served(TWO_STEP, tmp_path / "people.sqlite") as client:
        ann, bob = begin(client, "ann"), begin(client, "bob")
        record = trial(ann["schedule"]["trials"][0], 0, [0])
        for secret in (bob["secret"], "", None, "ü", [], 7):
            assert post(client, {**ann, "secret": secret}, [record]).status_code == 403
        assert client.post("/api/sessions/nobody/end", json={"secret": ann["secret"]}).status_code == 403
    assert not Database(str(tmp_path / "people.sqlite")).rows("trials")


def test_without_the_word_of_the_study_nobody_takes_part(tmp_path):
    with served(Study(trials=12, practice=3, token="rivière"), tmp_path / "people.sqlite") as client:
        for token in (None, "", "riviere"):
            assert client.post("/api/sessions", json={"client": "ann", "token": token}).status_code == 403
        assert begin(client, "ann", token="rivière")["state"] == "new"


@pytest.mark.parametrize(
    "wrong",
    [
        {"index": 12},
        {"index": -1},
        {"index": True},
        {"choices": [2, None]},
        {"choices": [0, 0]},
        {"choices": [None, None]},
        {"reward": 2},
        {"state": None},
        {"missed": 2},
        {"rts_ms": [-1, None]},
        {"rts_ms": [1e300, None]},
        {"rts_ms": [400, 400]},
        {"started_ms": "0"},
        {"input": "<script>"},
        {"practice": 1},
        {"kind": "trials"},
    ],
    ids=str,
)
def test_a_trial_that_cannot_be_is_refused(wrong):
    drawn = {"trials": [{"first": [0, 1], "rewards": [[1], [0]]}] * 12, "practice": []}
    right = trial(drawn["trials"][0], 0, [0])
    assert read_record(right, drawn).reward == 1
    with pytest.raises(UserError, match="must be"):
        read_record({**right, **wrong}, drawn)


def test_of_records_with_a_wrong_one_none_is_kept(tmp_path):
    with served(TWO_STEP, tmp_path / "people.sqlite") as client:
        ann = begin(client, "ann")
        records = [trial(drawn, index, [0]) for index, drawn in enumerate(ann["schedule"]["trials"][:2])]
        answer = post(client, ann, [records[0], {**records[1], "reward": 1 - records[1]["reward"]}])
        assert answer.status_code == 422
        assert answer.json()["error"] == "`reward` must be what was drawn for the choice, got another."
    assert not Database(str(tmp_path / "people.sqlite")).rows("trials")


def test_bodies_that_are_no_json_or_too_large_are_refused(tmp_path):
    with served(TWO_STEP, tmp_path / "people.sqlite") as client:
        for body in (b"", b"\xff", b"[" * 60_000, b'{"client":NaN}', b"[]", b'{"client":"a/b"}'):
            assert client.post("/api/sessions", content=body).status_code == 422
        assert client.post("/api/sessions", content=b" " * 70_000).status_code == 413


def test_pages_of_others_cannot_post(tmp_path):
    with served(TWO_STEP, tmp_path / "people.sqlite") as client:
        for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
            answer = client.post("/api/sessions", json={"client": "ann"}, headers={"Sec-Fetch-Site": site})
            assert answer.status_code == status


def test_who_asks_too_often_must_wait(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "STRANGERS", (0.001, 3.0))
    with served(TWO_STEP, tmp_path / "people.sqlite") as client:
        ann = begin(client, "ann")
        answers = [client.post("/api/sessions/x/end", json={"secret": "guess"}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [403, 403, 429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert post(client, ann, [event("blur")]).status_code == 200  # who has shown a secret does not


def test_a_page_may_do_no_more_than_it_needs(tmp_path):
    with served(TWO_STEP, tmp_path / "people.sqlite") as client:
        for path in ("/api/study", "/nothing", "/static/../study.py", "/static/%2e%2e/server.py"):
            answer = client.get(path)
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "import" not in answer.text


@pytest.mark.parametrize("task", ["two-step", "daw", "bandit", "reversal", "harlow"])
def test_every_task_is_drawn_from_its_seed_alone(task):
    draws = draws_of(Study(task=task, trials=12, practice=3))
    one, other = draws.schedule(7), draws.schedule(8)
    assert draws.schedule(7) == one
    assert one.trials != other.trials
    assert (len(one.trials), len(one.practice), len(one.better)) == (12, 3, 12)
    assert json.loads(json.dumps(one.trials)) == one.trials


def test_draws_have_the_probabilities_of_the_task():
    draws = Draws(Study(trials=1_000, practice=0, settings={"reversal_probability": 0.0}))
    schedule = draws.schedule(0)
    common = np.mean([drawn["first"] == [0, 1] for drawn in schedule.trials])
    paid = np.mean(
        [drawn["rewards"][better][0] for drawn, better in zip(schedule.trials, schedule.better, strict=True)]
    )
    assert common == pytest.approx(0.8, abs=0.05)
    assert paid == pytest.approx(0.9, abs=0.05)


def test_a_database_is_of_one_study(tmp_path):
    with served(TWO_STEP, tmp_path / "people.sqlite"):
        pass
    with pytest.raises(UserError, match="`trials` is 12"):
        served(Study(trials=13, practice=3), tmp_path / "people.sqlite")
    with pytest.raises(UserError, match="must be a database"):
        Database("nowhere://")
    (tmp_path / "text.sqlite").write_text("no database, but text that is long enough" * 100)
    with pytest.raises(UserError, match="not a database"):
        served(TWO_STEP, tmp_path / "text.sqlite")


def test_exports_read_back_are_the_database(tmp_path):
    with served(DAW, tmp_path / "people.sqlite") as client:
        play(client, "ann", seed=1, missed={3: 1, 5: 2})
        play(client, "bob", seed=2)
    table = pf.read_trials(tmp_path / "people.sqlite")
    database = Database(str(tmp_path / "people.sqlite"))
    assert write_export(database, tmp_path / "study.csv", "trials") == 24
    read = pf.read_table(tmp_path / "study.csv")
    pd.testing.assert_frame_equal(read[list(table)], table)
    assert write_export(database, tmp_path / "jspsych.csv", "jspsych") == 30
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # practice is left out
        read = read_jspsych(tmp_path / "jspsych.csv")
    names = ["subject", "choice", "state", "common", "choice2", "reward", "missed"]
    valid = ~table["missed"].to_numpy()
    pd.testing.assert_frame_equal(read.loc[valid, names], table.loc[valid, names], check_dtype=False)
    assert read["missed"].tolist() == table["missed"].tolist()
    write_export(database, tmp_path / "bids", "bids")
    files = sorted(map(str, (tmp_path / "bids").glob("*_events.tsv")))
    assert len(files) == 2
    read = pf.read_trials(files)
    pd.testing.assert_frame_equal(
        read.loc[valid, names[1:]].reset_index(drop=True),
        table.loc[valid, names[1:]].reset_index(drop=True),
        check_dtype=False,
    )


def test_a_table_of_sessions_has_what_is_to_be_paid(tmp_path):
    with served(TWO_STEP, tmp_path / "people.sqlite") as client:
        ann = play(client, "ann", missed={0: 1})
        post(client, ann, [event("blur", 1), event("blur", 2)])
        bonus = end(client, ann).json()["bonus"]
    write_export(Database(str(tmp_path / "people.sqlite")), tmp_path / "sessions.csv", "sessions")
    row = pd.read_csv(tmp_path / "sessions.csv").iloc[0]
    assert (row["bonus"], row["num_trials"], row["num_missed"], row["num_blur"]) == (bonus, 12, 1, 2)
    assert row["bonus"] == 0.5 * row["num_rewards"]


def test_no_text_is_a_formula():
    table = without_formulas(pd.DataFrame({"a": ["=1+1", "-2", "@x", "ann"], "b": [-1, 0, 1, 2]}))
    assert table["a"].tolist() == ["'=1+1", "'-2", "'@x", "ann"]
    assert table["b"].tolist() == [-1, 0, 1, 2]


def test_consent_is_shown_and_never_run():
    html = to_html(
        "# Hello\n\n<script>alert(1)</script> [a](javascript:alert(1)) [b](https://x.org) ![i](https://x.org/i)"
    )
    assert "<h2>Hello</h2>" in html
    assert 'href="https://x.org"' in html
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html


def test_a_study_is_read_from_a_file(tmp_path):
    (tmp_path / "consent.md").write_text("You may stop at any time.")
    (tmp_path / "study.toml").write_text(
        'task = "daw"\ntrials = 50\nconsent = "consent.md"\n[bonus]\nper_reward = 0.02\n'
        "[settings]\nwalk_deviation = 0.05\n"
    )
    study = read_study(tmp_path / "study.toml")
    assert (study.task, study.trials, study.consent) == ("daw", 50, "You may stop at any time.")
    assert (study.bonus, study.settings) == (Bonus("£", 0.02), {"walk_deviation": 0.05})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("trails = 5", "got trails"),
        ("trials = 0", "`trials` must be"),
        ('trials = "5"', "a whole number"),
        ('task = "chess"', "`task` must be"),
        ("[bonus]\nper_trial = 1", "`bonus` must be"),
        ('completion_url = "javascript:1"', "https"),
        ("task =", "TOML"),
        ('consent = "none.md"', "none.md"),
    ],
)
def test_a_file_that_is_no_study_is_refused(tmp_path, text, told):
    (tmp_path / "study.toml").write_text(text)
    with pytest.raises(UserError, match=told):
        read_study(tmp_path / "study.toml")


def test_settings_that_a_task_does_not_have_are_refused():
    with pytest.raises(UserError, match="got payoff"):
        Draws(Study(settings={"payoff": 1}))
    with pytest.raises(UserError, match="at most 9"):
        Draws(Study(task="bandit", settings={"num_arms": 10}))


def test_only_this_computer_reaches_the_server_unless_asked_for():
    assert all(map(is_loopback, ("127.0.0.1", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.7", "lab.org")))
    assert page_address("0.0.0.0", 8000, "rivière") == "http://localhost:8000/?token=rivi%C3%A8re"
    assert page_address("::1", 80, "") == "http://[::1]:80/"


def test_the_command_says_what_is_missing_and_exports_what_is_there(tmp_path, capsys, monkeypatch):
    for arguments, told in (
        (["chess"], "`task` must be one of"),
        (["--port", "0"], "`port` must be"),
        (["--post", "https://lab.org"], "--export folder"),
        (["export", str(tmp_path / "none.sqlite"), "--out", str(tmp_path / "x.csv")], "which is not there"),
    ):
        with pytest.raises(UserError, match=told):
            run("play", arguments)
    with served(TWO_STEP, tmp_path / "people.sqlite") as client:
        play(client, "ann")
    run("play", ["export", str(tmp_path / "people.sqlite"), "--out", str(tmp_path / "study.csv")])
    assert "12 rows" in capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(UserError, match=r"prefrontal\[play\]"):
        need("sqlalchemy")


def test_a_reader_says_what_is_no_two_step_study(tmp_path):
    with served(Study(task="bandit", trials=12, practice=3), tmp_path / "people.sqlite") as client:
        ann = play(client, "ann")
    with pytest.raises(UserError, match="prefrontal play export"):
        pf.read_trials(tmp_path / "people.sqlite")
    assert write_export(Database(str(tmp_path / "people.sqlite")), tmp_path / "bandit.csv", "trials") == 12
    table = pd.read_csv(tmp_path / "bandit.csv")
    rewards = [drawn["rewards"] for drawn in ann["schedule"]["trials"]]
    assert table["reward"].tolist() == [pays[arm] for pays, arm in zip(rewards, table["choice"], strict=True)]


def test_what_goes_wrong_with_one_write_is_not_the_fault_of_another(tmp_path):
    database = Database(str(tmp_path / "people.sqlite"))
    database.start(TWO_STEP)
    schedule = draws_of(TWO_STEP).schedule(1)

    def starts(name: str) -> Start:
        return read_start({"client": name, "parameters": {"PROLIFIC_PID": "secret-name"}})

    async def both() -> list[object]:
        async with Writer(database) as writer:
            writes = [
                writer.write(lambda connection, name=name: database.add_session(connection, starts(name), 1, schedule))
                for name in ("ann", "bob")
            ]
            return await asyncio.gather(*writes, return_exceptions=True)

    ann, bob = asyncio.run(both())
    assert database.rows("sessions")[0]["client"] == ann.client == "ann"
    assert isinstance(bob, IntegrityError)
    assert "secret-name" not in str(bob)  # such errors go into logs
