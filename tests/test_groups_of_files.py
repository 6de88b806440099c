"""Several files of a group, and what files may be called and hold."""

import gzip
from pathlib import Path

import pytest
from test_files_of_others import BASE, read, refusal
from test_tables_like_them import CORE, PLAIN, csv

import prefrontal as pf
from prefrontal.errors import UserError
from prefrontal.trials.formats import overview


def people_files(folder: Path, **columns: str) -> list[str]:
    for name, part in PLAIN.groupby("subject"):
        (folder / f"{name}.csv").write_text(csv(part.drop(columns="subject").assign(**columns)))
    return sorted(map(str, folder.glob("*.csv")))


def test_a_pattern_is_a_group_of_files(tmp_path):
    people_files(tmp_path)
    table, _ = read([f"people={tmp_path}/s*.csv"])
    assert overview(table).startswith(BASE[0])
    assert set(table["subject"]) == {"s1", "s2"}
    lone, _ = read([f"people={tmp_path}/s1.csv"])
    assert len(lone) == 40


def test_what_every_file_is_warned_of_is_told_once(tmp_path):
    people_files(tmp_path, rt="0")
    _, told = read([f"people={tmp_path}/s*.csv"])
    assert told == ["`rt` is 0 in 40 of 40 trials: taken for not measured. (So in 2 of 2 files.)"]


def test_visits_of_a_person_in_two_files_and_people_who_share_a_name(tmp_path, capsys):
    files = people_files(tmp_path, subject="7")
    groups = [f"all={file}" for file in files]
    told = refusal([*groups, "--out", str(tmp_path / "out")], capsys)
    assert "must be another or have another session in every file of a group, got 7 in" in told
    (tmp_path / "s2.csv").write_text((tmp_path / "s2.csv").read_text().replace("\n0,", "\n1,"))
    assert overview(read(groups)[0]).startswith(
        "1 subject, 80 trials, 0 missed, common 78 %, rewarded 48 %, 2 sessions"
    )
    assert overview(read([*groups, "--columns", "subject="])[0]).startswith(BASE[0])


@pytest.mark.parametrize("named", ["", "people="])
def test_a_path_may_have_an_equals_sign(named, tmp_path, capsys):
    folder = tmp_path / "lr=0.1"
    folder.mkdir()
    (folder / "a=b.csv").write_text(csv(CORE))
    assert overview(read([f"{named}{folder}/a=b.csv"])[0]).startswith(BASE[0])
    told = refusal([f"{named}{folder}/none=.csv", "--out", str(tmp_path / "out")], capsys)
    assert f"got {folder}/none=.csv (No such file" in told


def test_an_address_is_no_file(tmp_path, capsys):
    """Nothing is fetched: an address is read as the name of a file that is not there."""
    for kind in ("auto", "prefrontal", "columns", "jspsych"):
        told = refusal(["http://127.0.0.1:9/t.csv", "--format", kind, "--out", str(tmp_path / "out")], capsys)
        assert "must be a file that can be read, got http://127.0.0.1:9/t.csv" in told


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zip", ".tar", ".zst"])
def test_a_packed_table_of_our_own_is_refused(suffix, tmp_path, capsys):
    path = tmp_path / f"t.csv{suffix}"
    path.write_bytes(b"\x1f\x8b\xff\xfd7zXZ")
    told = refusal([str(path), "--format", "prefrontal", "--out", str(tmp_path / "out")], capsys)
    assert "`file` must be a table of text" in told


def test_what_gzip_packed_is_read_as_it_is(tmp_path, monkeypatch):
    path = tmp_path / "them.csv.gz"
    path.write_bytes(gzip.compress(csv(CORE).encode("utf-8-sig")))
    assert overview(read([str(path)])[0]).startswith(BASE[0])
    monkeypatch.setattr("prefrontal.trials.text.LEAST_BYTES", 100)
    monkeypatch.setattr("prefrontal.trials.text.MOST_RATIO", 1)
    with pytest.raises(UserError, match="a packed file of its size must hold at most 0 MB, got more"):
        pf.read_trials(path)


def test_what_gzip_packed_and_lost_its_end_is_refused(tmp_path):
    path = tmp_path / "them.csv.gz"
    path.write_bytes(gzip.compress(csv(CORE).encode())[:-20])
    with pytest.raises(UserError, match=r"got .*them\.csv\.gz .*[Ee]nd"):
        pf.read_trials(path)


def test_names_are_written_as_they_are(tmp_path):
    path = tmp_path / "them.csv"
    path.write_text(csv(CORE.replace({"s1": "=1+1", "s2": "@b"})))
    assert set(read([str(path)])[0]["subject"]) == {"=1+1", "@b"}
