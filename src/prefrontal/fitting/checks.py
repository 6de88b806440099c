"""Whether fitted models behave like those they were fitted to: everybody is simulated with its own parameters."""

from dataclasses import dataclass, replace

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.stats import t as student

from prefrontal.analysis.behaviour import stay_probability
from prefrontal.analysis.logistic import FALLBACK_RIDGE
from prefrontal.analysis.regression import indices, over_subjects, regress
from prefrontal.analysis.regressors import multi_back, one_back
from prefrontal.configs import DawTwoStepConfig, TwoStepConfig
from prefrontal.configs.models import KnownTask, TwoStepForm, known_of
from prefrontal.errors import UserError, check_count, check_seed
from prefrontal.fitting.choices import Unit
from prefrontal.fitting.fit import Fit
from prefrontal.fitting.hierarchical import Posterior
from prefrontal.fitting.networks.fitted import NetworkFit
from prefrontal.fitting.simulation import simulate, simulate_networks
from prefrontal.trials.overview import with_trials

NUM_SIMULATIONS = 20
NUM_LAGS = 5
OVERALL = ("stay", "one_back", "multi_back")
"""The kinds of measure that the distance is over: indices are sums of what is in it already."""


@dataclass(frozen=True)
class FitCheck:
    """How a fitted model behaves beside those it was fitted to. Made by `check_fit`.

    Example:
        >>> check = pf.check_fit(table, pf.fit_model(table, "win-stay-lose-shift", num_starts=2), num_simulations=3)
        >>> check.model, len(check.null)
        ('win-stay-lose-shift', 3)
    """

    model: str
    task: TwoStepForm
    """What the simulated subjects played."""
    table: pd.DataFrame
    """A row a measure, by kind (reward, stay, one_back, multi_back, indices) and name: observed, the mean over
    subjects, with its 95 % interval observed_low to observed_high; simulated, the mean over simulations, and low to
    high, where 95 % of simulated studies lie; p, two-tailed, that a simulated study is as far from the others; and r,
    the correlation over subjects of what each did and what its simulations did on average."""
    distance: float
    """How far the observed means are from the simulated ones: the root mean square, over all stay probabilities and
    regression weights, of their difference in standard deviations of simulated studies."""
    null: Float[np.ndarray, " simulation"]
    """The same of each simulated study beside the others: what the distance is if the model is right."""

    @property
    def p(self) -> float:
        """The share of simulated studies, the observed one counted with them, that are as far."""
        return float((1 + np.sum(self.null >= self.distance)) / (1 + len(self.null)))

    def __repr__(self) -> str:
        shown = self.table.loc[["reward", "stay", "one_back", "indices"], ["observed", "simulated", "low", "high", "p"]]
        return f"{self.model}: {self.told}\n{shown.round(3).to_string()}"

    @property
    def told(self) -> str:
        """The distance and its null, in a line."""
        most = f"{np.quantile(self.null, 0.95):.1f}"
        return f"distance {self.distance:.1f}, of the model's own studies 95 % below {most}, p = {self.p:.2f}"


def check_fit(
    table: pd.DataFrame,
    fit: Fit | Posterior | NetworkFit,
    *,
    task: KnownTask | TwoStepForm | None = None,
    num_simulations: int = NUM_SIMULATIONS,
    seed: int = 0,
) -> FitCheck:
    r"""Let the fitted model play as often as each subject did, and compare what both did.

    Everybody is simulated with its own parameters (of a `Posterior`, with another draw in every simulation), in as many
    sessions and trials, the same of them missed. They choose for themselves and meet rewards of the task: no recorded
    choice is shown to them. A model that predicts the next choice well may fail this, since a prediction learns from
    the choices that people made.

    Measured on both: reward, stay probabilities, the weights of the one-back and the multi-back regression (5 lags, all
    with the ridge `FALLBACK_RIDGE`), and Miller's indices. With $\bar x_r$ the mean over subjects in simulated study r,
    of R, with mean m and standard deviation s over studies,

    $$t = \frac{\bar x - m}{s \sqrt{1 + 1/R}}$$

    has Student's distribution with R - 1 degrees of freedom if the model is right. Subjects are taken as given: p is
    not of a new sample of people.

    Arguments:
        table: the trial table that was fitted.
        fit: of `fit_model`, `fit_group`, `fit_hierarchy` or `fit_networks`.
        task: what is played, or what is to be known of it: then it is Daw's, with drifting chances of reward, where
            there are second-stage choices, and otherwise one with reversals, with these probabilities. None: those of
            `fit.task` (of networks, which know none, the usual ones). Where people met other rewards, the check is of
            the task as well: give theirs. Checks that are to be compared need the same.
        num_simulations: simulated studies, at least 3.
        seed: of all that is random.

    Returns:
        A row a measure, and the distance of all with its null.

    Raises:
        UserError: when the table holds others than those who were fitted, or an argument is not a valid one.

    References:
        Palminteri, Wyart, Koechlin (2017), Trends Cogn Sci 21:425 (why models should be simulated).
        Gelman, Meng, Stern (1996), Stat Sin 6:733 (posterior predictive p).

    Example:
        >>> fit = pf.fit_model(table, "win-stay-lose-shift", num_starts=2)
        >>> pf.check_fit(table, fit, num_simulations=3).table.index.get_level_values("kind").unique().tolist()
        ['reward', 'stay', 'one_back', 'multi_back', 'indices']
    """
    check_count("num_simulations", num_simulations, least=3)
    check_seed("seed", seed)
    fitted = fit.units if isinstance(fit, NetworkFit) else fit.table
    units = [name for name in ("subject", "session") if name in fitted]
    by: Unit = "session" if "session" in units else "subject"
    own = _numbered(with_trials(table, by=by), units)
    if list(own["unit"].unique()) != list(range(len(fitted))) or not _same(own, fitted, units):
        raise UserError(
            f"`table` must hold the {by}s who were fitted, got others than the {len(fitted):,} of the fit. Give the "
            "table that the fit is of."
        )
    num_trials = int(own["place"].to_numpy().max()) + 1
    if task is None:
        task = KnownTask(second_choices="choice2" in own) if isinstance(fit, NetworkFit) else fit.task
    config = usual_task(task, num_trials) if isinstance(task, KnownTask) else replace(task, num_trials=num_trials)
    if known_of(config).second_choices != ("choice2" in own):
        raise UserError("`task` must have second-stage choices where the table has, got the other. Leave it out.")
    num, sessions = len(fitted), int(own["visit"].to_numpy().max()) + 1
    played = _played(fit, config, num_simulations, sessions, seed)
    place = np.ravel_multi_index(
        (own["unit"], own["visit"], own["place"]), (num, sessions, config.num_trials)
    )  # the rows of one study
    rows = (np.arange(num_simulations)[:, None] * num * sessions * config.num_trials + place).ravel()
    simulated = played.iloc[rows].reset_index(drop=True)
    for name in ("session", "trial", "missed"):
        if name in own:
            simulated[name] = np.tile(own[name].to_numpy(), num_simulations)
    observed = _measures(own.assign(subject=own["unit"]))
    each = _measures(simulated).to_numpy().reshape(num_simulations, num, -1)
    return _compared(fit.name if isinstance(fit, NetworkFit) else fit.model, config, observed, each)


def _played(
    fit: Fit | Posterior | NetworkFit, config: TwoStepForm, num_simulations: int, num_sessions: int, seed: int
) -> pd.DataFrame:
    """What everybody does in the simulated studies, study after study."""
    if not isinstance(fit, NetworkFit):
        values = _values(fit, num_simulations, seed)
        return simulate(fit.model, config, values, num_sessions=num_sessions, seed=seed)
    networks = jax.tree.map(lambda leaf: np.concatenate([np.asarray(leaf)] * num_simulations), fit.networks)
    return simulate_networks(networks, config, num_sessions=num_sessions, seed=seed)


def _compared(
    model: str, config: TwoStepForm, observed: pd.DataFrame, each: Float[np.ndarray, "simulation subject measure"]
) -> FitCheck:
    num = len(each)
    means = np.nanmean(each, axis=1)
    middle, spread = means.mean(axis=0), means.std(axis=0, ddof=1)
    scale = np.where(spread > 0, spread * np.sqrt(1 + 1 / num), np.nan)
    found = over_subjects(observed)
    away = (found["mean"].to_numpy() - middle) / scale
    half = student.ppf(0.975, num - 1) * scale
    table = pd.DataFrame(
        {
            "observed": found["mean"],
            "observed_low": found["low"],
            "observed_high": found["high"],
            "simulated": middle,
            "low": middle - half,
            "high": middle + half,
            "p": 2 * student.sf(np.abs(away), num - 1),
            "r": _correlations(observed.to_numpy(), np.nanmean(each, axis=0)),
        },
        index=observed.columns,
    )
    overall = observed.columns.get_level_values("kind").isin(OVERALL)
    null = []
    for left_out in range(num):  # against the others, as the observed one is against all
        rest = np.delete(means, left_out, axis=0)
        own = rest.std(axis=0, ddof=1) * np.sqrt(1 + 1 / (num - 1))
        null.append(_distance(((means[left_out] - rest.mean(axis=0)) / np.where(own > 0, own, np.nan))[overall]))
    return FitCheck(model, config, table, _distance(away[overall]), np.array(null))


def _measures(table: pd.DataFrame) -> pd.DataFrame:
    """A row a subject, columns (kind, name): what is compared."""
    met = ~table["missed"].to_numpy(bool) if "missed" in table else np.ones(len(table), bool)
    multi = regress(multi_back(table, num_lags=NUM_LAGS), ridge=FALLBACK_RIDGE).weights
    parts = {
        "reward": table.loc[met].groupby("subject", sort=False)["reward"].mean().to_frame("reward"),
        "stay": stay_probability(table),
        "one_back": regress(one_back(table), ridge=FALLBACK_RIDGE).weights,
        "multi_back": multi.drop(columns="bias"),
        "indices": indices(multi),
    }
    return pd.concat(parts, axis=1, names=["kind", "measure"])


def _numbered(table: pd.DataFrame, units: list[str]) -> pd.DataFrame:
    """`table` with the number of each trial's unit, of its session among the unit's, and its place in the session."""
    session = table.groupby(["subject", "session"], sort=False)
    unit, number = table.groupby(units, sort=False).ngroup(), session.ngroup()
    visit = number - number.groupby(unit).transform("min")
    return table.reset_index(drop=True).assign(
        unit=unit.to_numpy(), visit=visit.to_numpy(), place=session.cumcount().to_numpy()
    )


def _same(own: pd.DataFrame, fitted: pd.DataFrame, units: list[str]) -> bool:
    there = own[units].drop_duplicates().reset_index(drop=True)
    return there.astype(str).equals(fitted[units].reset_index(drop=True).astype(str))


def usual_task(known: KnownTask, num_trials: int) -> TwoStepForm:
    """The task that people are taken to have played: Daw's, with drifting chances of reward, where there are
    second-stage choices, and otherwise one with reversals, of the probabilities that are `known`."""
    if known.second_choices:
        return DawTwoStepConfig(num_trials=num_trials, common_probability=known.common)
    return TwoStepConfig(
        num_trials=num_trials,
        common_probability=known.common,
        better_reward_probability=known.better_reward_probability,
        worse_reward_probability=known.worse_reward_probability,
        reversal_probability=known.reversal_probability,
    )


def _values(fit: Fit | Posterior, num: int, seed: int) -> dict[str, Float[np.ndarray, " subject"]]:
    """Everybody's parameters, study after study."""
    subjects = len(fit.table)
    held = {name: np.full(num * subjects, value) for name, value in fit.fixed.items()}
    if not isinstance(fit, Posterior):
        return held | {name: np.tile(fit.table[name].to_numpy(float), num) for name in fit.parameters}
    draws = {name: fit.inference.posterior[name].to_numpy().reshape(-1, subjects) for name in fit.parameters}
    there = len(next(iter(draws.values())))
    chosen = np.random.default_rng(seed).choice(there, num, replace=there < num)
    return held | {name: draws[name][chosen].ravel() for name in fit.parameters}


def _distance(away: Float[np.ndarray, " measure"]) -> float:
    return float(np.sqrt(np.nanmean(away**2)))


def _correlations(one: np.ndarray, other: np.ndarray) -> Float[np.ndarray, " measure"]:
    """Over subjects, of each measure; NaN where one of both does not vary."""
    known = np.isfinite(one) & np.isfinite(other)
    one, other = (np.where(known, values, np.nan) for values in (one, other))
    one, other = (values - np.nanmean(values, axis=0) for values in (one, other))
    norm = np.sqrt(np.nansum(one**2, axis=0) * np.nansum(other**2, axis=0))
    return np.nansum(one * other, axis=0) / np.where(norm > 0, norm, np.nan)
