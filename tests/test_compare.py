"""Groups side by side: what is found, told, drawn and warned of."""

import contextlib
import io
import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from test_regression import PLANNER, simulate

from prefrontal import cli
from prefrontal.analysis.behaviour import stay_probability
from prefrontal.analysis.cautions import cautions
from prefrontal.analysis.published import NETWORKS, RATS
from prefrontal.analysis.regression import indices, regress
from prefrontal.analysis.regressors import multi_back, one_back
from prefrontal.analysis.summary import as_record, behaviour, printed
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError
from prefrontal.figures.behaviour import behaviour_figure
from prefrontal.reports.compare import print_comparison
from prefrontal.trials.table import check_table, write_table


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return simulate(PLANNER, num_subjects=4, num_trials=600)


def no_better_state(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="better_state")


# Cautions


def names_of(table: pd.DataFrame) -> list[str]:
    return [caution.name for caution in cautions(table)]


def task_table(high: float, low: float, num: int = 4_000, **columns) -> pd.DataFrame:
    """Random choices in a task whose better state pays with probability `high`, the other with `low`."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"subject": 0, "session": 0, "trial": np.arange(num), "choice": rng.integers(0, 2, num)})
    frame["common"] = rng.random(num) < 0.7
    frame["state"] = np.where(frame["common"], frame["choice"], 1 - frame["choice"])
    frame["better_state"] = (frame["trial"] // 50) % 2
    frame["reward"] = rng.random(num) < np.where(frame["state"] == frame["better_state"], high, low)
    return check_table(frame.assign(**columns))


def test_nothing_is_cautioned_of_where_nothing_is_wrong():
    assert names_of(task_table(0.6, 0.4)) == []
    assert names_of(no_better_state(task_table(0.9, 0.1))) == []


def test_a_better_state_that_lasts_is_cautioned_of():
    (caution,) = cautions(task_table(0.9, 0.1))
    assert caution.name == "contrast"
    assert "Akam, Costa, Dayan (2015)" in str(caution)
    assert re.search(r"paid in (89|90|91)% of trials, the other in (9|10|11)%", caution.sentence)


def test_a_model_free_agent_does_look_model_based_there():
    """What the caution says: an agent that learns from rewards alone, with .9 against .1 and with .55 against .45."""

    def interaction(high: float, low: float, correct: bool) -> float:
        rng = np.random.default_rng(1)
        rows, values, better = [], np.full(2, 0.5), 0
        for trial in range(20_000):
            choice = int(rng.random() < 1 / (1 + np.exp(-6 * (values[1] - values[0]))))
            better = 1 - better if rng.random() < 0.025 else better
            common = rng.random() < 0.8
            state = choice if common else 1 - choice
            reward = int(rng.random() < (high if state == better else low))
            values[choice] += 0.3 * (reward - values[choice])
            rows.append((0, 0, trial, choice, state, common, reward, better))
        columns = ["subject", "session", "trial", "choice", "state", "common", "reward", "better_state"]
        design = one_back(check_table(pd.DataFrame(rows, columns=columns)), correct=correct)
        return regress(design).weights.loc[0, "reward_x_transition"]

    assert interaction(0.9, 0.1, correct=False) > 0.4
    assert abs(interaction(0.55, 0.45, correct=False)) < 0.15
    assert interaction(0.9, 0.1, correct=True) < 0.5 * interaction(0.9, 0.1, correct=False)


def test_states_that_do_not_pay_one_between_them_are_cautioned_of():
    (caution,) = cautions(task_table(0.4, 0.2))
    assert caution.name == "sum"
    assert "sum to 0.6" in caution.sentence
    assert "Feher da Silva, Hare (2018)" in caution.source


def test_choices_assigned_to_states_afresh_are_cautioned_of():
    fair = task_table(0.6, 0.4)
    swapped = fair.assign(state=np.where(fair["trial"] % 2, fair["state"], 1 - fair["state"]))
    (caution,) = cautions(swapped)
    assert caution.name == "mapping"
    assert "2,000 of 4,000 trials" in caution.sentence


def test_few_trials_are_cautioned_of():
    short = task_table(0.6, 0.4, num=60)
    (caution,) = cautions(short)
    assert caution.name == "few"
    assert caution.sentence.startswith("1 of 1 subjects have fewer than 10 pairs")


def test_missed_trials_are_not_counted_against_a_task():
    fair = task_table(0.6, 0.4)
    assert names_of(fair.assign(missed=fair["trial"] % 2 == 0, state=1)) == ["mapping", "few"]


# Groups


def test_a_group_is_summed_up_by_the_analyses_of_its_subjects(table):
    group = behaviour("planners", table)
    stay, weights = stay_probability(table), regress(multi_back(table)).weights
    assert group.num == 4
    for name in TRIAL_KINDS:
        assert group.stay.loc[name, "mean"] == pytest.approx(stay[name].mean())
    for kind, lag in itertools.product(TRIAL_KINDS, range(1, 6)):
        assert group.weights.loc[(kind, lag), "mean"] == pytest.approx(weights[f"{kind}_{lag}"].mean())
    assert group.indices["mean"].to_dict() == pytest.approx(indices(weights).mean().to_dict())
    assert "correct" in group.one_back.design.regressors
    assert "correct" not in behaviour("blind", no_better_state(table)).one_back.design.regressors


def test_printed_groups_hold_what_was_printed():
    # Wang et al. (2018), Figure 5; the indices follow by hand.
    rats, networks = printed(RATS), printed(NETWORKS)
    assert rats.stay["mean"].tolist() == [0.921, 0.706, 0.701, 0.914]
    assert rats.indices["mean"].tolist() == pytest.approx([4.24, 0.64, 3.86])
    assert networks.weights.loc[("uncommon_unrewarded", 2), "mean"] == 2.71
    assert networks.indices["mean"].tolist() == pytest.approx([21.52, -0.18, 8.30])
    assert rats.stay[["low", "high"]].isna().all(axis=None)


# The figure


def drawn(ax, kind):
    named = {artist.get_gid(): artist for artist in (*ax.lines, *ax.patches) if artist.get_gid()}
    return {name.removeprefix(f"{kind}-"): artist for name, artist in named.items() if name.startswith(f"{kind}-")}


def test_the_figure_draws_the_numbers(table):
    groups = [behaviour("planners", table), printed(RATS)]
    figure = behaviour_figure(groups, "Title")
    axes = np.array(figure.axes).reshape(3, 2)
    for column, group in zip(axes.T, groups, strict=True):
        bars, lines, dots = drawn(column[0], "stay"), drawn(column[1], "weights"), drawn(column[2], "index")
        assert {name: bar.get_height() for name, bar in bars.items()} == group.stay["mean"].to_dict()
        for kind in TRIAL_KINDS:
            np.testing.assert_array_equal(lines[kind].get_ydata(), group.weights.loc[kind, "mean"])
        for name in group.indices.index:
            assert dots[name].get_ydata()[0] == group.indices.loc[name, "mean"]
    assert axes[0, 0].get_title() == "planners\n(4 subjects)"
    assert axes[0, 1].get_title() == "rats\n(published)"


@pytest.mark.parametrize("num", [1, 2, 6])
def test_every_word_of_the_figure_is_inside_and_none_overlap(table, num):
    group = behaviour("planners", table)
    groups = [replace(group, name=f"planners {number}") for number in range(num - 1)] + [printed(RATS)]
    figure = behaviour_figure(groups, "A title that is long enough to take up more than a line if there is little room")
    figure.draw_without_rendering()
    texts = [*figure.texts, *figure.legends[0].get_texts()]
    for ax in figure.axes:
        low, high = ax.get_xlim()
        texts += [label for label in ax.get_xticklabels() if low <= label.get_position()[0] <= high]
        texts += [ax.xaxis.label, ax.yaxis.label, ax.title]
    texts = [text for text in texts if text.get_text()]
    boxes = {text.get_text() + str(number): text.get_window_extent() for number, text in enumerate(texts)}
    for name, box in boxes.items():
        assert 0 <= box.x0 < box.x1 <= figure.bbox.width, name
        assert 0 <= box.y0 < box.y1 <= figure.bbox.height, name
    for (name, box), (other, beside) in itertools.combinations(boxes.items(), 2):
        assert not box.overlaps(beside), (name, other)


def test_a_page_has_room_for_so_many_groups():
    with pytest.raises(UserError, match="`groups` must be 1 to 6 to fit on a page, got 7"):
        behaviour_figure([printed(RATS)] * 7)


# The command


def analyse(*arguments: str | Path) -> tuple[str, str]:
    """What the command prints, and what it warns of."""
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(io.StringIO()) as warned:
        cli.main(["analyse", *map(str, arguments)])
    return said.getvalue(), warned.getvalue()


def refused(capsys, *arguments: str | Path) -> str:
    with pytest.raises(SystemExit) as end:
        cli.main(["analyse", *map(str, arguments)])
    assert end.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    return " ".join(told.err.split())


def test_of_published_groups_it_is_told_where_they_are_from_and_of_how_many():
    """The rats of the stay probabilities are 6 of other rats than the 21 of the weights."""
    groups = [printed(RATS), printed(NETWORKS)]
    console = Console(file=io.StringIO(), width=80)
    print_comparison(groups, {"groups": {group.name: as_record(group) for group in groups}}, console)
    said = " ".join(console.file.getvalue().split())
    assert "subjects published published" in said
    assert f"rats: {RATS.source}." in said
    assert f"networks of the paper: {NETWORKS.source}." in said


@pytest.mark.thorough
def test_analyse_tells_writes_and_draws(table, tmp_path, capsys):
    write_table(tmp_path / "planners.csv", table)
    out = tmp_path / "out"
    said, _ = analyse(
        tmp_path / "planners.csv", f"again={tmp_path / 'planners.csv'}", "--published", "rats", "--out", out
    )
    assert max(len(line) for line in said.splitlines() if not line.startswith("Files: ")) <= 80
    for word in ("planners", "again", "rats", "one-back, correct", "index, model based", "Akam, Costa, Dayan (2015)"):
        assert word in said
    names = {"analysis.json", "stay.csv", "one_back.csv", "multi_back.csv", "indices.csv"}
    assert {path.name for path in out.iterdir()} == names | {f"figure.{kind}" for kind in ("png", "svg", "pdf")}
    record = json.loads((out / "analysis.json").read_text())["groups"]
    assert set(record) == {"planners", "again", "rats"}
    assert record["planners"]["trials"] == len(table)
    assert record["planners"]["stay_probability"]["common_rewarded"]["mean"] == pytest.approx(
        stay_probability(table)["common_rewarded"].mean()
    )
    assert record["rats"]["indices"]["model_based"] == {"mean": pytest.approx(4.24), "low": None, "high": None}
    assert [caution["name"] for caution in record["planners"]["cautions"]] == ["contrast"]
    rows = pd.read_csv(out / "indices.csv")
    assert rows["group"].tolist() == ["planners"] * 4 + ["again"] * 4
    np.testing.assert_allclose(
        rows["model_based"][:4], indices(regress(multi_back(table)).weights)["model_based"], 1e-5
    )
    told = refused(capsys, tmp_path / "planners.csv", "--out", out)
    assert told.endswith("which is there. Give another --out, or add --overwrite.")
    analyse(tmp_path / "planners.csv", "--out", out, "--overwrite")
    assert list(json.loads((out / "analysis.json").read_text())["groups"]) == ["planners"]


@pytest.mark.thorough
def test_analyse_takes_sessions_apart_and_mixes_effects(tmp_path):
    people = simulate(PLANNER, num_subjects=24, num_trials=120)
    people["session"] = people["trial"] // 60
    write_table(tmp_path / "people.csv", people)
    analyse(tmp_path / "people.csv", "--sessions", "apart", "--out", tmp_path / "out")
    record = json.loads((tmp_path / "out" / "analysis.json").read_text())["groups"]
    assert list(record) == ["people, session 0", "people, session 1"]
    assert record["people, session 0"]["trials"] == len(people) // 2
    mixed = record["people, session 0"]["one_back_mixed"]
    assert mixed["stay"]["low"] < mixed["stay"]["mean"] < mixed["stay"]["high"]


@pytest.mark.thorough
def test_analyse_reads_other_columns(table, tmp_path):
    cells = table.rename(columns={"choice": "key", "subject": "who"}).assign(rt=500)
    cells["key"] = np.where(table["choice"], "left", "right")
    extra = cells.iloc[-1:].assign(trial=600, key="-1")
    (tmp_path / "them.csv").write_text(pd.concat([cells, extra]).to_csv(index=False))
    options = [
        "--columns",
        "choice=key",
        "subject=who",
        "rt_unit=ms",
        "--values",
        "choice=right,left",
        "--missing",
        "-1",
    ]
    analyse(tmp_path / "them.csv", *options, "--out", tmp_path / "out")
    record = json.loads((tmp_path / "out" / "analysis.json").read_text())["groups"]["them"]
    assert record["stay_probability"]["common_rewarded"]["mean"] == pytest.approx(
        stay_probability(table)["common_rewarded"].mean()
    )


def test_analyse_refuses_mistakes_in_a_sentence(table, tmp_path, capsys):
    write_table(tmp_path / "t.csv", table)
    file = tmp_path / "t.csv"
    assert refused(capsys).startswith("`table` must follow `analyse`, got nothing.")
    assert "a file that can be read" in refused(capsys, tmp_path / "none.csv", "--out", tmp_path / "out")
    told = refused(capsys, file, file, "--out", tmp_path / "out")
    assert told.startswith("`table` must have a name of its own, got t twice.")
    told = refused(capsys, f"rats={file}", "--published", "rats", "--out", tmp_path / "out")
    assert told.startswith("`table` must not be called as a published group, got rats.")
    told = refused(capsys, file, "--columns", "choise=key")
    assert told.startswith("`columns` must be of subject, session, trial, choice,")
    told = refused(capsys, file, "--columns", "key")
    assert told.startswith("`columns` must be written NAME=COLUMN, as in choice=resp, got key.")
    told = refused(capsys, file, "--values", "choice=left")
    assert told.startswith("`values` must give two values of `choice`, for 0 and for 1, got left.")
    assert refused(capsys, file, "--num-lags", "0").startswith("`num_lags` must be a whole number of at least 1")
    assert refused(capsys, file, "--ridge", "-1").startswith("`ridge` must be at least 0, got -1")
    many = table.assign(session=table["trial"] // 50)
    write_table(tmp_path / "many.csv", many)
    told = refused(capsys, tmp_path / "many.csv", "--sessions", "apart", "--out", tmp_path / "out")
    assert told == "`sessions` must be together where there are more than 4, got 12 in many."
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("mine")
    told = refused(capsys, file, "--out", tmp_path / "thesis")
    assert "must be a new folder, an empty one or an earlier analysis, got one that holds chapter.txt" in told
    (tmp_path / "thesis" / "analysis.json").write_text("{}")
    assert "must be of an earlier analysis, got another file. Move it away." in refused(
        capsys, file, "--out", tmp_path / "thesis"
    )
    assert (tmp_path / "thesis" / "analysis.json").read_text() == "{}"
