"""Meta-reinforcement learning as a model of prefrontal cortex."""

import importlib
from typing import TYPE_CHECKING, Any

_HOMES = {
    "AbstractAgent": "prefrontal.agents.base",
    "AbstractTask": "prefrontal.tasks.base",
    "ActorCriticConfig": "prefrontal.configs",
    "AgentConfig": "prefrontal.configs",
    "AgentInput": "prefrontal.agents.base",
    "AgentOutput": "prefrontal.agents.base",
    "Bandit": "prefrontal.tasks.bandit",
    "BanditConfig": "prefrontal.configs",
    "Columns": "prefrontal.trials.formats",
    "ExperimentConfig": "prefrontal.experiments",
    "InterventionConfig": "prefrontal.configs",
    "RecurrentAgent": "prefrontal.agents.recurrent",
    "RecurrentConfig": "prefrontal.configs",
    "Reversal": "prefrontal.tasks.reversal",
    "ReversalConfig": "prefrontal.configs",
    "Risk": "prefrontal.tasks.risk",
    "RiskConfig": "prefrontal.configs",
    "RunFolder": "prefrontal.runs.folder",
    "TaskConfig": "prefrontal.configs",
    "TestConfig": "prefrontal.configs",
    "TrainConfig": "prefrontal.configs",
    "Trajectory": "prefrontal.rollouts.episodes",
    "TwoStep": "prefrontal.tasks.two_step",
    "TwoStepConfig": "prefrontal.configs",
    "UserError": "prefrontal.errors",
    "cautions": "prefrontal.analysis.cautions",
    "evaluate": "prefrontal.rollouts.evaluation",
    "find_experiment": "prefrontal.experiments",
    "find_model": "prefrontal.agents.two_step",
    "fit_bandit_agents": "prefrontal.fitting.bandits",
    "fit_hierarchy": "prefrontal.fitting.hierarchical",
    "fit_model": "prefrontal.fitting.fit",
    "evaluate_run": "prefrontal.experiments.workflow",
    "indices": "prefrontal.analysis.regression",
    "load_pretrained": "prefrontal.experiments.pretrained",
    "intervened": "prefrontal.agents.interventions",
    "multi_back": "prefrontal.analysis.regressors",
    "one_back": "prefrontal.analysis.regressors",
    "overview": "prefrontal.trials.formats",
    "read_table": "prefrontal.trials.table",
    "read_trials": "prefrontal.trials.formats",
    "regress": "prefrontal.analysis.regression",
    "recipe": "prefrontal.configs",
    "recover_models": "prefrontal.fitting.recovery",
    "recover_parameters": "prefrontal.fitting.recovery",
    "replay": "prefrontal.rollouts.episodes",
    "rollout": "prefrontal.rollouts.episodes",
    "simulate": "prefrontal.fitting.simulation",
    "stay_probability": "prefrontal.analysis.behaviour",
    "train_agents": "prefrontal.learning.group",
    "train_run": "prefrontal.experiments.workflow",
    "trial_table": "prefrontal.trials.table",
}
"""Where each public name lives. It is imported when first asked for: `import prefrontal` starts nothing."""

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]

if TYPE_CHECKING:  # the same names, for those who read the types; a name that is not there is reported
    from prefrontal.agents.base import AbstractAgent as AbstractAgent
    from prefrontal.agents.base import AgentInput as AgentInput
    from prefrontal.agents.base import AgentOutput as AgentOutput
    from prefrontal.agents.interventions import intervened as intervened
    from prefrontal.agents.recurrent import RecurrentAgent as RecurrentAgent
    from prefrontal.agents.two_step import find_model as find_model
    from prefrontal.analysis.behaviour import stay_probability as stay_probability
    from prefrontal.analysis.cautions import cautions as cautions
    from prefrontal.analysis.regression import indices as indices
    from prefrontal.analysis.regression import regress as regress
    from prefrontal.analysis.regressors import multi_back as multi_back
    from prefrontal.analysis.regressors import one_back as one_back
    from prefrontal.configs import ActorCriticConfig as ActorCriticConfig
    from prefrontal.configs import AgentConfig as AgentConfig
    from prefrontal.configs import BanditConfig as BanditConfig
    from prefrontal.configs import InterventionConfig as InterventionConfig
    from prefrontal.configs import RecurrentConfig as RecurrentConfig
    from prefrontal.configs import ReversalConfig as ReversalConfig
    from prefrontal.configs import RiskConfig as RiskConfig
    from prefrontal.configs import TaskConfig as TaskConfig
    from prefrontal.configs import TestConfig as TestConfig
    from prefrontal.configs import TrainConfig as TrainConfig
    from prefrontal.configs import TwoStepConfig as TwoStepConfig
    from prefrontal.configs import recipe as recipe
    from prefrontal.errors import UserError as UserError
    from prefrontal.experiments import ExperimentConfig as ExperimentConfig
    from prefrontal.experiments import find_experiment as find_experiment
    from prefrontal.experiments.pretrained import load_pretrained as load_pretrained
    from prefrontal.experiments.workflow import evaluate_run as evaluate_run
    from prefrontal.experiments.workflow import train_run as train_run
    from prefrontal.fitting.bandits import fit_bandit_agents as fit_bandit_agents
    from prefrontal.fitting.fit import fit_model as fit_model
    from prefrontal.fitting.hierarchical import fit_hierarchy as fit_hierarchy
    from prefrontal.fitting.recovery import recover_models as recover_models
    from prefrontal.fitting.recovery import recover_parameters as recover_parameters
    from prefrontal.fitting.simulation import simulate as simulate
    from prefrontal.learning.group import train_agents as train_agents
    from prefrontal.rollouts.episodes import Trajectory as Trajectory
    from prefrontal.rollouts.episodes import replay as replay
    from prefrontal.rollouts.episodes import rollout as rollout
    from prefrontal.rollouts.evaluation import evaluate as evaluate
    from prefrontal.runs.folder import RunFolder as RunFolder
    from prefrontal.tasks.bandit import Bandit as Bandit
    from prefrontal.tasks.base import AbstractTask as AbstractTask
    from prefrontal.tasks.reversal import Reversal as Reversal
    from prefrontal.tasks.risk import Risk as Risk
    from prefrontal.tasks.two_step import TwoStep as TwoStep
    from prefrontal.trials.formats import Columns as Columns
    from prefrontal.trials.formats import overview as overview
    from prefrontal.trials.formats import read_trials as read_trials
    from prefrontal.trials.table import read_table as read_table
    from prefrontal.trials.table import trial_table as trial_table
else:

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            return getattr(importlib.import_module(_HOMES[name]), name)
        raise AttributeError(f"module 'prefrontal' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return __all__
