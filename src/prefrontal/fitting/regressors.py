"""What fitted models hold in mind, trial by trial: regressors for brain signals and response times."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from prefrontal.agents.two_step import AbstractTwoStepModel, Trial, with_values
from prefrontal.agents.two_step.signals import DESCRIBED, Signals
from prefrontal.errors import UserError
from prefrontal.fitting.choices import Choices, Unit, batch_of, places
from prefrontal.fitting.fit import Fit, parameters_to_fit
from prefrontal.fitting.hierarchical import Posterior
from prefrontal.fitting.search import double_precision
from prefrontal.trials.overview import with_trials


def trial_regressors(table: pd.DataFrame, fit: Fit | Posterior) -> pd.DataFrame:
    """What the fitted model holds in mind in every trial of a table, with each subject's own parameters.

    The model goes through the recorded choices as it does in the fit. Every number is of the trial in whose row it
    stands, before the model has learned from it.

    Arguments:
        table: the trial table that was fitted.
        fit: of `fit_model`, `fit_group` or `fit_hierarchy`; of the latter, the posterior means are taken.

    Returns:
        A row a trial: subject, session and trial, and for every model choice_probability and choice_entropy (and
        choice2_*, where there are second-stage choices); values and prediction errors of hybrids, belief and surprise
        of models that infer. `describe_regressors` says what each is, its unit and its sign. NaN in missed trials.

    Raises:
        UserError: when the table holds others than those who were fitted.

    Example:
        >>> fit = pf.fit_model(table, "hybrid", num_starts=2)
        >>> pf.trial_regressors(table, fit)[["choice_probability", "reward_error"]].shape == (len(table), 2)
        True
    """
    units = [name for name in ("subject", "session") if name in fit.table]
    by: Unit = "session" if "session" in units else "subject"
    table = with_trials(table, by=by)
    batch = batch_of(table, by=by)
    if not batch.units[units].astype(str).equals(fit.table[units].astype(str)):
        raise UserError(
            f"`table` must hold the {by}s who were fitted, got others: {len(batch.units):,} where {len(fit.table):,} "
            "were fitted. Give the table that the fit is of."
        )
    with double_precision():
        model, _ = parameters_to_fit(fit.model, fit.task, fit.fixed)
        values = fit.table[list(fit.parameters)].to_numpy(np.float64)
        found = jax.device_get(_regressors(model, tuple(fit.parameters), jnp.asarray(values), batch.choices))
    place = places(table, by=by)
    missed = table["missed"].to_numpy(bool) if "missed" in table else np.zeros(len(table), bool)
    known = {name: np.where(missed, np.nan, found[name][place]) for name in DESCRIBED if name in found}
    return table[["subject", "session", "trial"]].reset_index(drop=True).assign(**known)


def describe_regressors(columns: pd.DataFrame) -> dict[str, dict[str, str]]:
    """What the columns of `trial_regressors` are, as BIDS has it in the JSON beside a table of events.

    Arguments:
        columns: of `trial_regressors`.

    Returns:
        For each column, its "Description", which tells its sign, and its "Units".

    Example:
        >>> regressors = pf.trial_regressors(table, pf.fit_model(table, "hybrid", num_starts=2))
        >>> pf.describe_regressors(regressors)["reward_error"]["Units"]
        'reward'
    """
    return {
        name: {"Description": f"{told.description}.", "Units": told.units}
        for name, told in DESCRIBED.items()
        if name in columns
    }


@eqx.filter_jit
def _regressors(
    model: AbstractTwoStepModel,
    names: tuple[str, ...],
    values: Float[Array, "subject parameter"],
    choices: Choices,
) -> dict[str, Float[Array, "subject session trial"]]:
    def of_session(own: AbstractTwoStepModel, session: Choices) -> dict[str, Float[Array, " trial"]]:
        def step(beliefs: Any, at: Choices) -> tuple[Any, Signals]:
            trial = Trial(choice=at.choice, state=at.state, second_choice=at.second_choice, reward=at.reward)
            signals = own.signals(beliefs, trial) | _choice("choice", own.choose(beliefs)[0], at.choice)
            if own.second_options > 1:
                signals |= _choice("choice2", own.choose_second(beliefs, at.state), at.second_choice)
            learned = own.learn(beliefs, trial)
            return jax.tree.map(lambda new, old: jnp.where(at.counts, new, old), learned, beliefs), signals

        session = eqx.tree_at(lambda one: one.reward, session, session.reward.astype(values.dtype))
        return jax.lax.scan(step, own.init(), session)[1]

    def of_subject(own: Float[Array, " parameter"], sessions: Choices) -> dict[str, Float[Array, "session trial"]]:
        return jax.vmap(of_session, (None, 0))(with_values(model, list(names), list(own)), sessions)

    return jax.vmap(of_subject)(values, choices)


def _choice(name: str, logits: Float[Array, " option"], taken: Any) -> Signals:
    log = jax.nn.log_softmax(logits)
    probability = jnp.exp(log)
    entropy = -jnp.sum(jnp.where(probability > 0, probability * log, 0.0))
    return {f"{name}_probability": probability[taken], f"{name}_entropy": entropy}
