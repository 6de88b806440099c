"""Each cognitive model of the two-step task as a plain loop over trials, written from its equations: no arrays, no JAX.

A trial is (choice, state, second_choice, reward); a missed trial is None. Each function gives the log-likelihood of one
session.
"""

from collections.abc import Callable, Sequence
from math import exp, inf, log

Trials = Sequence[tuple[int, int, int, int] | None]


def _log(p: float) -> float:
    return log(p) if p else -inf


def log_logistic(x: float) -> float:
    return -log(1 + exp(-x)) if x > -30 else x


def hybrid(
    trials: Trials,
    *,
    two_choices: bool,
    common: float,
    first_learning_rate: float,
    second_learning_rate: float,
    trace: float,
    weight: float,
    inverse_temperature: float,
    second_inverse_temperature: float = 0.0,
    perseveration: float,
) -> float:
    options = (0, 1) if two_choices else (0,)
    q1, q2, last, total = [0.0, 0.0], {(s, b): 0.0 for s in (0, 1) for b in options}, None, 0.0
    for trial in trials:
        if trial is None:
            continue
        a, s, b, r = trial
        best = [max(q2[state, option] for option in options) for state in (0, 1)]
        net = []
        for action in (0, 1):
            planned = common * best[action] + (1 - common) * best[1 - action]
            repeats = perseveration if action == last else 0.0
            net.append(weight * planned + (1 - weight) * q1[action] + repeats)
        total += log_logistic(inverse_temperature * (net[a] - net[1 - a]))
        if two_choices:
            total += log_logistic(second_inverse_temperature * (q2[s, b] - q2[s, 1 - b]))
        d1, d2 = q2[s, b] - q1[a], r - q2[s, b]
        q1[a] += first_learning_rate * d1
        q2[s, b] += second_learning_rate * d2
        q1[a] += first_learning_rate * trace * d2
        last = a
    return total


def hybrid_hbayesdm(
    trials: Trials,
    *,
    two_choices: bool,
    common: float,
    first_learning_rate: float,
    second_learning_rate: float,
    trace: float,
    weight: float,
    inverse_temperature: float,
    second_inverse_temperature: float = 0.0,
    perseveration: float,
) -> float:
    options = (0, 1) if two_choices else (0,)
    q1, q2, last, total = [0.0, 0.0], {(s, b): 0.0 for s in (0, 1) for b in options}, None, 0.0
    for trial in trials:
        if trial is None:
            continue
        a, s, b, r = trial
        best = [max(q2[state, option] for option in options) for state in (0, 1)]
        planned = [common * best[0] + (1 - common) * best[1], (1 - common) * best[0] + common * best[1]]
        net = [weight * planned[action] + (1 - weight) * q1[action] for action in (0, 1)]
        towards_1 = inverse_temperature * (net[1] - net[0])
        if last is not None:
            towards_1 += perseveration * (2 * last - 1)
        total += log_logistic(towards_1 if a == 1 else -towards_1)
        if two_choices:
            total += log_logistic(second_inverse_temperature * (q2[s, b] - q2[s, 1 - b]))
        q1[a] += first_learning_rate * (q2[s, b] - q1[a])
        q2[s, b] += second_learning_rate * (r - q2[s, b])
        q1[a] += trace * first_learning_rate * (r - q2[s, b])
        last = a
    return total


def _second_stage(trials: Trials, two_choices: bool, rate: float, beta: float) -> float:
    """Second-stage choices of every model that does not need their values for the first stage."""
    if not two_choices:
        return 0.0
    q2, total = {(s, b): 0.0 for s in (0, 1) for b in (0, 1)}, 0.0
    for trial in trials:
        if trial is not None:
            _, s, b, r = trial
            total += log_logistic(beta * (q2[s, b] - q2[s, 1 - b]))
            q2[s, b] = (1 - rate) * q2[s, b] + rate * r
    return total


def reward_as_cue(
    trials: Trials,
    *,
    two_choices: bool,
    common: float,
    first_learning_rate: float,
    inverse_temperature: float,
    perseveration: float,
    second_learning_rate: float = 0.0,
    second_inverse_temperature: float = 0.0,
) -> float:
    q, cue, last = {}, None, None
    total = _second_stage(trials, two_choices, second_learning_rate, second_inverse_temperature)
    for trial in trials:
        if trial is None:
            continue
        a, s, _, r = trial
        net = [q.get((cue, action), 0.0) + perseveration * (action == last) for action in (0, 1)]
        total += log_logistic(inverse_temperature * (net[a] - net[1 - a]))
        if cue is not None:
            old = q.get((cue, a), 0.0)
            q[cue, a] = old + first_learning_rate * (r - old)
        cue, last = (s, r), a
    return total


def _inferred(p: float, s: int, r: int, better: float, worse: float, hazard: float) -> float:
    if_0 = (better if r else 1 - better) if s == 0 else (worse if r else 1 - worse)
    if_1 = (worse if r else 1 - worse) if s == 0 else (better if r else 1 - better)
    p = if_0 * p / (if_0 * p + if_1 * (1 - p))
    return p * (1 - hazard) + (1 - p) * hazard


def latent_state(
    trials: Trials,
    *,
    two_choices: bool,
    common: float,
    reversal_probability: float,
    inverse_temperature: float,
    perseveration: float,
    second_learning_rate: float = 0.0,
    second_inverse_temperature: float = 0.0,
) -> float:
    good = 0.625 if two_choices else 0.9
    p, last = 0.5, None
    total = _second_stage(trials, two_choices, second_learning_rate, second_inverse_temperature)
    for trial in trials:
        if trial is None:
            continue
        a, s, _, r = trial
        towards_0 = 2 * p - 1 + (0.0 if last is None else perseveration * (1 if last == 0 else -1))
        total += log_logistic(inverse_temperature * (towards_0 if a == 0 else -towards_0))
        p, last = _inferred(p, s, r, good, 1 - good, reversal_probability), a
    return total


def bayes_optimal(
    trials: Trials, *, two_choices: bool, common: float, inverse_temperature: float, perseveration: float
) -> float:
    assert not two_choices
    p, last, total = 0.5, None, 0.0
    for trial in trials:
        if trial is None:
            continue
        a, s, _, r = trial
        pays = [p * 0.9 + (1 - p) * 0.1, p * 0.1 + (1 - p) * 0.9]
        net = [
            common * pays[action] + (1 - common) * pays[1 - action] + perseveration * (action == last)
            for action in (0, 1)
        ]
        total += log_logistic(inverse_temperature * (net[a] - net[1 - a]))
        p, last = _inferred(p, s, r, 0.9, 0.1, 0.025), a
    return total


def win_stay_lose_shift(
    trials: Trials,
    *,
    two_choices: bool,
    common: float,
    stay: float,
    shift: float,
    second_learning_rate: float = 0.0,
    second_inverse_temperature: float = 0.0,
) -> float:
    total, before = _second_stage(trials, two_choices, second_learning_rate, second_inverse_temperature), None
    for trial in trials:
        if trial is None:
            continue
        if before is None:
            total += log(0.5)
        elif before[3]:
            total += _log(stay if trial[0] == before[0] else 1 - stay)
        else:
            total += _log(1 - shift if trial[0] == before[0] else shift)
        before = trial
    return total


def biased_random(
    trials: Trials,
    *,
    two_choices: bool,
    common: float,
    bias: float,
    second_learning_rate: float = 0.0,
    second_inverse_temperature: float = 0.0,
) -> float:
    first = sum(log_logistic(bias if trial[0] == 1 else -bias) for trial in trials if trial is not None)
    return first + _second_stage(trials, two_choices, second_learning_rate, second_inverse_temperature)


BY_HAND: dict[str, Callable[..., float]] = {
    "hybrid": hybrid,
    "model-based": lambda trials, **values: hybrid(trials, weight=1.0, trace=0.0, first_learning_rate=0.0, **values),
    "sarsa-lambda": lambda trials, **values: hybrid(trials, weight=0.0, **values),
    "sarsa-0": lambda trials, **values: hybrid(trials, weight=0.0, trace=0.0, **values),
    "reward-as-cue": reward_as_cue,
    "latent-state": latent_state,
    "bayes-optimal": bayes_optimal,
    "win-stay-lose-shift": win_stay_lose_shift,
    "biased-random": biased_random,
    "hybrid-hbayesdm": hybrid_hbayesdm,
}
