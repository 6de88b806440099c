"""The table that ends `prefrontal reproduce`."""

import io
from copy import deepcopy
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from prefrontal.reports.runs import Measure, paired_table, print_pairs
from prefrontal.reports.tables import print_stay_report, print_sweep

MEASURES = ("common_rewarded", "uncommon_rewarded", "common_unrewarded", "uncommon_unrewarded")


def results(published: dict[str, float], measured: dict[str, float], num_seeds: int = 8) -> dict[str, Any]:
    verdicts = [
        {
            "name": f"stay, {name.replace('_', ' ')}",
            "published": value,
            "measured": measured[name],
            "tolerance": 0.06,
            "passed": abs(measured[name] - value) <= 0.06,
        }
        for name, value in published.items()
    ]
    learned = {
        "name": "seeds with reward ≥ 66",
        "published": None,
        "measured": num_seeds,
        "of": num_seeds,
        "tolerance": None,
        "passed": True,
    }
    return {
        "experiment": "wang2018-two-step",
        "seeds": list(range(num_seeds)),
        "test_episodes": 300,
        "reward_per_episode": {
            "mean": 68.9,
            "interval95": [68.2, 69.6],
            "chance": 50.0,
            "bayes_optimal": 70.7,
            "oracle": 74.0,
        },
        "stay_probability": {
            name: {
                "mean": measured[name],
                "interval95": [measured[name] - 0.0123, 1.0],
                "published": published.get(name),
                "bayes_optimal": 0.6543,
            }
            for name in MEASURES
        },
        "published_source": "Wang et al. (2018), Figure 5c" if published else None,
        "verdicts": [*verdicts, learned],
    }


FULL = results(
    dict(zip(MEASURES, (0.989, 0.638, 0.621, 0.988), strict=True)),
    dict(zip(MEASURES, (0.985, 0.589, 0.5, 0.99), strict=True)),
)


def printed(results: dict[str, Any], width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    print_stay_report(results, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def row(lines: list[str], name: str) -> list[str]:
    """The cells of the only row called `name`; what is between two or more spaces."""
    (line,) = [line for line in lines if line.strip().startswith(name)]
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_a_full_result_fits_eighty_columns_a_row_a_line() -> None:
    lines = printed(FULL)
    assert max(map(len, lines)) <= 80
    assert lines[0].strip() == "wang2018-two-step: 8 seeds, 300 test episodes each"
    head = row(lines, "stay probability after")
    assert head == ["stay probability after", "published", "measured", "95 % interval", "ideal", "verdict"]
    assert row(lines, "common rewarded") == ["common rewarded", "0.989", "0.985", "0.973 to 1.000", "0.654", "yes"]
    assert row(lines, "uncommon rewarded") == ["uncommon rewarded", "0.638", "0.589", "0.577 to 1.000", "0.654", "yes"]
    assert row(lines, "common unrewarded") == ["common unrewarded", "0.621", "0.500", "0.488 to 1.000", "0.654", "NO"]
    assert row(lines, "uncommon unrewarded") == [
        "uncommon unrewarded",
        "0.988",
        "0.990",
        "0.978 to 1.000",
        "0.654",
        "yes",
    ]
    assert row(lines, "reward per episode") == ["reward per episode", "68.9", "68.2 to 69.6", "70.7"]
    assert row(lines, "seeds with reward ≥ 66") == ["seeds with reward ≥ 66", "8 of 8", "yes"]
    caption = " ".join(" ".join(lines).split())
    assert "Verdict: whether within 0.06 of the published value. Intervals are over seeds." in caption
    assert "chance earns 50.0, an oracle 74.0. Published: Wang et al. (2018), Figure 5c." in caption


def test_columns_stand_under_their_headings() -> None:
    lines = printed(FULL)
    (head,) = [line for line in lines if "measured" in line]
    (line,) = [line for line in lines if line.strip().startswith("common rewarded")]
    under = {"published": "0.989", "measured": "0.985", "95 % interval": "1.000", "ideal": "0.654"}
    for heading, cell in under.items():
        assert head.index(heading) + len(heading) == line.index(cell) + len(cell)


def test_what_could_not_be_measured_is_left_empty() -> None:
    unmeasured = deepcopy(FULL)
    part = unmeasured["stay_probability"]["common_rewarded"]
    part.update(mean=None, interval95=[None, None], bayes_optimal=None)
    unmeasured["verdicts"][0].update(measured=None, passed=False)
    assert row(printed(unmeasured), "common rewarded") == ["common rewarded", "0.989", "NO"]


def test_one_seed_has_no_interval() -> None:
    single = deepcopy(FULL)
    single["seeds"] = [3]
    for part in (*single["stay_probability"].values(), single["reward_per_episode"]):
        part["interval95"] = [None, None]
    lines = printed(single)
    assert lines[0].strip() == "wang2018-two-step: 1 seed, 300 test episodes each"
    assert row(lines, "common rewarded") == ["common rewarded", "0.989", "0.985", "0.654", "yes"]
    assert row(lines, "reward per episode") == ["reward per episode", "68.9", "70.7"]


def test_without_published_values_there_is_nothing_to_judge_but_learning() -> None:
    unpublished = results({}, dict.fromkeys(MEASURES, 0.5))
    lines = printed(unpublished)
    for name in MEASURES:
        label = name.replace("_", " ")
        assert row(lines, label) == [label, "0.500", "0.488 to 1.000", "0.654"]
    assert row(lines, "seeds with reward") == ["seeds with reward ≥ 66", "8 of 8", "yes"]
    assert "Published: nothing." in " ".join(" ".join(lines).split())


@pytest.mark.parametrize("passed", [True, False])
def test_verdicts_are_coloured_on_a_terminal(passed: bool) -> None:
    judged = deepcopy(FULL)
    for verdict in judged["verdicts"]:
        verdict["passed"] = passed
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard")
    print_stay_report(judged, console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    green, red = text.count("\x1b[32myes"), text.count("\x1b[31mNO")
    assert (green, red) == ((5, 0) if passed else (0, 5))


def test_a_sweep_has_a_row_a_setting_and_no_number_where_none_was_measured() -> None:
    measured = {f"stay_{name}": value for name, value in zip(MEASURES, (0.989, 0.638, 0.621, 0.988), strict=True)}
    common = {"run": "runs/x", **measured}
    table = pd.DataFrame(
        [
            {"train.discount": ".8", "reward": 68.94, "reward_low": 68.2, "reward_high": 69.6, **common},
            {"train.discount": ".95", "reward": 68.94, **common, "stay_common_rewarded": None},
        ]
    )
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    print_sweep(table, ["train.discount"], console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert row(lines, "train.discount") == ["train.discount", ".8", ".95"]
    assert row(lines, "reward") == ["reward", "68.9", "68.9"]
    assert row(lines, "95 % interval") == ["95 % interval", "68.2 to 69.6"]
    assert row(lines, "stay, common rewarded") == ["stay, common rewarded", "0.989"]
    assert row(lines, "stay, uncommon rewarded") == ["stay, uncommon rewarded", "0.638", "0.638"]


def test_settings_that_do_not_fit_beside_each_other_are_told_below_each_other() -> None:
    settings = [{"d": f"{d}", "e": f"{e}", "x": d / 7, "tiny": d * 1e-5} for d in range(1, 6) for e in (1000, 20000)]
    console = Console(file=io.StringIO(), width=40, force_terminal=False)
    print_sweep(pd.DataFrame(settings), ["d", "e"], console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 40
    heads = [line.split()[1:] for line in lines if line.strip().startswith("d ")]
    assert len(heads) > 1
    assert [value for head in heads for value in head] == [row["d"] for row in settings]
    assert [value for line in lines if line.strip().startswith("e ") for value in line.split()[1:]] == [
        row["e"] for row in settings
    ]
    assert {cell for line in lines if line.strip().startswith("tiny") for cell in line.split()[1:]} == {
        f"0.0000{d}0" for d in range(1, 6)
    }


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_a_measure_that_no_setting_has_is_left_empty(nothing: float | None) -> None:
    table = pd.DataFrame([{"d": ".8", "x": nothing, "y": 1.0}, {"d": ".9", "x": nothing, "y": nothing}])
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    print_sweep(table, ["d"], console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert row(lines, "y") == ["y", "1.000"]
    assert row(lines, "x") == ["x"]


def test_the_first_trial_has_rows_of_its_own_where_it_is_looked_at() -> None:
    both = deepcopy(FULL)
    first = results(dict.fromkeys(MEASURES, 0.96), dict(zip(MEASURES, (0.97, 0.2, 0.1, 0.91), strict=True)))
    both |= {"first_transition": first["stay_probability"], "first_transition_source": "Wang et al. (2016), Figure 5c"}
    for verdict in first["verdicts"][:4]:
        verdict |= {"name": verdict["name"].replace("stay, ", "stay, first, "), "tolerance": 0.1, "passed": False}
        both["verdicts"].append(verdict)
    lines = printed(both)
    assert max(map(len, lines)) <= 80
    heading = next(number for number, line in enumerate(lines) if line.strip() == "first trial only:")
    assert row(lines[:heading], "common rewarded")[1:3] == ["0.989", "0.985"]
    cells = row(lines[heading:], "common rewarded")
    assert cells == ["common rewarded", "0.960", "0.970", "0.958 to 1.000", "0.654", "NO"]
    caption = " ".join(" ".join(lines).split())
    assert "whether within 0.06 of the published value; of the first trial only, 0.1. Int" in caption
    assert "First trial only: Wang et al. (2016), Figure 5c." in caption


def test_what_is_done_to_networks_stands_beside_the_same_networks_left_alone() -> None:
    intact, done = (
        {"reward": Measure([60.0, 62.0, 64.0]), "gone": Measure([1.0])},
        {
            "reward": Measure([59.0, 60.0, 64.0]),
            "new": Measure([2.0]),
        },
    )
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    print_pairs(intact, done, "task, --noise 1: 3 seeds", console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "task, --noise 1: 3 seeds"
    assert row(lines, "reward") == ["reward", "62.0", "61.0", "-1.00"]
    assert lines[lines.index(next(line for line in lines if "reward" in line)) + 1].split()[-3:] == [
        "-3.48",
        "to",
        "1.48",
    ]
    assert not {"gone", "new"} & set(" ".join(lines).split())
    table = paired_table(intact, done, [5, 6, 7])
    assert table.to_dict("list") == {
        "measure": ["reward"] * 3,
        "seed": [5, 6, 7],
        "intact": [60.0, 62.0, 64.0],
        "intervened": [59.0, 60.0, 64.0],
    }
