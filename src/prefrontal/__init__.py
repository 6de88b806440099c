"""Meta-reinforcement learning as a model of prefrontal cortex."""

import importlib
from typing import Any

_HOMES = {
    "AbstractAgent": "prefrontal.agents.base",
    "AbstractTask": "prefrontal.tasks.base",
    "ActorCriticConfig": "prefrontal.configs",
    "AgentInput": "prefrontal.agents.base",
    "AgentOutput": "prefrontal.agents.base",
    "Bandit": "prefrontal.tasks.bandit",
    "BanditConfig": "prefrontal.configs",
    "Columns": "prefrontal.formats",
    "ExperimentConfig": "prefrontal.experiments",
    "InterventionConfig": "prefrontal.configs",
    "RecurrentAgent": "prefrontal.agents.recurrent",
    "RecurrentConfig": "prefrontal.configs",
    "Reversal": "prefrontal.tasks.reversal",
    "ReversalConfig": "prefrontal.configs",
    "Risk": "prefrontal.tasks.risk",
    "RiskConfig": "prefrontal.configs",
    "RunFolder": "prefrontal.runs",
    "TestConfig": "prefrontal.configs",
    "TrainConfig": "prefrontal.configs",
    "Trajectory": "prefrontal.episodes",
    "TwoStep": "prefrontal.tasks.two_step",
    "TwoStepConfig": "prefrontal.configs",
    "UserError": "prefrontal.errors",
    "cautions": "prefrontal.analysis.cautions",
    "evaluate": "prefrontal.evaluation",
    "find_experiment": "prefrontal.experiments",
    "find_model": "prefrontal.agents.two_step",
    "fit_bandit_agents": "prefrontal.fitting.bandits",
    "fit_hierarchy": "prefrontal.fitting.hierarchical",
    "fit_model": "prefrontal.fitting.fit",
    "evaluate_run": "prefrontal.workflow",
    "indices": "prefrontal.analysis.regression",
    "load_pretrained": "prefrontal.pretrained",
    "intervened": "prefrontal.agents.interventions",
    "multi_back": "prefrontal.analysis.regressors",
    "one_back": "prefrontal.analysis.regressors",
    "overview": "prefrontal.formats",
    "read_table": "prefrontal.trials",
    "read_trials": "prefrontal.formats",
    "regress": "prefrontal.analysis.regression",
    "recipe": "prefrontal.configs",
    "recover_models": "prefrontal.fitting.recovery",
    "recover_parameters": "prefrontal.fitting.recovery",
    "replay": "prefrontal.episodes",
    "rollout": "prefrontal.episodes",
    "simulate": "prefrontal.fitting.simulation",
    "stay_probability": "prefrontal.analysis.behaviour",
    "train_agents": "prefrontal.learning.group",
    "train_run": "prefrontal.workflow",
    "trial_table": "prefrontal.trials",
}
"""Where each public name lives. It is imported when first asked for: `import prefrontal` starts nothing."""

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'prefrontal' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
