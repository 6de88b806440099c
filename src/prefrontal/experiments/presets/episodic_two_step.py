"""Ritter, Wang et al. (2018), bioRxiv: who remembers a single trial chooses by it when its cue comes back."""

from prefrontal.configs import EpisodicConfig, EpisodicTwoStepConfig, TestConfig, TrainConfig
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig, Published
from prefrontal.experiments.presets.with_memory import with_and_without

SOURCE = "Ritter, Wang et al. (2018), bioRxiv 360537, as copied in a later program"

STAYS = {
    "incremental_uncued": (1.0, 0.13, 0.08, 1.0),
    "incremental_cued": (0.72, 0.46, 0.42, 0.78),
    "episodic": (0.84, 0.30, 0.35, 0.72),
}
"""Published stay probabilities after each kind of trial, in the order of `TRIAL_KINDS`: how often the choice is that of
the trial before, in the uncued half and in the cued one; and that of the trial which the cue brings back."""

RITTER2018_EPISODIC_TWO_STEP = Experiment(
    name="ritter2018-episodic-two-step",
    title="Two-step task with cues: choices go by a single trial that a cue brings back",
    draws="stay probabilities by the trial before and by the trial brought back, with and without a memory",
    paper="Ritter, Wang et al. (2018), bioRxiv 360537",
    shows="Episodic two-step",
    duration="10 minutes",
    study="episodic-two-step",
    trains=with_and_without,
    config=ExperimentConfig(
        task=EpisodicTwoStepConfig(),
        agent=EpisodicConfig(
            hidden_size=48,
            memory_size=50,
            memory_episodes=1,
            write="every-steps",
            write_every=2,
            least_similarity=0.9,
            context_input=False,
        ),
        # Nothing of the training is known to us. The optimiser is that of the robust recipe; see docs/episodic.md.
        train=TrainConfig(
            num_episodes=20_000,
            learning_rate=2e-3,
            final_learning_rate=0.0,
            rms_decay=0.99,
        ),
        test=TestConfig(num_episodes=500),
    ),
    seeds=tuple(range(8)),
    published={
        f"{bars}_{kind}": Published(f"{bars.replace('_', ' ')}, {kind.replace('_', ' ')}", value, 0.1, SOURCE)
        for bars, values in STAYS.items()
        for kind, value in zip(TRIAL_KINDS, values, strict=True)
    },
    # One setting for both recipes: it is the robust one already.
    robust=lambda experiment: experiment,
    note="Stay probabilities of the networks with memory. Incremental: the choice is that of the trial before. "
    "Episodic: it is that of the trial which the cue brings back. Intervals are over seeds.",
)
