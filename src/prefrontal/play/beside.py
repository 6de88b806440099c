"""A participant beside networks and models that play the same task."""

import threading
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np
import pandas as pd

from prefrontal.analysis.behaviour import stay_probability
from prefrontal.analysis.regression import indices, regress
from prefrontal.analysis.regressors import multi_back
from prefrontal.configs import TwoStepConfig
from prefrontal.configs.models import TwoStepForm
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError, quietly
from prefrontal.fitting.fit import fit_model
from prefrontal.fitting.simulation import simulate
from prefrontal.play.draws import task_config
from prefrontal.play.networks import OF_TASK, as_trained, networks_for
from prefrontal.play.players import others_at
from prefrontal.play.rounds import Rounds, bars_of, learning_rate, rounds_of
from prefrontal.play.study import TWO_STAGES, Study
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.trials.people_data import table_of
from prefrontal.trials.table import trial_table

NUM_OTHERS = 8
"""Simulated participants of each kind."""
NUM_STARTS = 5
NUM_LAGS = 3
"""Trials back that the regression of one person's choices looks: there are some hundred."""


class Beside:
    """Sums up a participant beside networks and models that play the same task. The others play when they are first
    asked for, or when `prepare` is called.

    Arguments:
        study: the study.
    """

    def __init__(self, study: Study):
        self._study = study
        self._others: list[dict[str, Any]] | None = None
        self._one_at_a_time = threading.Lock()

    def prepare(self) -> list[dict[str, Any]]:
        """The others: for each its name, bars, mean reward and weights."""
        with self._one_at_a_time:
            if self._others is None:
                self._others = _others(self._study)
            return self._others

    def __call__(
        self, trials: Sequence[Mapping[str, Any]], schedule: Sequence[Mapping[str, Any]], better: Sequence[int]
    ) -> dict[str, Any]:
        """What a participant is shown at the end.

        Arguments:
            trials: the rows of its trials, practice left out.
            schedule: what was drawn for it, by trial.
            better: by trial, the state or the option that paid more often.

        Returns:
            `you`, with bars, reward (a trial, 0 to 1) and weights; and `others`, a list of such with names. The bars
            are, of the two-step tasks, stay probabilities after a trial of each kind of `TRIAL_KINDS`; of the others
            see `bars_of`. None is what there was no trial for.
        """
        others = self.prepare()
        if self._study.task not in TWO_STAGES:
            return {"you": _counted([rounds_of(trials, schedule, better)], self._study), "others": others}
        rows = [{**trial, "subject": 0, "session": 1, "missed": int(trial["missed"] > 0)} for trial in trials]
        if all(row["missed"] for row in rows):
            return {"you": {"bars": [None] * len(TRIAL_KINDS), "reward": None, "weights": {}}, "others": others}
        with self._one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of few trials
            return {"you": _summed(table_of(rows), task_config(self._study)), "others": others}


def _others(study: Study) -> list[dict[str, Any]]:
    if study.task not in TWO_STAGES:
        return [{"name": name, **_counted(rounds, study)} for name, rounds in others_at(study).items()]
    config = task_config(study)
    ones = np.ones(NUM_OTHERS)
    tables = {
        "model_based": simulate("hybrid", config, {"weight": ones}, seed=1),
        "model_free": simulate("hybrid", config, {"weight": 0.0 * ones}, seed=2),
    }
    if isinstance(config, TwoStepConfig):
        tables = {"network": _networks(study), **tables}
    simulated = tables["model_free"]
    _summed(simulated.loc[simulated["subject"] == 0], config)  # so that what one person needs is compiled
    return [{"name": name, **_summed(table, config)} for name, table in tables.items()]


def _counted(players: Sequence[Rounds], study: Study) -> dict[str, Any]:
    """Bars, reward and weights of a task of one choice, means over players."""
    config = task_config(study)
    bars = zip(*(bars_of(study.task, rounds, config.num_trials) for rounds in players), strict=True)
    rewards = [rounds.reward[rounds.is_valid].mean() for rounds in players if rounds.is_valid.any()]
    weights = {}
    if study.task != "harlow":
        num_arms = getattr(config, "num_arms", 2)
        weights = {"learning_rate": _mean([learning_rate(rounds, num_arms) for rounds in players])}
    return {"bars": list(map(_mean, bars)), "reward": _mean(rewards), "weights": weights}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _number(np.mean(known)) if known else None


def _networks(study: Study) -> pd.DataFrame:
    """Trials of every network that comes with the package, in episodes as long as those that it was trained on."""
    tables = []
    for seed, (network, trained) in enumerate(networks_for(study, OF_TASK["two-step"])):
        task = as_trained(study, trained).make()
        played = evaluate(network, task, jax.random.key(seed), num_episodes=2)
        tables.append(trial_table(played.event).assign(subject=seed))
    return pd.concat(tables, ignore_index=True)


def _summed(table: pd.DataFrame, config: TwoStepForm) -> dict[str, Any]:
    """Stay probabilities, reward and weights of a two-step task, means over the subjects of a table."""
    valid = ~table["missed"].to_numpy(bool)
    weights: dict[str, float | None] = {}
    with warnings.catch_warnings(), quietly():
        warnings.simplefilter("ignore")  # few trials: what cannot be told is None
        try:
            stay = [_number(value) for value in stay_probability(table)[list(TRIAL_KINDS)].mean()]
            found = indices(regress(multi_back(table, num_lags=NUM_LAGS)).weights)
            weights = {name: _number(found[name].mean()) for name in ("model_based", "model_free")}
            fit = fit_model(table, "hybrid", task=config, num_starts=NUM_STARTS)
            weights["weight"] = _number(fit.table["weight"].mean())
        except UserError:  # not even two trials that follow one another
            stay = [None] * len(TRIAL_KINDS)
    return {"bars": stay, "reward": _number(table.loc[valid, "reward"].mean()), "weights": weights}


def _number(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 4)
