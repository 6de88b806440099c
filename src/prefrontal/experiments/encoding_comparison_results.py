"""When each network passed the threshold, and what the encodings and the time input have to do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from rich import box
from rich.console import Console
from rich.table import Table
from scipy.stats import CensoredData, logrank

from prefrontal.configs import TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.experiments.base import ExperimentConfig
from prefrontal.experiments.results import holds, read_learning
from prefrontal.reports.tables import verdict_word, why_not_comparable
from prefrontal.runs.provenance import versions

if TYPE_CHECKING:
    from prefrontal.experiments.encoding_comparison import EncodingComparison

CLAIMS = (
    ("one step a trial: the time input delays", "trial-time", "trial-no-time"),
    ("one step a stage: the time input delays", "stage-time", "stage-no-time"),
    ("with time: one step a stage is slower", "stage-time", "trial-time"),
    ("without time: one step a stage is slower", "stage-no-time", "trial-no-time"),
)
"""What is claimed, of which variant, against which."""
LEVEL = 0.05


def measure(
    experiment: "EncodingComparison", seeds: Sequence[int], config: ExperimentConfig[TwoStepConfig], folder: Path
) -> dict[str, Any]:
    """See `Experiment.measure`; all that is needed is how reward rose in training."""
    threshold = experiment.threshold * config.task.num_trials
    learning = read_learning(folder)
    passed = {
        variant: passing_episodes(*running_reward(learning, variant, seeds, experiment.window), threshold)
        for variant in experiment.variants(config)
    }
    return {
        "experiment": experiment.name,
        "seeds": list(seeds),
        "threshold": threshold,
        "window": experiment.window,
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
        "config": {**config.training, "test": asdict(config.test)},
        "versions": versions(),
    }


def running_reward(
    learning: pd.DataFrame, variant: str, seeds: Sequence[int], window: int
) -> tuple[np.ndarray, Float[np.ndarray, "seed point"]]:
    """How reward rose in training, averaged over the last `window` episodes or a little more.

    Arguments:
        learning: see `read_learning`.
        variant: whose.
        seeds: whose.
        window: episodes.

    Returns:
        The training episode of each point, and each seed's reward per episode up to there.

    Raises:
        UserError: when training was shorter than the window.
    """
    table = learning[learning["variant"] == variant].pivot(index="seed", columns="episode", values="reward")
    episode, reward = table.columns.to_numpy(), table.loc[list(seeds)].to_numpy()
    width = -(-window // int(episode[0]))
    if width > len(episode):
        raise UserError(f"`num_episodes` must be at least {window}, got {episode[-1]}. Train for longer.")
    means = [np.convolve(row, np.full(width, 1 / width), "valid") for row in reward]
    return episode[width - 1 :], np.stack(means)


def passing_episodes(
    episode: np.ndarray, reward: Float[np.ndarray, "seed point"], threshold: float
) -> Float[np.ndarray, " seed"]:
    """The training episode at which each seed's running reward is above `threshold` for the first time; NaN: never."""
    above = reward > threshold
    return np.where(above.any(axis=1), episode[above.argmax(axis=1)], np.nan)


def survival(episodes: Float[np.ndarray, " seed"], num_episodes: int) -> tuple[np.ndarray, np.ndarray]:
    """The share of seeds that have not passed the threshold yet: a step at each seed's episode, and where it ends.

    As all seeds were trained for equally long this is the estimate of Kaplan and Meier (1958).

    Arguments:
        episodes: when each passed; NaN: not in training.
        num_episodes: of training.

    Returns:
        Episodes and shares from there on.
    """
    known = np.sort(episodes[np.isfinite(episodes)])
    left = 1 - np.arange(len(known) + 1) / len(episodes)
    return np.concatenate([[0], known, [num_episodes]]), np.concatenate([left, left[-1:]])


def report(results: Mapping[str, Any], console: Console) -> None:
    """See `Experiment.report`."""
    seeds = len(results["seeds"])
    table = Table(
        title=f"{results['experiment']}: {seeds} seeds", title_justify="left", title_style="bold", box=box.SIMPLE
    )
    table.add_column("network steps, time input")
    for heading in ("passed", "median episode", "from", "to"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, part in results["episodes_to_learn"].items():
        known = [episode for episode in part["per_seed"] if episode is not None]
        ends = (f"{min(known):,.0f}", f"{max(known):,.0f}" if len(known) == seeds else "not all") if known else ("", "")
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
        f"{results['threshold']:g}; training ended at {results['training_episodes']:,}. p: log-rank test over seeds, "
        f"one-sided; a claim holds below {LEVEL:g}.",
        style="dim",
    )


def _median(episodes: Float[np.ndarray, " seed"]) -> float:
    """NaN when half of the seeds or more did not pass."""
    return float(np.median(np.where(np.isnan(episodes), np.inf, episodes))) if _most(np.isfinite(episodes)) else np.nan


def _most(passed: Bool[np.ndarray, " seed"]) -> bool:
    return bool(2 * passed.sum() > len(passed))


def _verdict(
    name: str, slower: str, faster: str, passed: Mapping[str, Float[np.ndarray, " seed"]], num_episodes: int
) -> dict[str, Any]:
    """Whether `slower` takes longer than `faster`, by the log-rank test of Mantel (1966)."""

    def times(variant: str) -> CensoredData:
        episodes = passed[variant]
        never = np.isnan(episodes)
        return CensoredData.right_censored(np.where(never, num_episodes, episodes), never)

    test = logrank(times(slower), times(faster), alternative="less")  # "less" often do the slower ones pass
    return holds(name, float(test.pvalue), bool(test.pvalue < LEVEL))
