"""A participant beside networks and models that play the same task."""

import threading
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from prefrontal.experiments.pretrained import load_pretrained
from prefrontal.fitting.fit import fit_model
from prefrontal.fitting.simulation import simulate
from prefrontal.play.draws import task_config
from prefrontal.play.study import TWO_STAGES, Study
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.runs.shipped import shipped_seeds
from prefrontal.trials.people_data import table_of
from prefrontal.trials.table import trial_table

NETWORK = "wang2018-two-step"
NUM_OTHERS = 8
"""Simulated participants of each kind."""
NUM_STARTS = 5
NUM_LAGS = 3
"""Trials back that the regression of one person's choices looks: there are some hundred."""


class Beside:
    """Sums up a participant beside networks, a model-based and a model-free agent. The others play when they are first
    asked for, or when `prepare` is called.

    Arguments:
        study: the study.
    """

    def __init__(self, study: Study):
        self._study = study
        self._others: list[dict[str, Any]] | None = None
        self._one_at_a_time = threading.Lock()

    def prepare(self) -> list[dict[str, Any]]:
        """The others: for each its name, stay probabilities, mean reward and weights. Of a task without transitions
        there are none."""
        with self._one_at_a_time:
            if self._others is None:
                self._others = _others(self._study)
            return self._others

    def __call__(self, study: Study, trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What a participant is shown at the end.

        Arguments:
            study: the study.
            trials: the rows of its trials.

        Returns:
            `you`, with stay (after a trial of each kind of `TRIAL_KINDS`, None where there was none), reward (a trial,
            0 to 1) and weights; and `others`, a list of such with names.
        """
        others = self.prepare()
        if study.task not in TWO_STAGES:
            valid = [trial["reward"] for trial in trials if trial["reward"] is not None]
            reward = float(np.mean(valid)) if valid else None
            return {"you": {"stay": None, "reward": reward, "weights": {}}, "others": others}
        rows = [{**trial, "subject": 0, "session": 1, "missed": int(trial["missed"] > 0)} for trial in trials]
        if all(row["missed"] for row in rows):
            return {"you": {"stay": None, "reward": None, "weights": {}}, "others": others}
        with self._one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of few trials
            return {"you": _summed(table_of(rows), task_config(study)), "others": others}


def _others(study: Study) -> list[dict[str, Any]]:
    if study.task not in TWO_STAGES:
        return []
    config = task_config(study)
    ones = np.ones(NUM_OTHERS)
    tables = {
        "model_based": simulate("hybrid", config, {"weight": ones}, seed=1),
        "model_free": simulate("hybrid", config, {"weight": 0.0 * ones}, seed=2),
    }
    if isinstance(config, TwoStepConfig):
        tables = {"network": _networks(config), **tables}
    simulated = tables["model_free"]
    _summed(simulated.loc[simulated["subject"] == 0], config)  # so that what one person needs is compiled
    return [{"name": name, **_summed(table, config)} for name, table in tables.items()]


def _networks(config: TwoStepConfig) -> pd.DataFrame:
    """Trials of every network that comes with the package, in episodes as long as those that it was trained on."""
    task = replace(config, num_trials=TwoStepConfig().num_trials, encoding="fixation").make()
    tables = []
    for seed in shipped_seeds(NETWORK):
        played = evaluate(load_pretrained(NETWORK, seed=seed), task, jax.random.key(seed), num_episodes=2)
        tables.append(trial_table(played.event).assign(subject=seed))
    return pd.concat(tables, ignore_index=True)


def _summed(table: pd.DataFrame, config: TwoStepForm) -> dict[str, Any]:
    """Stay probabilities, reward and weights, means over the subjects of a table."""
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
    return {"stay": stay, "reward": _number(table.loc[valid, "reward"].mean()), "weights": weights}


def _number(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 4)
