"""The run folder: made, read, refused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prefrontal.errors import UserError, on_the_command_line
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.provenance import config_hash, default_folder


@pytest.fixture(autouse=True)
def _messages_name_flags():
    """As on the command line; what they say to callers from Python is in `test_errors.py`."""
    with on_the_command_line():
        yield


CONFIG = {"train": {"discount": 0.9, "unroll": None}, "task": {"num_trials": 100, "encoding": "fixation"}}
REMEDIES = (
    "Give another --out, or move or delete that folder yourself (prefrontal never deletes a run). With its own "
    "settings it is meant where its folder stands in the place of the experiment."
)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.open(tmp_path / "run", "two-step", CONFIG)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_goes_by_experiment_and_hash() -> None:
    expected = Path("runs") / "two-step" / config_hash("two-step", CONFIG)
    assert default_folder("two-step", CONFIG) == expected
    assert default_folder("two-step", CONFIG, Path("elsewhere")).parts[0] == "elsewhere"


def test_a_new_run_holds_its_config_for_people_to_read(run: RunFolder) -> None:
    text = (run.path / "config.json").read_text()
    assert json.loads(text) == {"experiment": "two-step", "config": CONFIG}
    assert text.splitlines()[:3] == ["{", '  "config": {', '    "task": {']
    assert run.seeds() == []


def test_the_same_run_opens_again_and_reads_the_same(run: RunFolder) -> None:
    before = contents(run.path)
    reordered = {name: dict(reversed(section.items())) for name, section in reversed(CONFIG.items())}
    assert RunFolder.open(str(run.path), "two-step", reordered) == run
    assert RunFolder.read(str(run.path)) == run
    assert contents(run.path) == before


def test_tuples_of_a_config_open_again(tmp_path: Path) -> None:
    for _ in range(2):
        RunFolder.open(tmp_path, "two-step", {"probabilities": (0.1, 0.9), "cost": 1.0})
    RunFolder.open(tmp_path, "two-step", {"probabilities": [0.1, 0.9], "cost": 1})


def test_another_config_is_refused_with_both_ways_out(run: RunFolder) -> None:
    before = contents(run.path)
    with pytest.raises(UserError) as refusal:
        RunFolder.open(run.path, "two-step", {**CONFIG, "train": {"discount": 0.95, "unroll": None}})
    assert str(refusal.value) == (
        f"`{run.path}` must hold the same experiment and config, got another: "
        f"`train.discount` is 0.9 there, 0.95 asked for. {REMEDIES}"
    )
    assert contents(run.path) == before


def test_another_experiment_is_refused_with_both_ways_out(run: RunFolder) -> None:
    with pytest.raises(UserError) as refusal:
        RunFolder.open(run.path, "bandit", CONFIG)
    assert '`experiment` is "two-step" there, "bandit" asked for. ' + REMEDIES in str(refusal.value)


def test_a_config_that_is_not_finite_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"`train\.discount` must be a finite number, got nan"):
        RunFolder.open(tmp_path / "run", "two-step", {"train": {"discount": float("nan")}})
    assert not (tmp_path / "run").exists()


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("\\documentclass{book}")
    with pytest.raises(UserError) as refusal:
        RunFolder.open(tmp_path, "two-step", CONFIG)
    assert str(refusal.value) == (
        f"`{tmp_path}` must be a new folder, an empty one or a run, got one that holds thesis.tex and no "
        "config.json. Give another --out, or move what it holds away yourself."
    )
    assert contents(tmp_path) == {"thesis.tex": b"\\documentclass{book}"}


def test_a_run_killed_before_its_config_was_written_opens_again(tmp_path: Path) -> None:
    (tmp_path / ".lock").touch()
    (tmp_path / ".config.json.0123abcd.partial").write_text('{"exp')
    assert RunFolder.open(tmp_path, "two-step", CONFIG).config == CONFIG


def test_a_file_in_place_of_the_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    with pytest.raises(UserError, match=r"run` must be a folder or a place where one can be made, got: File exists"):
        RunFolder.open(tmp_path / "run", "two-step", CONFIG)
    with pytest.raises(UserError, match=r"run` must be a folder to read, got: Not a directory"):
        RunFolder.read(tmp_path / "run")
    assert (tmp_path / "run").read_text() == "mine"


def test_reading_what_is_no_run_is_refused(tmp_path: Path, run: RunFolder) -> None:
    with pytest.raises(UserError, match=r"none` must be a folder to read, got: No such file or directory\. Check its"):
        RunFolder.read(tmp_path / "none")
    with pytest.raises(UserError, match=r"must be a run folder, got one without config.json\. Check --out, or train"):
        RunFolder.read(tmp_path)
    seed = run.seed(3)
    seed.save_progress({}, {})
    with pytest.raises(UserError) as refusal:
        RunFolder.read(seed.path)
    message = f"`{seed.path}` must be a run folder, got that of one seed. Give the one above: `{seed.run}`."
    assert str(refusal.value) == message


def test_a_broken_config_file_is_refused_and_left_alone(run: RunFolder) -> None:
    (run.path / "config.json").write_text('{"experiment": "two')
    for use in (RunFolder.read, lambda path: RunFolder.open(path, "two-step", CONFIG)):
        with pytest.raises(UserError, match=r"config.json` must be the JSON of a run, .* Restore it from a copy"):
            use(run.path)
    assert (run.path / "config.json").read_text() == '{"experiment": "two'


@pytest.mark.parametrize("nested", ["[" * 100_000, '{"a":' * 400 + "1" + "}" * 400])
def test_a_config_nested_beyond_all_measure_is_refused(run: RunFolder, nested: str) -> None:
    (run.path / "config.json").write_text(f'{{"experiment": "two-step", "config": {{"a": {nested}}}}}')
    with pytest.raises(UserError, match=r"must be the JSON of a run, .* one another, more than 50 deep"):
        RunFolder.read(run.path)


def test_seeds_are_listed_in_order_and_nothing_else_is(run: RunFolder) -> None:
    for number in (1000, 3, 0):
        run.seed(number).save_progress({}, {})
    for name in ("seed-7", "seed-0004", "seed-best", "figures"):
        (run.path / name).mkdir()
    (run.path / "seed-005").touch()
    assert run.seeds() == [0, 3, 1000]
    assert run.seed(3).path.name == "seed-003"


def test_a_negative_seed_is_refused(run: RunFolder) -> None:
    with pytest.raises(UserError, match="`seed` must be a whole number of at least 0, got -1"):
        run.seed(-1)


def test_two_that_make_the_same_folder_at_once_do_not_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rival = json.dumps({"experiment": "bandit", "config": CONFIG})

    @contextmanager
    def lock_after_a_rival(_: Path) -> Iterator[None]:
        (tmp_path / "config.json").write_text(rival)
        yield

    monkeypatch.setattr("prefrontal.runs.folder.lock", lock_after_a_rival)
    with pytest.raises(UserError, match='"bandit" there, "two-step" asked for'):
        RunFolder.open(tmp_path, "two-step", CONFIG)
    assert (tmp_path / "config.json").read_text() == rival


def test_a_seed_of_another_config_is_refused(run: RunFolder) -> None:
    run.seed(3).save_progress({}, {})
    record = {"experiment": "two-step", "config": {**CONFIG, "train": {"discount": 0.5, "unroll": None}}, "seed": 3}
    (run.path / "seed-003" / "config.json").write_text(json.dumps(record))
    with pytest.raises(UserError) as refusal:
        run.seed(3)
    assert "`train.discount` is 0.5 there, 0.9 asked for. Move `" in str(refusal.value)
    assert str(refusal.value).endswith("away, or give another --out.")
