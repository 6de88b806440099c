"""Which cognitive model explains a network's choices best, at one moment of its training."""

from typing import Any

import pandas as pd

from prefrontal.configs import TwoStepConfig
from prefrontal.configs.models import ModelName
from prefrontal.fitting.fit import fit_model
from prefrontal.fitting.simulation import known_of

MODELS: tuple[ModelName, ...] = (
    "hybrid",
    "model-based",
    "sarsa-lambda",
    "reward-as-cue",
    "latent-state",
    "bayes-optimal",
    "win-stay-lose-shift",
    "biased-random",
)
"""Those that are compared."""
NUM_SESSIONS = 10
"""Test sessions of each network that models are fitted to: with 100 trials each, enough to tell them apart."""
NUM_STARTS = 3


def best_models(table: pd.DataFrame, config: TwoStepConfig) -> pd.DataFrame:
    """Fit every one of `MODELS` to the choices of each subject, by maximum likelihood.

    Arguments:
        table: a trial table; of it, the first `NUM_SESSIONS` sessions.
        config: the task, of which the models that know it are told.

    Returns:
        One row a subject: weight, the hybrid's w (0 model-free, 1 model-based); best_model, the one of the least BIC;
        and "bic_" and its name for each model.
    """
    task = known_of(config)
    kept = table.loc[(table["session"] < NUM_SESSIONS).to_numpy()]
    columns: dict[str, Any] = {}
    for name in MODELS:
        fitted = fit_model(kept, name, method="mle", task=task, num_starts=NUM_STARTS).table.set_index("subject")
        columns[f"bic_{name}"] = fitted["bic"]
        if name == "hybrid":
            columns["weight"] = fitted["weight"]
    found = pd.DataFrame(columns)
    criteria = found.filter(like="bic_")
    return found.assign(best_model=criteria.idxmin(axis="columns").str.removeprefix("bic_"))
