"""The tables of measured numbers in README.md, each between its two marks; see make_tables.py."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.runs.shipped import shipped_results

README = Path(__file__).parents[1] / "README.md"
Verdict = dict[str, Any]


def with_tables(text: str, tables: Mapping[str, Callable[[], list[str]]] | None = None) -> str:
    """`text`, the README, with what stands between the marks of each table made new; or another page, with `tables`."""
    for name, table in (TABLES if tables is None else tables).items():
        lines = "\n".join(["", "", *table(), "", ""])
        pattern = rf"(<!-- table: {name} -->).*?(<!-- end -->)"
        text, num = re.subn(
            pattern, lambda found, lines=lines: f"{found[1]}{lines.rstrip()}\n\n{found[2]}", text, flags=re.DOTALL
        )
        assert num == 1, f"The page must hold the table {name} once, got it {num} times."
    return text


def two_step() -> list[str]:
    """Stay probabilities and reward beside those of the paper and of the Bayes-optimal agent."""
    results = measured("wang2018-two-step")
    reward = results["reward_per_episode"]
    rows = [
        [
            f"stay, {name.replace('_', ' ')}",
            places(part["published"]),
            places(part["mean"]),
            span(part["interval95"]),
            places(part["bayes_optimal"]),
        ]
        for name, part in ((name, results["stay_probability"][name]) for name in TRIAL_KINDS)
    ]
    label = f"reward per 100 trials (chance {reward['chance']:.0f}, oracle {reward['oracle']:.0f})"
    mean, ideal = places(reward["mean"], 1), places(reward["bayes_optimal"], 1)
    rows.append([label, "", mean, span(reward["interval95"], 1), ideal])
    learned = row_of(results, "seeds with reward")
    rows.append([learned["name"], "", f"{learned['measured']} of {learned['of']}", "", ""])
    heading = ["Two-step task, Wang et al. (2018), Figure 5c", "published", "measured, 8 seeds", "95 % interval"]
    return markdown([*heading, "Bayes-optimal"], rows)


def signals() -> list[str]:
    """Prediction errors, and what happens when they are manipulated."""
    names = ("wang2018-two-step-rpe", "wang2018-inferred-value", "wang2018-optogenetics")
    errors, inferred, risk = map(measured, names)
    based, free = row_of(errors, "model-based errors: r²"), row_of(errors, "rest of model-free errors")
    ratio = row_of(inferred, "ratio inferred / experienced")
    published = {name: part["published"] for name, part in inferred["prediction_error"].items()}
    apart = {
        kind: published[f"{kind}_rewarded"] - published[f"{kind}_unrewarded"] for kind in ("inferred", "experienced")
    }
    rows = [
        [
            "two-step: r² of network and model-based prediction errors",
            places(based["published"], 2),
            places(based["measured"]),
            span(based["interval95"]),
        ],
        [
            "two-step: r² with what is left of model-free ones",
            tiny(free["published"]),
            tiny(free["measured"]),
            " to ".join(map(tiny, free["interval95"])),
        ],
        [
            "reversal: response to the inferred cue over the experienced one's",
            places(apart["inferred"] / apart["experienced"], 2),
            places(ratio["measured"], 2),
            span(ratio["interval95"], 2),
        ],
    ]
    for label, name in (
        ("dopamine after risky wins blocked: risky choices, % points", "block risky reward: risky choices"),
        ("after safe rewards blocked", "block safe reward: risky choices"),
        ("after risky losses blocked", "block risky loss: risky choices"),
    ):
        row = row_of(risk, name)
        rows.append([label, f"{row['published']:+.1f}", f"{row['measured']:+.1f}", span(row["interval95"], 1)])
    heading = ["Signals, Wang et al. (2018), Simulations 3, 4 and 6", "published", "measured, 8 seeds", "95 % interval"]
    return markdown(heading, rows)


def learning() -> list[str]:
    """Bandits, matching, volatility, learning sets, memory: claims and numbers, with a verdict each."""
    arms, informative, restless = (measured(f"wang2016-{name}") for name in ("bandits", "informative-arm", "restless"))
    matching, volatility = (measured(f"wang2018-{name}") for name in ("matching", "volatility"))
    sets = [row_of(measured("wang2018-harlow"), f"trial {trial}, held-out") for trial in (1, 2)]
    again = [row_of(measured("episodic-harlow"), f"trial 1, met before, {name}") for name in ("memory", "no-memory")]
    kinds = ("common rewarded", "uncommon rewarded", "common unrewarded", "uncommon unrewarded")
    cued = [row_of(measured("ritter2018-episodic-two-step"), f"episodic, {kind}") for kind in kinds]
    regret = {on: {name: part[on]["mean"] for name, part in arms["baselines"].items()} for on in arms["regret"]}
    ours = arms["regret"]["independent"]["independent"]["mean"]
    independent, gittins = regret["independent"], places(regret["medium"]["Gittins"], 2)
    both = [row_of(matching, f"slope, {which} range") for which in ("trained", "held-out")]
    seeds = row_of(restless, "seeds below all three")
    rivals = [row_of(restless, f"regret < {name}") for name in ("UCB", "Thompson", "Rescorla-Wagner")]
    asks = [row_of(informative, name) for name in ("asks first", "then the target")]
    rates = [row_of(volatility, name) for name in ("stable, then", "... volatile", "volatile, then", "... stable")]
    rows = [
        [
            f"regret after 100 pulls of independent arms: below Thompson ({places(independent['Thompson'], 2)}), "
            f"above Gittins ({places(independent['Gittins'], 2)})",
            "yes",
            places(ours, 2),
            said(independent["Gittins"] < ours < independent["Thompson"]),
        ],
        compared(
            f"regret on .25/.75 arms of networks trained on dependent arms (Gittins {gittins})",
            row_of(arms, "correlated-trained"),
        ),
        compared("the same, trained on independent arms", row_of(arms, "independent-trained")),
        [
            "an arm that tells where the reward is, asked first",
            "yes",
            f"{places(asks[0]['measured'])} of episodes",
            said(all(row["passed"] for row in asks)),
        ],
        [
            "restless arms: mean regret below UCB, Thompson and the best fixed learning rate",
            "yes",
            f"{places(rivals[0]['measured'], 2)}; in {seeds['measured']} of {seeds['of']} seeds",
            said(all(row["passed"] for row in rivals)),
        ],
        several("matching: slope of choice on reward ratios; held-out range", both, 3, "; "),
        several("learning rate, stable then volatile", rates[:2], 2, ", "),
        several("volatile then stable", rates[2:], 2, ", "),
        several("Harlow's learning sets, objects never met: right in trial 1; in trial 2", sets, 3, "; "),
        several("pairs of objects met before, right in trial 1: with a memory for episodes; without", again, 3, "; "),
        several("two-step with cues: stays with the one trial brought back (CR, UR, CU, UU)", cued, 2, ", "),
    ]
    title = (
        "Bandits, matching, volatility, learning sets (Wang et al. 2016, 2018), memory (Ritter 2018, AlKhamissi 2021)"
    )
    return markdown([title, "published", "measured", "verdict"], rows)


def measured(name: str) -> dict[str, Any]:
    """What the networks that come with the package do in an experiment."""
    results = shipped_results(name)
    assert results is not None, name
    return results


def row_of(results: dict[str, Any], beginning: str) -> Verdict:
    """The only verdict whose name begins so."""
    (row,) = [row for row in results["verdicts"] if row["name"].startswith(beginning)]
    return row


def compared(label: str, row: Verdict) -> list[str]:
    """A published number, ours and the verdict."""
    way = "" if row["passed"] else ": less" if row["measured"] < row["published"] else ": more"
    return [label, places(row["published"], 2), places(row["measured"], 2), said(row["passed"]) + way]


def several(label: str, rows: list[Verdict], digits: int, between: str) -> list[str]:
    """Several published numbers, ours, and whether all verdicts are yes."""
    columns = [between.join(places(row[key], digits) for row in rows) for key in ("published", "measured")]
    return [label, *columns, said(all(row["passed"] for row in rows))]


def said(passed: bool) -> str:
    """A verdict in a word."""
    return "yes" if passed else "no"


def places(value: float, digits: int = 3) -> str:
    """With so many decimals, and no zero before the point."""
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:.{digits}f}")


def span(bounds: list[float], digits: int = 3) -> str:
    """An interval."""
    return " to ".join(places(bound, digits) for bound in bounds)


def tiny(value: float) -> str:
    """A small number."""
    return "0" if value == 0 else re.sub(r"e-0?", "e-", f"{value:.1e}")


def markdown(heading: list[str], rows: list[list[str]]) -> list[str]:
    """A table, line by line."""
    lines = [heading, ["---"] * len(heading), *rows]
    return [f"|{'|'.join(line)}|" if line[0] == "---" else f"| {' | '.join(line)} |" for line in lines]


TABLES: dict[str, Callable[[], list[str]]] = {"two-step": two_step, "signals": signals, "learning": learning}
