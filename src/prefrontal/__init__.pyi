# What `import prefrontal as pf` offers, by topic. This is the one list: type checkers read it, and `__init__.py` reads
# from it where each name lives.

# What is played: tasks, and the numbers of each.
from prefrontal.configs import BanditConfig as BanditConfig
from prefrontal.configs import BlockTwoStepConfig as BlockTwoStepConfig
from prefrontal.configs import CuedBanditConfig as CuedBanditConfig
from prefrontal.configs import DawTwoStepConfig as DawTwoStepConfig
from prefrontal.configs import EpisodicHarlowConfig as EpisodicHarlowConfig
from prefrontal.configs import EpisodicTwoStepConfig as EpisodicTwoStepConfig
from prefrontal.configs import HarlowConfig as HarlowConfig
from prefrontal.configs import HarlowPixelsConfig as HarlowPixelsConfig
from prefrontal.configs import HarlowStripConfig as HarlowStripConfig
from prefrontal.configs import InformativeArmConfig as InformativeArmConfig
from prefrontal.configs import MatchingConfig as MatchingConfig
from prefrontal.configs import RestlessConfig as RestlessConfig
from prefrontal.configs import ReversalConfig as ReversalConfig
from prefrontal.configs import RiskConfig as RiskConfig
from prefrontal.configs import TaskConfig as TaskConfig
from prefrontal.configs import TwoStepConfig as TwoStepConfig
from prefrontal.configs import VolatilityConfig as VolatilityConfig
from prefrontal.tasks.bandit import Bandit as Bandit
from prefrontal.tasks.base import AbstractTask as AbstractTask
from prefrontal.tasks.block_two_step import BlockTwoStep as BlockTwoStep
from prefrontal.tasks.cued_bandit import CuedBandit as CuedBandit
from prefrontal.tasks.daw_two_step import DawTwoStep as DawTwoStep
from prefrontal.tasks.episodic_harlow import EpisodicHarlow as EpisodicHarlow
from prefrontal.tasks.episodic_two_step import EpisodicTwoStep as EpisodicTwoStep
from prefrontal.tasks.harlow import Harlow as Harlow
from prefrontal.tasks.harlow_pixels import HarlowPixels as HarlowPixels
from prefrontal.tasks.harlow_strip import HarlowStrip as HarlowStrip
from prefrontal.tasks.informative_arm import InformativeArm as InformativeArm
from prefrontal.tasks.matching import Matching as Matching
from prefrontal.tasks.restless import Restless as Restless
from prefrontal.tasks.reversal import Reversal as Reversal
from prefrontal.tasks.risk import Risk as Risk
from prefrontal.tasks.two_step import TwoStep as TwoStep
from prefrontal.tasks.volatility import Volatility as Volatility

# Who plays: networks, cognitive models, and either with something done to it.
from prefrontal.agents.actor_critic import ActorCriticAgent as ActorCriticAgent
from prefrontal.agents.bandit_network import BanditNetwork as BanditNetwork
from prefrontal.agents.bandit_network import BanditNetworkAgent as BanditNetworkAgent
from prefrontal.agents.base import AbstractAgent as AbstractAgent
from prefrontal.agents.base import AbstractTappedAgent as AbstractTappedAgent
from prefrontal.agents.base import AgentInput as AgentInput
from prefrontal.agents.base import AgentOutput as AgentOutput
from prefrontal.agents.episodic import EpisodicAgent as EpisodicAgent
from prefrontal.agents.fitted import load_network as load_network
from prefrontal.agents.handing_out import hand_out as hand_out
from prefrontal.agents.interventions import intervened as intervened
from prefrontal.agents.interventions import silenced as silenced
from prefrontal.agents.recurrent import RecurrentAgent as RecurrentAgent
from prefrontal.agents.saving import load_agent as load_agent
from prefrontal.agents.saving import save_agent as save_agent
from prefrontal.agents.strategies import StrategyAgent as StrategyAgent
from prefrontal.agents.two_step import BayesOptimal as BayesOptimal
from prefrontal.agents.two_step import Hybrid as Hybrid
from prefrontal.agents.two_step import TwoStepAgent as TwoStepAgent
from prefrontal.agents.two_step import TwoStepNetwork as TwoStepNetwork
from prefrontal.agents.two_step import TwoStepNetworkAgent as TwoStepNetworkAgent
from prefrontal.agents.two_step import find_model as find_model
from prefrontal.configs import ActorCriticConfig as ActorCriticConfig
from prefrontal.configs import AgentConfig as AgentConfig
from prefrontal.configs import EpisodicConfig as EpisodicConfig
from prefrontal.configs import InterventionConfig as InterventionConfig
from prefrontal.configs import KnownTask as KnownTask
from prefrontal.configs import RecurrentConfig as RecurrentConfig

# Training, and playing with frozen weights.
from prefrontal.configs import TrainConfig as TrainConfig
from prefrontal.configs import recipe as recipe
from prefrontal.learning.training import TrainedAgents as TrainedAgents
from prefrontal.learning.training import train_agents as train_agents
from prefrontal.rollouts.checking import check_agent as check_agent
from prefrontal.rollouts.contracts import check_task as check_task
from prefrontal.rollouts.epochs import evaluate_epochs as evaluate_epochs
from prefrontal.rollouts.episodes import Trajectory as Trajectory
from prefrontal.rollouts.episodes import agent_inputs as agent_inputs
from prefrontal.rollouts.episodes import replay as replay
from prefrontal.rollouts.episodes import rollout as rollout
from prefrontal.rollouts.evaluation import evaluate as evaluate

# Experiments, published ones and your own, their settings, and the networks that come with the package.
from prefrontal.configs import TestConfig as TestConfig
from prefrontal.configs.values import replace as replace
from prefrontal.experiments import Experiment as Experiment
from prefrontal.experiments import ExperimentConfig as ExperimentConfig
from prefrontal.experiments import find_experiment as find_experiment
from prefrontal.experiments.loaded import Run as Run
from prefrontal.experiments.loaded import load_run as load_run
from prefrontal.experiments.own import own_experiment as own_experiment
from prefrontal.experiments.own import reproduce as reproduce
from prefrontal.experiments.pretrained import load_pretrained as load_pretrained
from prefrontal.experiments.studies.two_step_lesions import lesion_table as lesion_table
from prefrontal.experiments.studies.base import Study as Study
from prefrontal.experiments.sweep import sweep as sweep
from prefrontal.experiments.drawing import draw_results as draw_results
from prefrontal.experiments.workflow import evaluate_run as evaluate_run
from prefrontal.experiments.workflow import train_run as train_run
from prefrontal.runs.folder import RunFolder as RunFolder
from prefrontal.runs.shipped import shipped_seeds as shipped_seeds

# The trial table: one row a trial, the same for agents, people and animals.
from prefrontal.trials.bandits.mindrl import read_mindrl as read_mindrl
from prefrontal.trials.description import Columns as Columns
from prefrontal.trials.formats import read_trials as read_trials
from prefrontal.trials.formats import understand as understand
from prefrontal.trials.kept import keep_columns as keep_columns
from prefrontal.trials.kept import kept_columns as kept_columns
from prefrontal.trials.overview import overview as overview
from prefrontal.trials.table import read_table as read_table
from prefrontal.trials.table import trial_table as trial_table
from prefrontal.trials.table import write_table as write_table
from prefrontal.trials.understanding import Understanding as Understanding

# Behaviour and activity, measured.
from prefrontal.analysis.behaviour import stay_probability as stay_probability
from prefrontal.analysis.cautions import cautions as cautions
from prefrontal.analysis.decoding import classify as classify
from prefrontal.analysis.decoding import decode as decode
from prefrontal.analysis.harlow import LearningSets as LearningSets
from prefrontal.analysis.harlow import fit_strategies as fit_strategies
from prefrontal.analysis.harlow import learning_sets as learning_sets
from prefrontal.analysis.mixed import regress_mixed as regress_mixed
from prefrontal.analysis.projections import Components as Components
from prefrontal.analysis.projections import principal_components as principal_components
from prefrontal.analysis.regression import indices as indices
from prefrontal.analysis.regression import regress as regress
from prefrontal.analysis.regressors import multi_back as multi_back
from prefrontal.analysis.regressors import one_back as one_back
from prefrontal.analysis.statistics import mean_interval as mean_interval

# Cognitive models: simulated, fitted, compared, recovered.
from prefrontal.fitting.bandits import fit_bandit_agents as fit_bandit_agents
from prefrontal.fitting.checks import FitCheck as FitCheck
from prefrontal.fitting.checks import check_fit as check_fit
from prefrontal.fitting.comparison import Comparison as Comparison
from prefrontal.fitting.comparison import compare_fits as compare_fits
from prefrontal.fitting.fit import Fit as Fit
from prefrontal.fitting.fit import fit_model as fit_model
from prefrontal.fitting.group import GroupFit as GroupFit
from prefrontal.fitting.group import fit_group as fit_group
from prefrontal.fitting.hierarchical import Posterior as Posterior
from prefrontal.fitting.hierarchical import fit_hierarchy as fit_hierarchy
from prefrontal.fitting.intervals import fit_intervals as fit_intervals
from prefrontal.fitting.model_selection import ModelSelection as ModelSelection
from prefrontal.fitting.model_selection import select_models as select_models
from prefrontal.fitting.loo import leave_one_out as leave_one_out
from prefrontal.fitting.networks.beside import score_models as score_models
from prefrontal.fitting.networks.fitted import NetworkFit as NetworkFit
from prefrontal.fitting.networks.nested import fit_networks as fit_networks
from prefrontal.fitting.networks.portraits import flow_field as flow_field
from prefrontal.fitting.networks.portraits import phase_portrait as phase_portrait
from prefrontal.fitting.networks.portraits import trial_fixed_points as trial_fixed_points
from prefrontal.fitting.networks.scoring import compare_held_out as compare_held_out
from prefrontal.fitting.networks.recipe import NetworkRecipe as NetworkRecipe
from prefrontal.fitting.recovery import recover_models as recover_models
from prefrontal.fitting.recovery import recover_parameters as recover_parameters
from prefrontal.fitting.regressors import describe_regressors as describe_regressors
from prefrontal.fitting.regressors import trial_regressors as trial_regressors
from prefrontal.fitting.restless import fit_restless as fit_restless
from prefrontal.fitting.restless import score_restless as score_restless
from prefrontal.fitting.simulation import draw_parameters as draw_parameters
from prefrontal.fitting.simulation import simulate as simulate
from prefrontal.fitting.simulation import simulate_networks as simulate_networks

# Figures of your own results.
from prefrontal.figures.animated.animation import save_animation as save_animation
from prefrontal.figures.plots.components import plot_components as plot_components
from prefrontal.figures.networks.held_out import plot_held_out as plot_held_out
from prefrontal.figures.networks.portraits import plot_flow as plot_flow
from prefrontal.figures.networks.portraits import plot_portrait as plot_portrait
from prefrontal.figures.own import plot_behaviour as plot_behaviour
from prefrontal.figures.own import plot_comparison as plot_comparison
from prefrontal.figures.fitted.check import plot_check as plot_check
from prefrontal.figures.own import plot_fit as plot_fit
from prefrontal.figures.own import plot_learning as plot_learning
from prefrontal.figures.own import plot_selection as plot_selection
from prefrontal.figures.own import plot_stay as plot_stay
from prefrontal.figures.plots.pictures import plot_episode as plot_episode
from prefrontal.figures.plots.pictures import plot_network as plot_network
from prefrontal.figures.plots.pictures import plot_side_by_side as plot_side_by_side
from prefrontal.figures.plots.settings import plot_sweep as plot_sweep
from prefrontal.figures.style import save_figure as save_figure

# What is said on the way: progress silenced, and what goes wrong, in a sentence.
from prefrontal.errors import UserError as UserError
from prefrontal.errors import quietly as quietly

__version__: str
