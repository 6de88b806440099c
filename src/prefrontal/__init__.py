"""Meta-reinforcement learning as a model of prefrontal cortex."""

import importlib
from typing import Any

_HOMES = {
    "AbstractAgent": "prefrontal.agents.base",
    "AbstractTask": "prefrontal.tasks.base",
    "AgentInput": "prefrontal.agents.base",
    "AgentOutput": "prefrontal.agents.base",
    "Bandit": "prefrontal.tasks.bandit",
    "BanditConfig": "prefrontal.configs",
    "ExperimentConfig": "prefrontal.experiments",
    "RecurrentAgent": "prefrontal.agents.recurrent",
    "RecurrentConfig": "prefrontal.configs",
    "RunFolder": "prefrontal.runs",
    "TestConfig": "prefrontal.configs",
    "TrainConfig": "prefrontal.configs",
    "Trajectory": "prefrontal.episodes",
    "TwoStep": "prefrontal.tasks.two_step",
    "TwoStepConfig": "prefrontal.configs",
    "UserError": "prefrontal.errors",
    "evaluate": "prefrontal.evaluation",
    "find_experiment": "prefrontal.experiments",
    "evaluate_run": "prefrontal.workflow",
    "load_pretrained": "prefrontal.pretrained",
    "read_table": "prefrontal.trials",
    "replay": "prefrontal.episodes",
    "rollout": "prefrontal.episodes",
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
