"""The experiments that come with the package, by name: data alone. Importing them starts no JAX."""

from prefrontal.errors import UserError, did_you_mean
from prefrontal.experiments.presets.base import Experiment
from prefrontal.experiments.presets.emergence import EMERGENCE
from prefrontal.experiments.presets.encoding_comparison import ENCODING_COMPARISON
from prefrontal.experiments.presets.episodic_harlow import EPISODIC_HARLOW
from prefrontal.experiments.presets.episodic_two_step import RITTER2018_EPISODIC_TWO_STEP
from prefrontal.experiments.presets.harlow import HARLOW_COUNTING, WANG2018_HARLOW
from prefrontal.experiments.presets.harlow_gaze import HARLOW_PIXELS, HARLOW_STRIP
from prefrontal.experiments.presets.reference_two_step import REFERENCE_ARXIV, REFERENCE_FINAL, REFERENCE_FIRST_TRY
from prefrontal.experiments.presets.ritter2018_cued_bandits import RITTER2018_CUED_BANDITS
from prefrontal.experiments.presets.two_step_lesions import TWO_STEP_LESIONS
from prefrontal.experiments.presets.wang2016_bandits import WANG2016_BANDITS
from prefrontal.experiments.presets.wang2016_informative_arm import WANG2016_INFORMATIVE_ARM
from prefrontal.experiments.presets.wang2016_restless import WANG2016_RESTLESS
from prefrontal.experiments.presets.wang2016_two_step import WANG2016_TWO_STEP
from prefrontal.experiments.presets.wang2018_inferred_value import WANG2018_INFERRED_VALUE
from prefrontal.experiments.presets.wang2018_matching import WANG2018_MATCHING
from prefrontal.experiments.presets.wang2018_optogenetics import WANG2018_OPTOGENETICS
from prefrontal.experiments.presets.wang2018_two_step import WANG2018_TWO_STEP
from prefrontal.experiments.presets.wang2018_two_step_rpe import WANG2018_TWO_STEP_RPE
from prefrontal.experiments.presets.wang2018_two_step_weights import WANG2018_TWO_STEP_WEIGHTS
from prefrontal.experiments.presets.wang2018_volatility import WANG2018_VOLATILITY

EXPERIMENTS: dict[str, Experiment] = {
    experiment.name: experiment
    for experiment in (
        WANG2018_TWO_STEP,
        WANG2018_TWO_STEP_RPE,
        WANG2018_INFERRED_VALUE,
        WANG2018_OPTOGENETICS,
        TWO_STEP_LESIONS,
        WANG2016_TWO_STEP,
        REFERENCE_FINAL,
        REFERENCE_FIRST_TRY,
        REFERENCE_ARXIV,
        ENCODING_COMPARISON,
        WANG2018_TWO_STEP_WEIGHTS,
        EMERGENCE,
        WANG2018_MATCHING,
        WANG2018_VOLATILITY,
        WANG2018_HARLOW,
        HARLOW_COUNTING,
        HARLOW_STRIP,
        HARLOW_PIXELS,
        WANG2016_INFORMATIVE_ARM,
        WANG2016_RESTLESS,
        WANG2016_BANDITS,
        RITTER2018_CUED_BANDITS,
        EPISODIC_HARLOW,
        RITTER2018_EPISODIC_TWO_STEP,
    )
}


def find_experiment(name: str) -> Experiment:
    """The experiment called `name`.

    Arguments:
        name: such as "wang2018-two-step"; `prefrontal list` lists them.

    Returns:
        The experiment: `config` holds its numbers, those of task, agent, training and test.

    Raises:
        UserError: when there is none; it names the nearest.

    Example:
        >>> experiment = pf.find_experiment("wang2018-two-step")
        >>> isinstance(experiment.config, pf.ExperimentConfig), isinstance(experiment.config.test, pf.TestConfig)
        (True, True)
    """
    if name in EXPERIMENTS:
        return EXPERIMENTS[name]
    raise UserError(
        f"`experiment` must be one of {', '.join(EXPERIMENTS)}, got {name}. "
        f"{did_you_mean(name, EXPERIMENTS, always=True)} `prefrontal list` tells about each."
    )
