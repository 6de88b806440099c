"""The trial table: what it is made from, what it refuses, and that it survives the disk."""

import re
from types import SimpleNamespace

import jax
import numpy as np
import pandas as pd
import pytest
from calls import num_calls

from prefrontal.configs import TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.tasks import TwoStep
from prefrontal.trials.table import DTYPES, check_table, read_table, trial_table, write_table

SHAPE = (2, 3, 12)
STEPS_PER_TRIAL = 3


@pytest.fixture
def event() -> SimpleNamespace:
    """Two subjects, three episodes, four trials of three steps; all that happens is drawn at random."""
    rng = np.random.default_rng(0)
    step = np.broadcast_to(np.arange(SHAPE[-1]), SHAPE)
    return SimpleNamespace(
        trial=step // STEPS_PER_TRIAL,
        complete=step % STEPS_PER_TRIAL == STEPS_PER_TRIAL - 1,
        **{name: rng.integers(0, 2, SHAPE) for name in ("choice", "state", "better_state")},
        **{name: rng.random(SHAPE) < 0.5 for name in ("common", "rewarded", "missed")},
    )


@pytest.fixture
def table(event) -> pd.DataFrame:
    return trial_table(event, subjects=[7, 3])


def test_table_has_a_row_for_each_complete_step_in_order(event):
    table = trial_table(event, subjects=["ada", "ben"])
    rows = iter(table.itertuples(index=False))
    for subject, name in enumerate(("ada", "ben")):
        for session in range(SHAPE[1]):
            for step in range(STEPS_PER_TRIAL - 1, SHAPE[2], STEPS_PER_TRIAL):
                at = (subject, session, step)
                row = next(rows)
                assert (row.subject, row.session, row.trial) == (name, session, step // STEPS_PER_TRIAL)
                assert row.reward == event.rewarded[at]
                for column in ("choice", "state", "common", "missed", "better_state"):
                    assert getattr(row, column) == getattr(event, column)[at]
    assert next(rows, None) is None


def test_table_is_compact_and_passes_its_own_check(table):
    kinds = {name: kind for name, kind in DTYPES.items() if name not in ("choice2", "rt", "rt2")}
    assert dict(table.dtypes) == {"subject": np.int64} | kinds
    pd.testing.assert_frame_equal(check_table(table), table)


def test_second_choices_come_along_where_there_are_any(event, tmp_path):
    event.choice2 = 1 - event.choice
    table = trial_table(event, subjects=[7, 3])
    assert list(table)[5:8] == ["common", "choice2", "reward"]
    assert (table["choice2"] == 1 - table["choice"]).all()
    timed = table.assign(rt=0.5, rt2=[float("nan"), *np.full(len(table) - 1, 0.25)])
    write_table(tmp_path / "trials.csv", timed)
    pd.testing.assert_frame_equal(read_table(tmp_path / "trials.csv"), timed)


def test_trials_of_a_real_session_make_a_table():
    task = TwoStep(TwoStepConfig(num_trials=5))

    def episode(key):
        def step(state, key):
            state, _, event = task.step(state, jax.numpy.int32([2, 1, 0])[state.stage], key)
            return state, event

        return jax.lax.scan(step, task.init(key), jax.random.split(key, task.num_steps))[1]

    event = jax.vmap(jax.vmap(episode))(jax.random.split(jax.random.key(0), (2, 3)))
    table = trial_table(event, subjects=[0, 1])
    assert len(table) == 2 * 3 * 5
    assert (table["choice"] == 1).all()
    assert not table["missed"].any()
    assert (table["state"] == np.where(table["common"], table["choice"], 1 - table["choice"])).all()
    pd.testing.assert_frame_equal(check_table(table), table)
    one = trial_table(jax.tree.map(lambda leaf: leaf[0, 0], event))
    pd.testing.assert_frame_equal(one, table.iloc[:5])


@pytest.mark.parametrize(
    ("subjects", "message"),
    [
        ([0], "`subjects` must name the 2 subjects of `event`, got 1."),
        ([1, 1], "`subjects` must all differ, got [1, 1]."),
        ([1, "1"], "`subjects` must all differ, got [1, '1']."),
    ],
)
def test_subjects_must_fit(event, subjects, message):
    with pytest.raises(UserError, match=re.escape(message)):
        trial_table(event, subjects=subjects)


def test_event_must_have_three_axes(event):
    event.complete = event.complete[0]
    with pytest.raises(
        UserError, match=re.escape("(subject, episode, time), the same of all its leaves, got shape (3, 12).")
    ):
        trial_table(event, subjects=[0])


@pytest.mark.parametrize("subjects", [[7, 3], ["ada", "ben"], ["007", "NA"], [0, "1b"]])
def test_table_survives_the_disk(event, tmp_path, subjects):
    table = trial_table(event, subjects=subjects)
    write_table(tmp_path / "trials.csv", table)
    pd.testing.assert_frame_equal(read_table(tmp_path / "trials.csv"), table)
    assert [path.name for path in tmp_path.iterdir()] == ["trials.csv"]


def test_table_reads_other_spellings_of_truth_and_keeps_other_columns(table, tmp_path):
    other = table.drop(columns=["missed", "better_state"])
    spelt = other.assign(common=np.where(other["common"], "TRUE", "false"), reward=other["reward"] * 1.0, rt=0.25)
    write_table(tmp_path / "trials.csv", spelt)
    pd.testing.assert_frame_equal(read_table(tmp_path / "trials.csv"), other.assign(rt=0.25))


def test_empty_table_is_a_table(table, tmp_path):
    write_table(tmp_path / "trials.csv", table.iloc[:0])
    assert list(read_table(tmp_path / "trials.csv")) == list(table)


def _with(table, column, row, value):
    table = table.astype({column: object})
    table.loc[row, column] = value
    return table


BAD_VALUES = [
    ("choice", 2, "`choice` must be 0 or 1, got 2 in row 5."),
    ("choice", float("nan"), "`choice` must be 0 or 1, got nan in row 5. A missed trial holds 0 and says so"),
    ("choice", "left", "`choice` must be 0 or 1, got left in row 5."),
    ("state", -1, "`state` must be 0 or 1, got -1 in row 5."),
    ("common", "maybe", "`common` must be 0 or 1, got maybe in row 5."),
    ("reward", 0.5, "`reward` must be 0 or 1, got 0.5 in row 5."),
    ("missed", 2, "`missed` must be 0 or 1, got 2 in row 5."),
    ("better_state", 3, "`better_state` must be 0 or 1, got 3 in row 5."),
    ("session", -1, "`session` must be a whole number from 0, got -1 in row 5."),
    ("trial", 1.5, "`trial` must be a whole number from 0, got 1.5 in row 5."),
    ("trial", 2**40, f"`trial` must be a whole number from 0, got {2**40} in row 5."),
    ("choice2", 2, "`choice2` must be 0 or 1, got 2 in row 5."),
    ("rt", 0.0, "`rt` must be a time in seconds above 0, or empty, got 0.0 in row 5."),
    ("rt2", "slow", "`rt2` must be a time in seconds above 0, or empty, got slow in row 5."),
    ("trial", 0, "`trial` must ascend within a session, got 0 after 0 in row 5. Sort by"),
    ("subject", None, "`subject` must be named in every row, got none in row 5."),
    ("subject", "", "`subject` must be named in every row, got none in row 5."),
]


@pytest.mark.parametrize(("column", "value", "message"), BAD_VALUES)
def test_bad_values_are_refused_with_row_and_column(table, column, value, message):
    table = table.assign(choice2=0, rt=0.5, rt2=0.25)
    with pytest.raises(UserError, match=re.escape(message)):
        check_table(_with(table, column, 5, value))


def test_rows_of_a_session_must_stand_together(table):
    order = [*range(4, 8), *range(2), *range(8, 12), *range(2, 4)]
    with pytest.raises(UserError, match=re.escape("keep its rows together, got 0 of subject 7 again in row 10.")):
        check_table(table.iloc[order])


@pytest.mark.parametrize("column", ["subject", "session", "trial", "choice", "state", "common", "reward"])
def test_missing_columns_are_refused(table, column):
    message = f"`columns` must include {column}, got {', '.join(name for name in table if name != column)}. Rename"
    with pytest.raises(UserError, match=re.escape(message)):
        check_table(table.drop(columns=column))


def test_no_columns_at_all_are_refused():
    with pytest.raises(UserError, match=r"must include subject, session, .*, got none"):
        check_table(pd.DataFrame())


def test_bad_file_is_named(table, tmp_path):
    path = tmp_path / "trials.csv"
    write_table(path, _with(table, "choice", 5, 9))
    with pytest.raises(UserError, match=re.escape(f"{path}: `choice` must be 0 or 1, got 9 in row 5.")):
        read_table(path)
    path.write_bytes(b"")
    with pytest.raises(UserError, match=re.escape(f"`path` must be a table of text, got {path}")):
        read_table(path)
    path.write_bytes(b"subject,session\n\xff\xfe,1\n")
    with pytest.raises(UserError, match=re.escape(f"`path` must be a table of text, got {path}")):
        read_table(path)
    with pytest.raises(UserError, match=re.escape(f"a file that can be read, got {tmp_path / 'none.csv'}")):
        read_table(tmp_path / "none.csv")


def test_table_that_cannot_be_written_leaves_the_old_one(table, tmp_path, monkeypatch):
    path = tmp_path / "trials.csv"
    write_table(path, table)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(UserError, match="No space left on device"):
        write_table(path, table.iloc[:3])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_many_trials_take_no_more_calls_than_few(tmp_path):
    """No loop over trials. Seconds would depend on the machine, calls do not: in a loop they would be a hundredfold."""

    def write(num_episodes: int) -> None:
        shape = (8, num_episodes, 300)
        step = np.broadcast_to(np.arange(300), shape)
        event = SimpleNamespace(trial=step // 3, complete=step % 3 == 2)
        for name in ("choice", "state", "common", "rewarded", "missed", "better_state"):
            setattr(event, name, step % 2 == 0)
        table = trial_table(event, subjects=range(8))
        assert len(table) == 800 * num_episodes
        write_table(tmp_path / "trials.csv", table)

    write(1)  # what is imported at the first call
    few = num_calls(lambda: write(1))
    assert num_calls(lambda: write(100)) < 5 * few  # a table is written in pieces
