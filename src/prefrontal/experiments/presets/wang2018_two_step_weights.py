"""Wang et al. (2018), Figure 5e: which past trials a network's choices rest on."""

from prefrontal.experiments.presets.base import Experiment
from prefrontal.experiments.presets.criteria import WeightCriteria
from prefrontal.experiments.presets.wang2018_two_step import WANG2018_TWO_STEP

WANG2018_TWO_STEP_WEIGHTS = Experiment(
    name="wang2018-two-step-weights",
    title="The two-step task: what networks make of the last five trials",
    draws="what networks on the two-step task make of the last five trials",
    paper=WANG2018_TWO_STEP.paper,
    shows="Figure 5e",
    duration="3 minutes",
    study="two-step-weights",
    config=WANG2018_TWO_STEP.config,
    seeds=WANG2018_TWO_STEP.seeds,
    networks=WANG2018_TWO_STEP.name,
    # The paper's weights have the indices 21.5 and -0.2.
    criteria=WeightCriteria(least_model_based=15.0, most_model_free=2.0),
)
