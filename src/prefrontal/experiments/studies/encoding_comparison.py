"""When each network passed the threshold, and what the encodings and the time input have to do with it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from rich import box
from rich.console import Console
from rich.table import Table

from prefrontal.analysis.learning_speed import passing_episodes, running_reward
from prefrontal.configs import TwoStepConfig
from prefrontal.errors import counted
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.presets.criteria import LearningCriteria
from prefrontal.experiments.presets.encoding_comparison import variant_name
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import holds
from prefrontal.figures.encoding_comparison import draw
from prefrontal.reports.tables import verdict_word, why_not_comparable
from prefrontal.runs.results import read_learning

CLAIMS = (
    ("one step a trial: the time input delays", "trial-time", "trial-no-time"),
    ("one step a stage: the time input delays", "stage-time", "stage-no-time"),
    ("with time: one step a stage is slower", "stage-time", "trial-time"),
    ("without time: one step a stage is slower", "stage-no-time", "trial-no-time"),
)
"""What is claimed, of which variant, against which."""
LEVEL = 0.05


class EncodingComparison(Study[TwoStepConfig, LearningCriteria]):
    """How long a network takes to learn the two-step task, by how the task is shown to it."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[TwoStepConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        seeds = list(agents[variant_name("trial", "none")])
        threshold = self.criteria.threshold * config.task.num_trials
        learning = read_learning(folder)
        passed = {
            variant: passing_episodes(*running_reward(learning, variant, seeds, self.criteria.window), threshold)
            for variant in self.experiment.variants(config)
        }
        return {
            "threshold": threshold,
            "window": self.criteria.window,
            "training_episodes": config.train.num_episodes,
            "episodes_to_learn": {
                name: {
                    "per_seed": episodes.tolist(),
                    "passed": int(np.isfinite(episodes).sum()),
                    "median": _median(episodes),
                }
                for name, episodes in passed.items()
            },
            "verdicts": [_verdict(*claim, passed, config.train.num_episodes) for claim in CLAIMS],
        }

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)

    def report(self, results: Mapping[str, Any], console: Console) -> None:
        seeds = len(results["seeds"])
        title = f"{results['experiment']}: {counted(seeds, 'seed')}"
        table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE)
        table.add_column("network steps, time input")
        for heading in ("passed", "median episode", "from", "to"):
            table.add_column(heading, justify="right", no_wrap=True)
        for name, part in results["episodes_to_learn"].items():
            known = [episode for episode in part["per_seed"] if episode is not None]
            ends = (
                (f"{min(known):,.0f}", f"{max(known):,.0f}" if len(known) == seeds else "not all")
                if known
                else ("", "")
            )
            median = "not half" if part["median"] is None else f"{part['median']:,.0f}"
            table.add_row(name.replace("-", ", ", 1).replace("-", " "), f"{part['passed']} of {seeds}", median, *ends)
        console.print(table)
        comparable = results.get("comparable", True)
        claims = Table(box=box.SIMPLE)
        claims.add_column("claim")
        claims.add_column("p", justify="right")
        if comparable:
            claims.add_column("verdict")
        for verdict in results["verdicts"]:
            p = "" if verdict["measured"] is None else f"{verdict['measured']:.2g}"
            claims.add_row(verdict["name"], p, *([verdict_word(verdict)] if comparable else []))
        console.print(claims)
        if not comparable:
            console.print(why_not_comparable(results), style="dim")
        console.print(
            f"Episodes of training until the reward, a running mean over {results['window']} episodes, passes "
            f"{results['threshold']:g}; training ended at {results['training_episodes']:,}. p: log-rank test over "
            f"seeds, one-sided; a claim holds below {LEVEL:g}.",
            style="dim",
        )

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        return {f"episodes_{name}": part["median"] for name, part in results["episodes_to_learn"].items()}


def _median(episodes: Float[np.ndarray, " seed"]) -> float:
    """NaN when half of the seeds or more did not pass."""
    return float(np.median(np.where(np.isnan(episodes), np.inf, episodes))) if _most(np.isfinite(episodes)) else np.nan


def _most(passed: Bool[np.ndarray, " seed"]) -> bool:
    return bool(2 * passed.sum() > len(passed))


def _verdict(
    name: str, slower: str, faster: str, passed: Mapping[str, Float[np.ndarray, " seed"]], num_episodes: int
) -> dict[str, Any]:
    """Whether `slower` takes longer than `faster`, by the log-rank test of Mantel (1966)."""

    from scipy.stats import CensoredData, logrank  # slow to import

    def times(variant: str) -> CensoredData:
        episodes = passed[variant]
        never = np.isnan(episodes)
        return CensoredData.right_censored(np.where(never, num_episodes, episodes), never)

    test = logrank(times(slower), times(faster), alternative="less")  # "less" often do the slower ones pass
    return holds(name, float(test.pvalue), bool(test.pvalue < LEVEL))
