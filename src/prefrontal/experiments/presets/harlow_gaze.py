"""Harlow's task with eyes: on a strip of cells, and from pixels, as Wang et al. (2018), Simulation 5, has it."""

from dataclasses import replace

from prefrontal.configs import HarlowPixelsConfig, HarlowStripConfig, RecurrentConfig, TrainConfig, in_recipe
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.presets.criteria import HarlowCriteria
from prefrontal.experiments.presets.harlow import CONFIG

HARLOW_STRIP = Experiment(
    name="harlow-strip",
    title="Harlow's learning sets with eyes: a gaze on a strip of cells",
    draws="correct choices by trial, of networks that look for what they choose",
    is_published=False,
    paper="measured here, on the form of BKHMSI/Meta-RL-Harlow",
    shows="choosing by gaze",
    duration="3 minutes",
    study="harlow",
    config=ExperimentConfig(
        task=HarlowStripConfig(max_steps=60),
        agent=CONFIG.agent,
        train=replace(CONFIG.train, num_episodes=20_000),
        test=CONFIG.test,
    ),
    seeds=tuple(range(8)),
    criteria=HarlowCriteria(least_second=0.95),
    # One setting for both recipes: it is a robust one already.
    robust=lambda experiment: experiment,
    note="Tested with frozen weights, on objects that were never trained on; trials not come to are not correct. "
    "Nothing of this is published; the claims are ours. Intervals: over seeds.",
)

HARLOW_PIXELS = replace(
    HARLOW_STRIP,
    name="harlow-pixels",
    title="Harlow's learning sets from pixels",
    draws="correct choices by trial, of networks that see the pictures that they choose",
    paper="measured here, on the geometry of Wang et al. (2018)",
    shows="choosing from pixels",
    duration="10 minutes",
    config=replace(
        HARLOW_STRIP.config,
        task=HarlowPixelsConfig(view="line", dwell=0, blank_steps=0, max_steps=50),
        # Pixels go to the LSTM as they are: with a layer between, none of four seeds learned in 60,000 episodes, one an
        # update.
        agent=replace(HARLOW_STRIP.config.agent, encoder="mlp", encoder_layers=()),
        train=replace(HARLOW_STRIP.config.train, num_episodes=200_000, episodes_per_update=8, entropy_cost=0.08),
    ),
    criteria=HarlowCriteria(least_second=0.9),
)

SIMULATION_5 = ExperimentConfig(
    task=HarlowPixelsConfig(
        scale=3, view="square", bounded=False, trial_steps=None, max_steps=900, sides="balanced", momentum=0.1
    ),
    agent=RecurrentConfig(hidden_size=256, initial_state="zero", encoder="conv"),
    train=TrainConfig(
        num_episodes=3_200_000,
        episodes_per_update=32,
        unroll=100,
        learning_rate=7.5e-4,
        discount=0.91,
        value_cost=0.4,
        entropy_cost=0.001,
        optimiser="rmsprop-a3c",
    ),
)
"""Wang et al. (2018), Methods, Simulation 5, in its own size: 84 by 84 pixels all around, 256 units, 3,600 frames at
the most, updates of 100 steps. Its 32 threads are 32 episodes an update here. What it does not state is ours: the
momentum, the encoder's sizes, RMSProp's constants. It is for a GPU: docs/harlow.md tells how far it came on one."""

SIMULATION_5_SHORTER = replace(
    SIMULATION_5,
    task=replace(
        SIMULATION_5.task,
        bounded=True,
        sides="independent",
        momentum=0.0,
        dwell=0,
        blank_steps=0,
        trial_steps=25,
        max_steps=60,
    ),
    train=in_recipe(
        SIMULATION_5.train,
        "robust",
        num_episodes=512_000,
        unroll=None,
        learning_rate=1e-3,
        entropy_cost=0.05,
        final_entropy_cost=0.005,
    ),
)
"""The same frames and network in episodes without waiting, with independent sides, and in a recipe that learns it on a
GPU within minutes: docs/harlow.md."""
