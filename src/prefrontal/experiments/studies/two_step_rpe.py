"""Test trained networks on the two-step task: are their prediction errors model-based?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.analysis.least_squares import explained_variance, multiple_regression, residual_correlation
from prefrontal.analysis.prediction_errors import (
    TwoStepErrors,
    TwoStepTrials,
    model_based_errors,
    model_free_errors,
    model_free_likelihood,
    network_errors,
)
from prefrontal.analysis.recordings import recording, write_recording
from prefrontal.configs import TwoStepConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.two_step_belief import belief_results, play
from prefrontal.experiments.studies.verdicts import ANY, AT_MOST_ONE, SHARE, Range, holds, on_average, over_seeds
from prefrontal.figures.prediction_errors import draw
from prefrontal.progress import each
from prefrontal.runs.files import write_text

LEARNING_RATES = np.linspace(0.05, 1.0, 20)
"""Of SARSA(0): the paper does not report its own."""


class PredictionErrors(Study[TwoStepConfig, None]):
    """Are prediction errors on the two-step task model-based?"""

    def measure(
        self, agents: Agents, config: ExperimentConfig[TwoStepConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        experiment = self.experiment
        networks = agents[""]
        played = {seed: play(agent, config, seed) for seed, agent in each(networks.items(), "Testing networks")}
        accounts, tables = [], []
        for seed, trajectory in each(played.items(), "Prediction errors", compiles=False):
            errors, trials = network_errors(trajectory, config.task, config.train.discount)
            account, table = _account(errors, trials, config.task)
            accounts.append(account)
            tables.append(table.assign(seed=seed))
        belief = belief_results(networks, played, config, subjects.run)

        write_text(folder / "errors.csv", pd.concat(tables).to_csv(index=False, float_format="%.5g"))
        facts = {"experiment": experiment.name, "networks": experiment.networks}
        write_recording(folder / "activity.nc", recording(list(played.values()), list(networks), facts))
        measures = [name for name, value in accounts[0].items() if isinstance(value, float)]
        return {
            "test_episodes": config.test.num_episodes,
            **{name: over_seeds([account[name] for account in accounts], _range(name)) for name in measures},
            "sweep": {
                "learning_rate": LEARNING_RATES.tolist(),
                **{name: [account["sweep"][name] for account in accounts] for name in accounts[0]["sweep"]},
            },
            "belief": belief,
            "published_source": next((number.source for number in experiment.published.values()), None),
            "verdicts": _verdicts(experiment, accounts, belief),
        }

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)


def _account(errors: TwoStepErrors, trials: TwoStepTrials, task: TwoStepConfig) -> tuple[dict[str, Any], pd.DataFrame]:
    """What the models account for of one network's errors; and the errors themselves."""
    valid = trials.valid
    network, planned = errors.pooled(valid), model_based_errors(task, trials)
    based = planned.pooled(valid)
    learned = [model_free_errors(rate, trials).pooled(valid) for rate in LEARNING_RATES]
    fits = [model_free_likelihood(rate, trials) for rate in LEARNING_RATES]
    best = int(np.argmax([likelihood for likelihood, _ in fits]))
    free = learned[best]
    slopes = multiple_regression(network, {"based": based, "free": free})
    account = {
        "model_based": explained_variance(network, based),
        "model_free_residual": residual_correlation(network, free, based) ** 2,
        "model_free_alone": explained_variance(network, free),
        "shared_by_models": explained_variance(free, based),
        "second_stage": explained_variance(errors.second_stage[valid], planned.second_stage[valid]),
        "outcome": explained_variance(errors.outcome[valid], planned.outcome[valid]),
        "slope_model_based": slopes["based"],
        "slope_model_free": slopes["free"],
        "learning_rate": float(LEARNING_RATES[best]),
        "sweep": {
            "model_free_alone": [explained_variance(network, one) for one in learned],
            "model_free_residual": [residual_correlation(network, one, based) ** 2 for one in learned],
            "log_likelihood": [likelihood for likelihood, _ in fits],
        },
    }
    kind = np.repeat(["second stage", "outcome"], valid.sum())
    table = pd.DataFrame({"kind": kind, "network": network, "model_based": based, "model_free": free})
    return account, table


def _range(measure: str) -> Range:
    """Slopes have none; all else is a squared correlation or a learning rate."""
    return ANY if measure.startswith("slope") else SHARE


def _verdicts(
    experiment: Experiment[TwoStepConfig], accounts: list[dict[str, Any]], belief: dict[str, Any]
) -> list[dict[str, Any]]:
    num = len(accounts)
    based = np.array([account["model_based"] for account in accounts])
    residual = np.array([account["model_free_residual"] for account in accounts])
    published = experiment.published
    trained, untrained = (np.array(belief["decoded"][name]["per_seed"]) for name in ("trained", "untrained"))

    reference = published["model_based"].value, published["model_free"].value
    return [
        on_average("model-based errors: r² at least .8", based, bool(based.mean() >= 0.8), reference[0], SHARE),
        holds("... seeds with that", int((based >= 0.8).sum()), bool((based >= 0.8).all()), num),
        on_average(
            "rest of model-free errors: r² under .01", residual, bool(residual.mean() < 0.01), reference[1], SHARE
        ),
        holds("... seeds with less", int((residual < 0.01).sum()), bool((residual < 0.01).all()), num),
        on_average(
            "belief decoded, every seed r² at least .8", trained, bool((trained >= 0.8).all()), None, AT_MOST_ONE
        ),
        on_average(
            "before training, every seed r² under .2", untrained, bool((untrained < 0.2).all()), None, AT_MOST_ONE
        ),
    ]
