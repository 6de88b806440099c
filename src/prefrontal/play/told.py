"""What the page is told of a study, and what a session earns."""

from collections.abc import Iterable, Mapping
from typing import Any

from prefrontal.play.draws import Draws
from prefrontal.play.study import Study
from prefrontal.play.texts import to_html


def told_study(study: Study, draws: Draws) -> dict[str, Any]:
    """What the page is told of the study."""
    return {
        "task": study.task,
        "title": study.title,
        "trials": study.num_trials,
        "practice": study.practice,
        "breaks_every": study.breaks_every,
        "deadlines_ms": {"first": study.first_ms, "second": study.second_ms},
        "feedback_ms": study.feedback_ms,
        "iti_ms": study.iti_ms,
        "reload": study.reload,
        "quiz": study.quiz,
        "consent_html": to_html(study.consent) if study.consent else None,
        "bonus": {"currency": study.bonus.currency, "per_reward": study.bonus.per_reward} if study.bonus else None,
        "beside_networks": study.beside,
        "num_arms": draws.config.make().num_actions if study.task in ("bandit", "reversal") else 2,
        "completion_url": study.completion_url or None,
        "by": study.by or None,
    }


def bonus_of(study: Study, trials: Iterable[Mapping[str, Any]]) -> float | None:
    """What is paid for the rewards of a session; None where nothing is."""
    if study.bonus is None:
        return None
    return round(study.bonus.per_reward * sum(trial["reward"] or 0 for trial in trials), 2)
