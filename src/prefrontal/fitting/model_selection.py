"""Which models a population uses, and which is the most frequent: random-effects Bayesian model selection."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from prefrontal.errors import UserError

TOLERANCE = 1e-8
MAX_ROUNDS = 10_000
NUM_NODES = 400
"""Of the quadrature of exceedance probabilities."""


@dataclass(frozen=True)
class ModelSelection:
    """How frequent models are in the population that subjects come from. Made by `select_models`.

    Example:
        >>> evidence = pd.DataFrame({"one": [-40.0, -38.0, -41.0], "other": [-44.0, -43.0, -40.0]})
        >>> pf.select_models(evidence).table["expected_frequency"].round(2).tolist()
        [0.7, 0.3]
    """

    table: pd.DataFrame
    """A row a model: alpha, its parameter of the Dirichlet distribution over frequencies; expected_frequency, its mean
    and interval low to high (95 %); exceedance, the probability that it is more frequent than every other;
    protected_exceedance, the same if models may as well be equally frequent."""
    attribution: pd.DataFrame
    """A row a subject, a column a model: the probability that the subject used it."""
    bayesian_omnibus_risk: float
    """The probability that all models are equally frequent, and differences are of chance."""

    def __repr__(self) -> str:
        shown = self.table.drop(columns="alpha").round(3).to_string()
        return f"{shown}\nProbability that all are equally frequent: {self.bayesian_omnibus_risk:.3g}"


def select_models(log_evidence: pd.DataFrame) -> ModelSelection:
    r"""How frequent each model is in the population, where each subject uses one of them.

    The frequencies r have a Dirichlet distribution, before the data with all $\alpha_k = 1$. With $L_{nk}$ the log
    evidence of model k for subject n, variational Bayes repeats (Stephan et al. 2009, eq. 14)

    $$g_{nk} \propto \exp(L_{nk} + \psi(\alpha_k) - \psi(\textstyle\sum_j \alpha_j)), \qquad
      \alpha_k = 1 + \textstyle\sum_n g_{nk}$$

    The exceedance probability $\varphi_k = P(r_k > r_j\ \forall j \ne k)$ is found by quadrature. The protected one
    (Rigoux et al. 2014, eq. 7) is $\varphi_k (1 - \text{BOR}) + \text{BOR} / K$, with the Bayesian omnibus risk
    $\text{BOR} = 1 / (1 + \exp(F_1 - F_0))$ of the free energies $F_1$ of the above and $F_0$ of equal frequencies.

    Arguments:
        log_evidence: a row a subject, a column a model: log evidences, such as -BIC / 2 or integrated likelihoods.

    Returns:
        Frequencies, exceedance probabilities, and each subject's probabilities of the models.

    Raises:
        UserError: when there are fewer than two models, no subject, or a number is not finite.

    References:
        Stephan, Penny, Daunizeau, Moran, Friston (2009), NeuroImage 46:1004.
        Rigoux, Stephan, Friston, Daunizeau (2014), NeuroImage 84:971.

    Example:
        >>> fits = [pf.fit_model(table, name, num_starts=2) for name in ("win-stay-lose-shift", "biased-random")]
        >>> selection = pf.select_models(-pf.compare_fits(fits).bic / 2)
        >>> float(selection.table["expected_frequency"].sum().round(6))
        1.0
    """
    values = log_evidence.to_numpy(np.float64)
    if values.ndim != 2 or values.shape[1] < 2 or not len(values):
        raise UserError(
            f"`log_evidence` must have a row a subject and two columns or more, a model each, got {len(values)} rows "
            f"and {values.shape[1]} columns."
        )
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise UserError(
            f"`log_evidence` must be finite, got {values[row, column]} for {log_evidence.columns[column]} in row "
            f"{row}. Leave out who has none."
        )
    alpha, given = _frequencies(values)
    num = len(alpha)
    risk = _omnibus_risk(values, alpha, given)
    exceedance = exceedance_probabilities(alpha)
    from scipy.special import betaincinv

    total = alpha.sum()
    table = pd.DataFrame(
        {
            "alpha": alpha,
            "expected_frequency": alpha / total,
            "low": betaincinv(alpha, total - alpha, 0.025),
            "high": betaincinv(alpha, total - alpha, 0.975),
            "exceedance": exceedance,
            "protected_exceedance": exceedance * (1 - risk) + risk / num,
        },
        index=log_evidence.columns.rename("model"),
    )
    attribution = pd.DataFrame(given, index=log_evidence.index, columns=log_evidence.columns)
    return ModelSelection(table, attribution, risk)


def exceedance_probabilities(alpha: Float[np.ndarray, " model"]) -> Float[np.ndarray, " model"]:
    """The probability that each of numbers with a Dirichlet distribution of parameters `alpha` is the largest: they are
    independent gamma variables over their sum, so that P = ∫ g_k(x) Π_j≠k G_j(x) dx, here over quantiles of g_k."""
    from scipy.special import gammainc, gammaincinv

    nodes, weights = np.polynomial.legendre.leggauss(NUM_NODES)
    share = (nodes + 1) / 2
    found = np.empty(len(alpha))
    for place, own in enumerate(alpha):
        x = gammaincinv(own, share)
        others = np.prod([gammainc(other, x) for other in np.delete(alpha, place)], axis=0)
        found[place] = (weights / 2 * others).sum()
    return found / found.sum()


def _frequencies(evidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from scipy.special import digamma, softmax

    alpha = np.ones(evidence.shape[1])
    given = np.full(evidence.shape, 1 / evidence.shape[1])
    for _ in range(MAX_ROUNDS):
        given = softmax(evidence + digamma(alpha), axis=1)
        before, alpha = alpha, 1 + given.sum(axis=0)
        if np.abs(alpha - before).max() < TOLERANCE:
            break
    return alpha, given


def _omnibus_risk(evidence: np.ndarray, alpha: np.ndarray, given: np.ndarray) -> float:
    """Rigoux et al. (2014), with a uniform prior over frequencies."""
    from scipy.special import digamma, expit, gammaln, logsumexp, xlogy

    num = len(alpha)
    log_frequency = digamma(alpha) - digamma(alpha.sum())
    entropy_of_frequencies = gammaln(alpha).sum() - gammaln(alpha.sum()) - ((alpha - 1) * log_frequency).sum()
    entropy_of_models = -xlogy(given, given).sum()
    joint = gammaln(num) + (given * (log_frequency + evidence)).sum()
    free_energy = joint + entropy_of_frequencies + entropy_of_models
    equal = (logsumexp(evidence, axis=1) - np.log(num)).sum()
    return float(expit(equal - free_energy))
