"""Twelve public data sets of two-step tasks, read by the package and, apart from it, by plain pandas.

    python benchmarks/public_tables.py FOLDER

FOLDER holds clones of the repositories below, or of some of them; the data are not ours to pass on. Each line of the
table printed is of one data set: what `prefrontal.read_trials` makes of the files as they are, and after it, in
brackets where it differs, what the few lines of pandas here make of them: people, trials, missed trials, share of
common transitions, and stay probabilities after common and uncommon, rewarded and unrewarded trials.
"""

import gzip
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.io import loadmat

import prefrontal as pf

KINDS = [(True, 1), (False, 1), (True, 0), (False, 0)]
"""Common and rewarded, uncommon and rewarded, common and unrewarded, uncommon and unrewarded."""


def of_files(files: Sequence[Path], read: Callable[[Path], pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([read(path).assign(subject=path.stem) for path in files], ignore_index=True)


def plain(table: pd.DataFrame, stays: str = "choice") -> tuple[float, ...]:
    """People, trials, missed, common share and the four stay probabilities, mean over people.

    `table` has the columns subject, choice, common, reward, missed, and may have session and trial; `stays` is the
    column that is repeated or not.
    """
    table = table.assign(session=table.get("session", 0))
    table = table.assign(missed=table["missed"].astype(bool), common=table["common"].astype(bool))
    pairs = []
    for subject, part in table.groupby(["subject", "session"]):
        number = part["trial"].to_numpy() if "trial" in part else np.arange(len(part))
        now, then = part.iloc[:-1], part.iloc[1:]
        both = ~now["missed"].to_numpy() & ~then["missed"].to_numpy() & (np.diff(number) == 1)
        stay = now[stays].to_numpy() == then[stays].to_numpy()
        pairs.append(now.assign(subject=subject[0], stay=stay)[both])
    after = (
        pd.concat(pairs).groupby(["subject", "common", "reward"])["stay"].mean().groupby(["common", "reward"]).mean()
    )
    kept = table[~table["missed"]]
    people = table.groupby("subject")["missed"].agg(lambda part: not part.all()).sum()
    return (
        float(people),
        float(len(table)),
        float(table["missed"].sum()),
        float(kept["common"].mean()),
        *(float(after.get(kind, np.nan)) for kind in KINDS),
    )


def online(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nussenbaum et al. (2020), hartleylabnyu/online_two_step_replication: jsPsych 6, a row a screen."""
    files = sorted(folder.glob("analysis_code_and_data/data/online/online_csvs/*.csv"))

    def read(path: Path) -> pd.DataFrame:
        rows = pd.read_csv(path, keep_default_na=False)
        rows = rows[rows["practice_trial"] == "real"]
        first = rows[rows["trial_stage"] == "1"].reset_index(drop=True)
        second = rows[rows["trial_stage"] == "2"].reset_index(drop=True)
        return pd.DataFrame(
            {
                "choice": first["choice"],
                "common": second["transition"] == "common",
                "reward": pd.to_numeric(second["reward"], errors="coerce"),
                "missed": ~first["choice"].isin(["1", "2"])
                | ~second["choice"].isin(["1", "2"])
                | (second["transition"] == "NA"),  # 25 trials: answered, but in no planet
            }
        )

    return pf.read_trials(files), of_files(files, read)


def expfactory(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Enkavi et al. (2019), IanEisenberg/Self_Regulation_Ontology: expfactory's task, a row a trial, packed."""
    path = folder / "Data/Retest_02-16-2019/Individual_Measures/two_stage_decision.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = pd.read_csv(file)
    rows = rows[rows["exp_stage"] == "test"]
    right = pd.DataFrame(
        {
            "subject": rows["worker_id"],
            "trial": rows["trial_num"],
            "choice": rows["stim_selected_first"],
            "common": rows["stage_transition"] == "frequent",
            "reward": rows["feedback"],
            "missed": (rows["stim_selected_first"] < 0) | ~(rows["stim_selected_second"] > 0),
        }
    )
    return pf.read_trials(path), right


def gillan(folder: Path, study: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Gillan et al. (2016), crgagne/twosteps_neurips2021: a file a person, fifteen columns without a heading."""
    files = sorted(folder.glob(f"two_step_analyses/data/all_twostep_data_study{study}/*.csv"))

    def read(path: Path) -> pd.DataFrame:
        lines = [line.split(",") for line in path.read_text(encoding="utf-8-sig").splitlines()]
        rows = [line for line in lines if len(line) == 15 and line[0].strip().isdigit() and line[1][:1] in "01.-"]
        cells = pd.DataFrame(rows).map(str.strip)
        return pd.DataFrame(
            {
                "trial": cells[0].astype(int),
                "choice": cells[5],
                "common": cells[8] == "true",
                "reward": pd.to_numeric(cells[13]),
                "missed": (cells[5] == "-1") | (cells[9] == "-1"),
            }
        )

    return pf.read_trials(files, format="gillan"), of_files(files, read)


def magic_carpet(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Feher da Silva and Hare (2020), carolfs/muddled_models: too slow trials hold -1."""
    files = sorted(folder.glob("results/magic_carpet/choices/*_game.csv"))
    right = of_files(files, pd.read_csv)
    right = right.assign(choice=right["choice1"], missed=right["slow"] == 1)
    table = pf.read_trials(files, columns=pf.Columns(missed="slow", void=("-1",)))
    return table, right


def spaceship(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same, spaceship task: which option leads where is drawn anew each trial, so choices are of planets."""
    files = sorted(path for path in folder.glob("results/spaceship/choices/*.csv") if path.stem.isdigit())
    right = of_files(files, pd.read_csv)
    planet = np.where(right["common"] == 1, right["final_state"], 1 - right["final_state"])
    right = right.assign(choice=planet, missed=right["slow"] == 1)
    table = pf.read_trials(files, columns=pf.Columns(choice="", missed="slow", void=("-1",)))
    return table, right


def cbm(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Piray et al. (2019), payampiray/cbm: MATLAB, a structure a person."""
    path = folder / "example_2step_task/all_data.mat"
    parts = [
        pd.DataFrame({name: one[name] for name in ("choice1", "choice2", "transit", "outcome")}).assign(subject=number)
        for number, one in enumerate(loadmat(path, simplify_cells=True)["data"])
    ]
    rows = pd.concat(parts, ignore_index=True)
    missed = (rows[["choice1", "choice2", "transit", "outcome"]] == 0).any(axis=1)
    right = rows.assign(choice=rows["choice1"], common=rows["transit"] == 1, reward=2 - rows["outcome"], missed=missed)
    return pf.read_trials(path), right


def kool(folder: Path, paradigm: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Kool et al. (2016), wkool/tradeoffs: MATLAB; in the novel paradigm every transition is certain."""
    path = folder / f"data/{paradigm} paradigm/groupdata.mat"
    people = loadmat(path, simplify_cells=True)["groupdata"]["subdata"]
    names = ["trial", "state2", "win", "missed", "choice1", *(["common"] if paradigm == "daw" else [])]
    parts = [pd.DataFrame({name: one[name] for name in names}).assign(subject=n) for n, one in enumerate(people)]
    rows = pd.concat(parts, ignore_index=True)
    common = rows["common"] == 1 if paradigm == "daw" else True
    choice = rows["choice1"] if paradigm == "daw" else rows["state2"]
    return pf.read_trials(path), rows.assign(choice=choice, common=common, reward=rows["win"])


def reduced(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """alonbaram2/reducedTwoStep: BIDS, a row an event; the common state is told from all runs of a person."""
    files = sorted(folder.glob("bhv_data/*_events.tsv"))
    parts = []
    for path in files:
        subject, run = re.findall(r"sub-(\d+)|run-(\d+)", path.name)
        rows = pd.read_csv(path, sep="\t")
        by_trial = {
            name: rows[rows["event"] == event].set_index("trial")[column]
            for name, event, column in (
                ("choice", "choice1", "choice1"),
                ("state", "choice2", "state"),
                ("reward", "outcome", "reward"),
            )
        }
        parts.append(pd.DataFrame(by_trial).reset_index().assign(subject=subject[0], session=run[1]))
    right = pd.concat(parts, ignore_index=True)
    right["missed"] = right[["choice", "state", "reward"]].isna().any(axis=1)
    same = (right["choice"] == right["state"]).where(~right["missed"])
    straight = same.groupby(right["subject"]).transform("mean") > 0.5
    right["common"] = (right["choice"] == right["state"]) == straight
    return pf.read_trials(files), right


def akam(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Castro-Rodrigues et al. (2022), ThomasAkam/Two-step_explicit_knowledge: logs, a line an event."""
    files = sorted(folder.glob("data/healthy-volunteers_fixed-task_debrief_NY/*_log"))
    rows = []
    for path in files:
        subject, session = re.fullmatch(r"(\d+)_session(\d+)_log", path.name).groups()
        for event in re.split(r"(?=:trial-\d+)", path.read_text(encoding="utf-8"))[1:]:
            block = int(re.search(r"TransitionBlock:(\d)", event).group(1))
            keys = re.findall(r":triggered (\w+)", event)
            rewarded = re.search(r":ons_ms(Reward|NoRwrd)", event)
            missed = len(keys) < 2 or rewarded is None
            first, second = ("", "") if missed else keys[:2]
            common = ((first == "Up") == (second == "Left")) == (block == 1)
            number = int(re.match(r":trial-(\d+)", event).group(1))
            reward = 0 if rewarded is None else int(rewarded.group(1) == "Reward")
            rows.append((subject, session, number, first, common, reward, missed))
    right = pd.DataFrame(rows, columns=["subject", "session", "trial", "choice", "common", "reward", "missed"])
    return pf.read_trials(files), right


def cogbench(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Coda-Forno et al. (2024), juliancodaforno/CogBench: a language model's runs; letters, and a byte-order mark."""
    path = folder / "Experiments/TwoStepTask/data/gpt-4.csv"
    rows = pd.read_csv(path, encoding="utf-8-sig")
    right = rows.assign(subject=rows["run"], choice=rows["action1"], missed=rows["action1"].isna())
    right["common"] = right["choice"] == right["state"]
    return pf.read_trials(path, columns=pf.Columns(subject="run", mapping="all", choice2="")), right


SETS: dict[str, Callable[[Path], tuple[pd.DataFrame, pd.DataFrame]]] = {
    "hartleylabnyu/online_two_step_replication": online,
    "IanEisenberg/Self_Regulation_Ontology": expfactory,
    "crgagne/twosteps_neurips2021, study 1": lambda folder: gillan(folder, 1),
    "crgagne/twosteps_neurips2021, study 2": lambda folder: gillan(folder, 2),
    "carolfs/muddled_models, magic carpet": magic_carpet,
    "carolfs/muddled_models, spaceship": spaceship,
    "payampiray/cbm": cbm,
    "wkool/tradeoffs, Daw paradigm": lambda folder: kool(folder, "daw"),
    "wkool/tradeoffs, novel paradigm": lambda folder: kool(folder, "novel"),
    "alonbaram2/reducedTwoStep": reduced,
    "ThomasAkam/Two-step_explicit_knowledge": akam,
    "juliancodaforno/CogBench": cogbench,
}
"""By repository; a clone of it lies in a folder of the repository's name."""


def main(folder: Path) -> None:
    print("data set | people | trials | missed | common | stay CR | UR | CU | UU | greatest difference")
    for name, read in SETS.items():
        repository = folder / name.partition(",")[0].rpartition("/")[2]
        if not repository.is_dir():
            print(f"{name} | not there")
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table, right = read(repository)
        ours, theirs = plain(table), plain(right)
        cells = [f"{value:,.0f}" for value in ours[:3]] + [f"{value:.4f}" for value in ours[3:]]
        apart = max(abs(a - b) for a, b in zip(ours, theirs, strict=True) if not np.isnan(a + b))
        print(" | ".join([name, *cells, f"{apart:.1g}" if apart else "none"]))
        if apart > 1e-9 or np.isnan(ours).tolist() != np.isnan(theirs).tolist():
            print("    pandas:", ", ".join(f"{value:.4f}" for value in theirs))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
