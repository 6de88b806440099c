"""Hierarchical Bayesian fits: every subject's parameters come from a group's, and all are found together by NUTS.

It needs the optional packages NumPyro and ArviZ: `pip install prefrontal[bayes]`.
"""

import importlib
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd

from prefrontal.agents.two_step import Parameter
from prefrontal.configs.models import KnownTask, TwoStepForm
from prefrontal.errors import UserError, check_count, check_probability, check_seed
from prefrontal.fitting.choices import Unit, batch_of
from prefrontal.fitting.fit import draw_candidates, known_task, parameters_to_fit, told_parameters, told_subjects
from prefrontal.fitting.group_search import spread_of_deviations
from prefrontal.fitting.nuts import Draws, approximate, sample
from prefrontal.fitting.search import double_precision

MOST_R_HAT = 1.01
"""Chains with a larger R-hat have not converged (Vehtari et al. 2021)."""
NUM_CANDIDATES = 60
"""Points tried for each subject before the first round, of which the most probable is the first start."""


@dataclass(frozen=True)
class Posterior:
    """Draws from the posterior of a hierarchical fit, and whether they can be trusted.

    Example:
        >>> posterior = pf.fit_hierarchy(table, "biased-random", num_warmup=5, num_samples=5, num_chains=2)
        >>> posterior.table.columns.tolist()
        ['subject', 'bias', 'sd_bias']
    """

    model: str
    task: KnownTask
    parameters: tuple[str, ...]
    fixed: Mapping[str, float]
    units: pd.DataFrame
    """Subjects (and sessions), in the order of the draws."""
    inference: Any
    """ArviZ InferenceData; of ArviZ 1, a DataTree. Posterior: for each parameter "NAME", (chain, draw, subject), and of
    the group "group_NAME", the parameter of its median subject, and "spread_NAME", its deviation in unbounded units,
    (chain, draw). Log likelihood: "choices", (chain, draw, subject). Sample statistics: diverging and others."""
    num_divergences: int
    seconds: float

    def __repr__(self) -> str:
        told = f"{self.model}, hierarchical: {told_subjects(self.units)}, {self.num_divergences} divergences"
        return f"{told}; posterior means:\n{told_parameters(self.table, self.parameters)}\n.table has a row for each."

    @cached_property
    def diagnostics(self) -> pd.DataFrame:
        """A row a quantity: mean; sd; hdi_2.5% and hdi_97.5%, the 95 % highest-density interval; ess_bulk and ess_tail,
        effective sample sizes; r_hat; mcse_mean and mcse_sd, the errors of mean and sd."""
        arviz = import_optional("arviz")
        # ArviZ 1 asks for the interval in other words, and calls its columns otherwise.
        hdi = {"ci_prob": 0.95, "ci_kind": "hdi"} if is_arviz_1(arviz) else {"hdi_prob": 0.95}
        found = pd.DataFrame(arviz.summary(self.inference, **hdi, round_to="none"))
        return found.rename(columns={"hdi95_lb": "hdi_2.5%", "hdi95_ub": "hdi_97.5%"}).rename_axis("quantity")

    @property
    def largest_r_hat(self) -> float:
        return float(self.diagnostics["r_hat"].to_numpy().max())

    @property
    def smallest_ess(self) -> float:
        """The smallest effective sample size, of bulk and tail."""
        return float(self.diagnostics[["ess_bulk", "ess_tail"]].to_numpy().min())

    @property
    def converged(self) -> bool:
        """Whether every R-hat is below `MOST_R_HAT` and no transition diverged."""
        return self.largest_r_hat < MOST_R_HAT and self.num_divergences == 0

    @property
    def table(self) -> pd.DataFrame:
        """A row a subject: the posterior's mean and standard deviation, "NAME" and "sd_NAME", of every parameter."""
        draws = self.inference.posterior
        columns = {}
        for name in self.parameters:
            columns[name] = draws[name].mean(("chain", "draw")).to_numpy()
            columns[f"sd_{name}"] = draws[name].std(("chain", "draw")).to_numpy()
        return self.units.assign(**columns)


def fit_hierarchy(
    table: pd.DataFrame,
    name: str,
    *,
    by: Unit = "subject",
    task: KnownTask | TwoStepForm | None = None,
    fixed: Mapping[str, float] | None = None,
    num_warmup: int = 500,
    num_samples: int = 1000,
    num_chains: int = 4,
    target_acceptance: float = 0.9,
    seed: int = 0,
    progress: bool = False,
) -> Posterior:
    r"""Sample the parameters of all subjects, and of the group that they come from, from their posterior.

    With u_ik the unbounded parameter k of subject i, of which θ_ik is a function (see `Parameter`):

        u_ik = μ_k + σ_k z_ik,     μ_k ~ Normal(0, 1),     σ_k ~ half-Normal(.5),     z_ik ~ Normal(0, 1)

    so that, between 0 and 1, the median subject's value is uniform before the data. hBayesDM has the same but for
    σ_k ~ half-Normal(.2), which the model hybrid-hbayesdm has here too.

    Arguments:
        table: a trial table (see `prefrontal.trials.table`).
        name: a model of `prefrontal.agents.two_step.LIBRARY`.
        by: whether each "subject" or each "session" of a subject has parameters of its own.
        task: what the model knows of the task, or the config of one. None: the usual for such tables.
        fixed: parameters to hold at a value.
        num_warmup: draws of each chain to adapt in, not kept.
        num_samples: draws of each chain to keep.
        num_chains: chains, side by side.
        target_acceptance: of NUTS, 0 to 1; a larger one takes smaller steps, against divergences.
        seed: of all that is random.
        progress: whether to show how far it is, unless `prefrontal.quietly` silences it.

    Returns:
        The draws, and whether they can be trusted: `converged`, `diagnostics`.

    Raises:
        UserError: when NumPyro or ArviZ is missing, or an argument is not a valid one.

    References:
        Hoffman, Gelman (2014), J Mach Learn Res 15:1593 (NUTS).
        Vehtari, Gelman, Simpson, Carpenter, Bürkner (2021), Bayesian Anal 16:667 (R-hat, effective sample size).
        Ahn, Haines, Zhang (2017), Comput Psychiatry 1:24 (the hierarchy).

    Example:
        >>> posterior = pf.fit_hierarchy(table, "biased-random", num_warmup=5, num_samples=5, num_chains=2)
        >>> posterior.parameters, len(posterior.table)
        (('bias',), 6)
    """
    arviz, _ = import_optional("arviz"), import_optional("numpyro")
    for argument, value in (("num_warmup", num_warmup), ("num_samples", num_samples), ("num_chains", num_chains)):
        check_count(argument, value)
    check_probability("target_acceptance", target_acceptance)
    check_seed("seed", seed)
    batch = batch_of(table, by=by)
    known, fixed = known_task(batch, task), dict(fixed or {})
    spread = spread_of_deviations(name)
    with double_precision():
        model, parameters = parameters_to_fit(name, known, fixed)
        began = time.monotonic()
        candidates = draw_candidates(parameters, NUM_CANDIDATES, seed)
        draws = sample(
            model,
            parameters,
            batch,
            approximate(model, parameters, batch, spread, candidates),
            spread=spread,
            num_warmup=num_warmup,
            num_samples=num_samples,
            num_chains=num_chains,
            target_acceptance=target_acceptance,
            seed=seed,
            name=name,
            told=None if progress else lambda num: None,
        )
        seconds = time.monotonic() - began
        sampled = _named(parameters, draws)
    labels = ["/".join(map(str, row)) for row in batch.units.itertuples(index=False)]
    groups = {
        "posterior": sampled,
        "log_likelihood": {"choices": draws.log_likelihood},
        "sample_stats": {
            "diverging": draws.diverging,
            "n_steps": draws.num_steps,
            "acceptance_rate": draws.accept_prob,
        },
    }
    named = {"coords": {"subject": labels}, "dims": {key: ["subject"] for key in (*parameters, "choices")}}
    inference = arviz.from_dict(groups, **named) if is_arviz_1(arviz) else arviz.from_dict(**groups, **named)
    return Posterior(
        model=name,
        task=known,
        parameters=tuple(parameters),
        fixed=fixed,
        units=batch.units,
        inference=inference,
        num_divergences=int(np.sum(draws.diverging)),
        seconds=seconds,
    )


def _named(parameters: Mapping[str, Parameter], draws: Draws) -> dict[str, np.ndarray]:
    """The draws in the units of the parameters, by name."""
    found = {}
    for place, (key, parameter) in enumerate(parameters.items()):
        found[f"group_{key}"] = np.asarray(parameter.constrain(jnp.asarray(draws.mean[..., place])))
        found[f"spread_{key}"] = draws.deviation[..., place]
        found[key] = np.asarray(parameter.constrain(jnp.asarray(draws.u[..., place])))
    return found


def is_arviz_1(arviz: Any) -> bool:
    """Whether it is ArviZ 1, whose functions have other names for some things."""
    return int(arviz.__version__.partition(".")[0]) >= 1


def import_optional(package: str) -> Any:
    """The package NumPyro or ArviZ, which need not be installed.

    Raises:
        UserError: when it is not.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # ArviZ announces its next version to everybody
            return importlib.import_module(package)
    except ImportError:
        raise UserError(
            f"`method` must be mle or map where {package} is not installed, got hierarchical. "
            "Install it: pip install 'prefrontal[bayes]'."
        ) from None
