"""Files as labs have them, each layout in a sample of our own making: what is read, against plain pandas."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat
from test_files_of_others import read, refusal

import prefrontal as pf
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError
from prefrontal.trials.formats import detect_format
from prefrontal.trials.gillan import open_gillan

Frame = pd.DataFrame


def made(lengths: dict[str, int], sessions: int = 1, seed: int = 0, missed: float = 0.08) -> Frame:
    """People who choose as it comes, a row a trial: subject, session, trial, choice, common, choice2, reward, missed,
    rt, rt2 (in ms), and the state, 0 the common one after choice 0."""
    random = np.random.default_rng(seed)
    parts = []
    for subject, num in lengths.items():
        for session in range(sessions):
            choice = np.cumsum(random.random(num) < 0.3) % 2
            parts.append(
                pd.DataFrame(
                    {
                        "subject": subject,
                        "session": session,
                        "trial": np.arange(num),
                        "choice": choice,
                        "common": random.random(num) < 0.7,
                        "choice2": random.integers(0, 2, num),
                        "reward": random.integers(0, 2, num),
                        "missed": random.random(num) < missed,
                        "rt": random.integers(300, 900, num),
                        "rt2": random.integers(300, 900, num),
                    }
                )
            )
    table = pd.concat(parts, ignore_index=True)
    return table.assign(state=np.where(table["common"], table["choice"], 1 - table["choice"]))


def stays(table: Frame) -> list[float]:
    """Stay probabilities after the four kinds of trial, mean over subjects, by nothing but pandas."""
    rows = []
    for _, part in table.groupby(["subject", "session"]):
        part = part.reset_index(drop=True)
        then = part.shift(-1)
        both = ~part["missed"].astype(bool) & (then["missed"] == False)  # noqa: E712  (the last has none)
        rows.append(part.assign(stay=(part["choice"] == then["choice"]).astype(float))[both])
    pairs = pd.concat(rows)
    mean = pairs.groupby(["subject", "common", "reward"])["stay"].mean().groupby(["common", "reward"]).mean()
    kinds = [(True, 1), (False, 1), (True, 0), (False, 0)]
    return [float(mean.get(kind, np.nan)) for kind in kinds]


def check(table: Frame, right: Frame, *, second: bool = True, rt: bool = True) -> None:
    """That what was read is what was made: people, trials, missed ones, common share, stays and times."""
    kept = right[~right["missed"]]
    read_kept = table[~table["missed"]]
    assert table["subject"].nunique() == right["subject"].nunique()
    assert list(map(str, table["subject"])) == list(right["subject"])
    assert (len(table), table["missed"].sum()) == (len(right), right["missed"].sum())
    assert read_kept["common"].mean() == pytest.approx(kept["common"].mean(), abs=1e-12)
    assert read_kept["reward"].tolist() == kept["reward"].tolist()
    assert table["trial"].tolist() == right["trial"].tolist()
    assert table["session"].tolist() == right["session"].tolist()
    mean = pf.stay_probability(table)[list(TRIAL_KINDS)].mean().to_numpy()
    np.testing.assert_allclose(mean, stays(right), atol=1e-12)
    if second:
        assert read_kept["choice2"].tolist() == kept["choice2"].tolist()
    if rt:
        np.testing.assert_allclose(read_kept["rt"], kept["rt"] / 1000, atol=1e-9)
        np.testing.assert_allclose(read_kept["rt2"], kept["rt2"] / 1000, atol=1e-9)


def words(values: pd.Series | np.ndarray, zero: str, one: str) -> np.ndarray:
    return np.where(np.asarray(values) == 1, one, zero)


# Layouts: each writes `right` into `folder` and says what is asked


def gillan(folder: Path, right: Frame) -> list[str]:
    for name, part in right.groupby("subject"):
        lines = ["AgeDropdown,33", f"{name},INSTRUCT,screen_1,6027", "", "instructionLoop"]
        for row in part.itertuples():
            drifts = "0.51,0.42,0.63,0.34"
            if row.missed:
                lines.append(f"{row.trial + 1},{drifts},-1,2,2500,-1,-1,-1,-1,-1,-1,1")
                continue
            first, second = (words([value], "left", "right")[0] for value in (row.choice, row.choice2))
            lines.append(
                f"{row.trial + 1},{drifts},{first},{row.choice + 1},{row.rt},{str(row.common).lower()},{second},"
                f"{row.choice2 + 1},{row.state + 2},{row.rt2},{row.reward},1"
            )
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return [f"people={folder}/*.csv", "--format", "gillan"]


def akam(folder: Path, right: Frame) -> list[str]:
    """The mapping reverses at half of every session."""
    for (subject, session), part in right.groupby(["subject", "session"]):
        lines, time = ["", f"Start Reward Block: 0  / Start Transition Block: {session}", ""], 1000.0
        for row in part.itertuples():
            block = int(row.trial >= len(part) // 2)
            lines += [f"{time:.6f} :trial-{row.trial + 1}/RewardBlock:1/TransitionBlock:{block}"]
            lines += [f"{time + 10:.6f} :ons_ms1"]
            if not row.missed:
                left = (row.choice == 1) == (row.common == (block == 1))
                key, side = ("Up" if row.choice else "Down"), ("Left" if left else "Right")
                chosen = time + 10 + row.rt
                lines += [f"{chosen - 5:.6f} :left", f"{chosen:.6f} :{key.lower()}", f"{chosen:.6f} :triggered {key}"]
                lines += [f"{chosen + 100:.6f} :ons_ms2", f"{chosen + 100 + row.rt2:.6f} :triggered {side}"]
                lines += [f"{chosen + 2000:.6f} :{'ons_msReward' if row.reward else 'ons_msNoRwrd'}"]
            time += 6000
        (folder / f"{subject}_session{session + 1}_log").write_text("\n".join(lines))
    return [f"people={folder}/*_log"]


def bids(folder: Path, right: Frame) -> list[str]:
    for (subject, session), part in right.groupby(["subject", "session"]):
        lines = ["onset\tduration\tresponse_time\ttrial\tevent\tchoice1\tstate\treward"]
        for row in part.itertuples():
            told = ["n/a"] * 5 if row.missed else [row.rt / 1000, row.choice, row.rt2 / 1000, row.state, row.reward]
            rt, choice, rt2, state, reward = told
            onset, trial = 10 * row.trial, row.trial + 1
            lines += [f"{onset}\t.5\t{rt}\t{trial}\tstim1\tn/a\tn/a\tn/a"]
            lines += [f"{onset + 1}\t.1\tn/a\t{trial}\tchoice1\t{choice}\tn/a\tn/a"]
            lines += [f"{onset + 2}\t.5\t{rt2}\t{trial}\tstim2\tn/a\t{state}\tn/a"]
            lines += [f"{onset + 3}\t.5\tn/a\t{trial}\toutcome\tn/a\tn/a\t{reward}"]
        name = f"sub-{subject}_task-steps_run-{session + 1:02d}_events.tsv"
        (folder / name).write_text("\n".join(lines) + "\n")
    return [f"people={folder}/*_events.tsv"]


def cbm(folder: Path, right: Frame) -> list[str]:
    people = np.empty((right["subject"].nunique(), 1), object)
    for number, (_, part) in enumerate(right.groupby("subject", sort=False)):
        there = (~part["missed"]).to_numpy()
        fields = {
            "choice1": part["choice"] + 1,
            "transit": np.where(part["common"], 1, 2),
            "state2": part["state"] + 2,
            "choice2": part["choice2"] + 1,
            "outcome": 2 - part["reward"],
        }
        people[number, 0] = {
            name: (np.asarray(value) * there)[:, None].astype("uint8") for name, value in fields.items()
        }
    savemat(folder / "all_data.mat", {"data": people})
    return [str(folder / "all_data.mat")]


def kool(folder: Path, right: Frame) -> list[str]:
    def fields(part: Frame) -> dict[str, np.ndarray]:
        void = part["missed"].to_numpy()
        told = {
            "choice1": part["choice"] + 1,
            "choice2": part["choice2"] + 1,
            "state2": part["state"] + 1,
            "common": part["common"].astype(int),
            "rt1": part["rt"],
            "rt2": part["rt2"],
        }
        numbers = {name: np.where(void, -1, value).astype("int16") for name, value in told.items()}
        same = np.zeros(len(part), "uint8")
        rest = {"win": part["reward"].to_numpy() * ~void, "missed": void.astype("uint8"), "practice": same}
        return numbers | rest | {"trial": part["trial"].to_numpy(), "N": len(part)}

    people = [fields(part) for _, part in right.groupby("subject", sort=False)]
    savemat(folder / "groupdata.mat", {"groupdata": {"subdata": people, "id": list(right["subject"].unique())}})
    return [str(folder / "groupdata.mat")]


def kool_novel(folder: Path, right: Frame) -> list[str]:
    """Two pairs of first options, each leading always to one state."""

    def fields(part: Frame) -> dict[str, np.ndarray]:
        void = part["missed"].to_numpy()
        pair = np.arange(len(part)) % 2
        told = {
            "state1": pair + 1,
            "choice1": part["choice"] + 1 + 2 * pair,
            "state2": part["choice"] + 1,
            "rt1": part["rt"],
            "rt2": part["rt2"],
            "points": np.where(part["reward"], 4, -3),
        }
        numbers = {name: np.where(void, -1, value).astype("int16") for name, value in told.items()}
        return numbers | {
            "win": part["reward"].to_numpy(),
            "missed": void.astype("uint8"),
            "trial": np.arange(len(part)),
        }

    people = [fields(part) for _, part in right.groupby("subject", sort=False)]
    savemat(folder / "groupdata.mat", {"groupdata": {"id": list(right["subject"].unique()), "subdata": people}})
    return [str(folder / "groupdata.mat")]


def expfactory(folder: Path, right: Frame) -> list[str]:
    """A missed second stage has a feedback screen that still holds the last feedback."""
    rows = []
    for subject, part in right.groupby("subject", sort=False):
        for kind, trials in (("practice", part[:5].assign(missed=False)), ("test", part)):
            for row in trials.itertuples():
                late = row.missed and row.trial % 2
                base = {"worker_id": subject, "exp_stage": kind, "trial_num": row.trial}
                first = -1 if row.missed and not late else row.choice
                rows += [{"worker_id": subject, "trial_id": "first_stage_selected", "exp_stage": kind}] if late else []
                rows += [base | {"trial_id": "first_stage", "stim_selected": first, "rt": row.rt, "stage": 0}]
                second = {"trial_id": "second_stage", "stage": row.state + 1, "rt": -1 if row.missed else row.rt2}
                second["stage_transition"] = "frequent" if row.common else "infrequent"
                second["stim_selected"] = -1 if late else "" if row.missed else row.choice2 + 2 + 2 * row.state
                rows += [base | second]
                if late or not row.missed:
                    feedback = 1 if late else row.reward
                    rows += [base | {"trial_id": "feedback_stage", "feedback": feedback}]
                rows += [{"worker_id": subject, "trial_id": "wait", "exp_stage": kind}]
    pd.DataFrame(rows).to_csv(folder / "two_stage.csv", index=False)
    return [str(folder / "two_stage.csv")]


def expanalysis(folder: Path, right: Frame) -> list[str]:
    """The same task, a row a trial and packed: second stages that nobody answered have a feedback of 0."""
    rows = []
    for subject, part in right.groupby("subject", sort=False):
        for kind, trials in (("practice", part[:5].assign(missed=False)), ("test", part)):
            for row in trials.itertuples():
                late = row.missed and row.trial % 2
                first, second = row.choice, row.choice2 + 2 + 2 * row.state
                rows += [
                    {
                        "worker_id": subject,
                        "exp_stage": kind,
                        "trial_num": row.trial,
                        "trial_id": "incomplete_trial" if late else "complete_trial",
                        "stim_selected_first": -1 if row.missed and not late else first,
                        "stage_second": row.state + 1,
                        "stage_transition": "frequent" if row.common else "infrequent",
                        "stim_selected_second": -1 if late else None if row.missed else second,
                        "feedback": 0 if late else None if row.missed else row.reward,
                        "rt_first": row.rt,
                        "rt_second": -1 if row.missed else row.rt2,
                    }
                ]
    pd.DataFrame(rows).to_csv(folder / "two_stage_decision.csv.gz")
    return [str(folder / "two_stage_decision.csv.gz")]


def levels(folder: Path, right: Frame) -> list[str]:
    """BDD-Lab's plug-in, as JSON, a file a person, with screens of training."""
    for subject, part in right.groupby("subject", sort=False):
        rows: list[dict[str, object]] = [{"trial_type": "html-keyboard-response", "rt": 812}]
        for layout, trials in (("training-full", part[:4].assign(missed=False)), ("full", part)):
            for row in trials.itertuples():
                told = {"levelOneChoice": row.choice + 1, "levelTwoChoice": row.choice2 + 1, "levelOneRT": row.rt}
                told |= {"levelTwoRT": row.rt2, "transitionType": "common" if row.common else "rare"}
                if row.missed:
                    told = dict.fromkeys(told, 0) | {"transitionType": "none"}
                told |= {"timeout": bool(row.missed), "wasRewarded": bool(row.reward and not row.missed)}
                rows += [{"trial_type": "two-step-choice", "trialLayout": layout} | told]
        (folder / f"{subject}.json").write_text(json.dumps(rows, default=int))
    return [f"people={folder}/*.json"]


def carpet(folder: Path, right: Frame) -> list[str]:
    """A file a person, Windows ends, 1 and 2, slow trials with -1 in the cells."""
    for subject, part in right.groupby("subject", sort=False):
        cells = pd.DataFrame(
            {
                "trial": part["trial"],
                "common": part["common"].astype(int),
                "choice1": part["choice"] + 1,
                "final_state": part["state"] + 1,
                "choice2": part["choice2"] + 1,
                "reward": part["reward"],
                "rt1": part["rt"] / 1000,
                "rt2": part["rt2"] / 1000,
                "slow": part["missed"].astype(int),
            }
        )
        cells.loc[part["missed"].to_numpy(), ["choice1", "final_state", "choice2", "reward", "rt1", "rt2"]] = -1
        (folder / f"{subject}.csv").write_bytes(cells.to_csv(index=False, lineterminator="\r\n").encode())
    return [f"people={folder}/*.csv", "--missed", "slow", "--columns", "rt=rt1", "--void", "-1"]


def bench(folder: Path, right: Frame) -> list[str]:
    """A BOM, letters for all choices, a few empty ones; people in turn, row by row."""
    cells = pd.DataFrame(
        {
            "participant": right["subject"],
            "trial": right["trial"],
            "action1": words(right["choice"], "X", "Y"),
            "state": words(right["state"], "A", "B"),
            "action2": np.where(
                right["state"] == 0, words(right["choice2"], "D", "F"), words(right["choice2"], "J", "K")
            ),
            "reward": right["reward"],
            "rt": right["rt"],
            "rt2": right["rt2"],
        }
    )
    cells.loc[right["missed"], ["action1", "action2"]] = ""
    cells = cells.sort_values("trial", kind="stable")
    (folder / "t.csv").write_text("\ufeff" + cells.to_csv(index=False), encoding="utf-8")
    return [str(folder / "t.csv"), "--rt-unit", "ms"]


def told_gillan(folder: Path, right: Frame) -> list[str]:
    lines = []
    for subject, part in right.groupby("subject", sort=False):
        text, times = "You will be selecting one of the fractals Q or M over the next 200 trials.\n\n", []
        for row in part.itertuples():
            first, second = words([row.choice], "M", "Q")[0], "RSTU"[row.choice2 + 2 * row.state]
            coin = "You get a coin." if row.reward else "You do not get a coin."
            state = words([row.state], "blue", "orange")[0]
            text += (
                f"You select fractal <<{first}>>. You end up in the {state} state. You select <<{second}>>. {coin}\n"
            )
            times += [2500, -1] if row.missed else [row.rt, row.rt2]
        lines.append(json.dumps({"text": text, "participant": subject, "RTs": times}, default=int))
    (folder / "prompts.jsonl").write_text("\n".join(lines))
    return [str(folder / "prompts.jsonl")]


def told_keys(folder: Path, right: Frame) -> list[str]:
    lines = []
    for subject, part in right.groupby("subject", sort=False):
        text, times = "In this task, you will play a game.\n", []
        for session, visit in part.groupby("session"):
            text += f"Welcome to Session {session + 1}.\n"
            for row in visit.itertuples():
                side = words([row.state], "right", "left")[0]
                text += "The central circles are yellow, and the side circles are black.\n"
                text += f"You press the arrow key for <<{words([row.choice], 'down', 'up')[0]}>>.\n"
                text += f"The central circles turn black.\nThe {side} circle lights up and becomes yellow.\n"
                text += f"You press the arrow key for <<{side}>>.\n"
                text += f"You received {'a' if row.reward else 'no'} coin.\n"
                times += [row.rt, row.rt2]
            text += f"Thank for your participation. You just completed Session {session + 1}.\n"
        lines.append(json.dumps({"text": text, "participant": subject, "RTs": times}, default=int))
    (folder / "prompts.jsonl").write_text("\n".join(lines))
    return [str(folder / "prompts.jsonl")]


Layout = Callable[[Path, Frame], list[str]]
UNEQUAL = {"a1": 60, "b2": 48, "c3": 72}
LAYOUTS: dict[str, tuple[Layout, Frame, dict[str, bool]]] = {
    "gillan": (gillan, made(UNEQUAL), {}),
    "akam": (akam, made(UNEQUAL, sessions=2), {"second": False}),
    "bids": (bids, made({"01": 25, "02": 25}, sessions=3), {"second": False}),
    "cbm": (cbm, made({"1": 60, "2": 60, "3": 60}), {"rt": False}),
    "kool": (kool, made({"s_1": 60, "s_2": 60}), {}),
    "kool's own": (kool_novel, made(UNEQUAL).assign(common=True, state=lambda rows: rows["choice"]), {"second": False}),
    "expfactory": (expfactory, made(UNEQUAL), {}),
    "expanalysis": (expanalysis, made(UNEQUAL), {}),
    "BDD-Lab": (levels, made(UNEQUAL).assign(trial=lambda rows: rows["trial"]), {}),
    "magic carpet": (carpet, made(UNEQUAL), {}),
    "letters": (bench, made(UNEQUAL), {}),
    "Psych-201, Gillan": (told_gillan, made(UNEQUAL), {}),
    "Psych-201, Castro-Rodrigues": (told_keys, made(UNEQUAL, sessions=2, missed=0.0), {"second": False}),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_is_read_is_what_plain_pandas_finds(name, tmp_path):
    write, right, how = LAYOUTS[name]
    table, _ = read(write(tmp_path, right))
    check(table, right, **how)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("akam", "akam"), ("bids", "bids"), ("cbm", "matlab"), ("expfactory", "jspsych"), ("expanalysis", "jspsych")],
)
def test_the_layout_is_told_by_the_file(name, kind, tmp_path):
    write, right, _ = LAYOUTS[name]
    write(tmp_path, right)
    assert {detect_format(path) for path in tmp_path.iterdir()} == {kind}


@pytest.mark.parametrize("name", ["gillan", "akam", "cbm", "kool", "BDD-Lab", "expfactory", "expanalysis"])
def test_people_who_always_choose_the_same_are_people_too(name, tmp_path):
    write, right, how = LAYOUTS[name]
    always = right.assign(choice=1, state=right["common"].astype(int), choice2=0)
    table, _ = read(write(tmp_path, always))
    check(table, always, **how)


def test_times_that_are_too_short_for_the_unit_of_the_format_are_warned_of(tmp_path):
    """People who hold a key down before they are asked: their log is in ms all the same."""
    right = made({"7": 30}, seed=3).assign(rt2=2)
    (path,) = (akam(tmp_path, right), *tmp_path.iterdir())[1:]
    table, told = read([str(path)])
    check(table, right, second=False)
    assert told == ["Half of the times in `rt2` are under 10 ms."]
    early = right.assign(rt=right["rt"].where(right["trial"] != 3, -857))
    table, told = read([akam(tmp_path, early)[0].partition("=")[2].replace("*", "7_session1")])
    assert "`rt` is below 0 in 1 trials: taken for not measured." in told
    assert table["rt"].isna().sum() == 1 + right["missed"].sum()


def test_a_structure_of_ones_own_can_be_said(tmp_path):
    right = made({"1": 40, "2": 40}, seed=1)
    people = [
        {"resp": part["choice"].to_numpy(), "planet": part["state"].to_numpy(), "coin": part["reward"].to_numpy()}
        for _, part in right.assign(missed=False).groupby("subject")
    ]
    savemat(tmp_path / "own.mat", {"study": {"people": people, "note": "x"}})
    table = pf.read_trials(tmp_path / "own.mat", columns=pf.Columns(choice="resp", state="planet", reward="coin"))
    check(table, right.assign(missed=False), second=False, rt=False)


def test_the_common_state_of_a_person_is_told_from_all_runs(tmp_path):
    """In a single run of three trials counts may be tied."""
    right = made({"01": 3}, sessions=8, seed=4, missed=0.0)
    bids(tmp_path, right)
    table, _ = read([f"people={tmp_path}/*.tsv"])
    check(table, right, second=False)


WRONG = {
    "no fifteen cells": ("t.csv", "a,b,c\n1,2,3\n", "a trial must be a row of 15 cells, got none"),
    "a log without a trial": ("1_session1_log", "Start Reward Block: 0\n12.5 :up\n", "the log must tell of a trial"),
    "events of no trial": ("a_events.tsv", "onset\tduration\n1\t2\n", "must tell trials of events apart, got onset,"),
    "events of nothing": ("a_events.tsv", "onset\tduration\n", "the file must hold events, got a heading only"),
    "no MATLAB": ("t.mat", "choice,state\n0,1\n", "`file` must be a MATLAB file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_of_no_layout_is_refused_in_a_sentence(name, tmp_path, capsys):
    file, text, message = WRONG[name]
    options = ["--format", "gillan"] if file == "t.csv" else []
    (tmp_path / file).write_text(text)
    assert message in refusal([str(tmp_path / file), *options, "--out", str(tmp_path / "out")], capsys)


def test_a_matrix_without_names_is_refused(tmp_path, capsys):
    savemat(tmp_path / "data.mat", {"data": np.ones((40, 6))})
    told = refusal([str(tmp_path / "data.mat"), "--out", str(tmp_path / "out")], capsys)
    assert "the file must hold a structure a person with a vector a column, got data." in told


def test_a_matlab_file_of_version_7_3_is_refused_with_the_way_out(tmp_path):
    """Such a file is HDF5 with a header of MATLAB's before it."""
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    (tmp_path / "data.mat").write_bytes(header.ljust(512, b"\x00") + b"\x89HDF\r\n\x1a\n")
    with pytest.raises(
        pf.UserError, match=r"must be a MATLAB file up to version 7, got .*data\.mat\. Save it with -v7\."
    ):
        pf.read_trials(tmp_path / "data.mat")


def test_a_quote_that_stays_open_is_told_of(tmp_path):
    path = tmp_path / "gillan.csv"
    path.write_text('1,0.5,0.4,0.6,0.3,left,1,400,true,left,1,2,500,0,1\n2,"' + "0,1\n" * 40_000)
    with pytest.raises(UserError, match="got field larger than field limit"):
        open_gillan(path)
