"""Wang et al. (2018), Figure 5e: which past trials a network's choices rest on."""

from prefrontal.experiments.two_step_weights import TwoStepWeights
from prefrontal.experiments.wang2018_two_step import WANG2018_TWO_STEP

WANG2018_TWO_STEP_WEIGHTS = TwoStepWeights(
    name="wang2018-two-step-weights",
    title="The two-step task: what networks make of the last five trials",
    draws="what networks on the two-step task make of the last five trials",
    paper=WANG2018_TWO_STEP.paper,
    shows="Figure 5e",
    duration="3 minutes",
    config=WANG2018_TWO_STEP.config,
    seeds=WANG2018_TWO_STEP.seeds,
    published={},
    networks=WANG2018_TWO_STEP.name,
    # The paper's weights have the indices 21.5 and -0.2.
    least_model_based=15.0,
    most_model_free=2.0,
)
