"""Studies: what is done with the trained agents of experiments. Importing them starts JAX: `presets` is data alone."""

from typing import Any

from prefrontal.errors import check_choice
from prefrontal.experiments.presets.base import Experiment
from prefrontal.experiments.studies.bandits import Bandits
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.emergence import Emergence
from prefrontal.experiments.studies.encoding_comparison import EncodingComparison
from prefrontal.experiments.studies.episodic.cued_bandits import CuedBandits
from prefrontal.experiments.studies.episodic.harlow import EpisodicHarlow
from prefrontal.experiments.studies.episodic.two_step import EpisodicTwoStepStudy
from prefrontal.experiments.studies.harlow.counting import HarlowCounting
from prefrontal.experiments.studies.harlow.sets import HarlowStudy
from prefrontal.experiments.studies.inferred_value import InferredValue
from prefrontal.experiments.studies.informative_arm import InformativeArm
from prefrontal.experiments.studies.matching import Matching
from prefrontal.experiments.studies.optogenetics import Optogenetics
from prefrontal.experiments.studies.restless import Restless
from prefrontal.experiments.studies.two_step import TwoStepBehaviour
from prefrontal.experiments.studies.two_step_lesions import TwoStepLesions
from prefrontal.experiments.studies.two_step_rpe import PredictionErrors
from prefrontal.experiments.studies.two_step_weights import TwoStepWeights
from prefrontal.experiments.studies.volatility import Volatility

STUDIES: dict[str, type[Study[Any, Any]]] = {
    "two-step": TwoStepBehaviour,
    "two-step-rpe": PredictionErrors,
    "two-step-lesions": TwoStepLesions,
    "two-step-weights": TwoStepWeights,
    "emergence": Emergence,
    "encoding-comparison": EncodingComparison,
    "inferred-value": InferredValue,
    "optogenetics": Optogenetics,
    "matching": Matching,
    "volatility": Volatility,
    "harlow": HarlowStudy,
    "harlow-counting": HarlowCounting,
    "informative-arm": InformativeArm,
    "restless": Restless,
    "bandits": Bandits,
    "cued-bandits": CuedBandits,
    "episodic-harlow": EpisodicHarlow,
    "episodic-two-step": EpisodicTwoStepStudy,
}
"""By the name that an experiment's `study` gives."""


def study_of(experiment: Experiment) -> Study[Any, Any]:
    """What is done with the trained agents of `experiment`.

    Raises:
        UserError: when its `study` is neither one of `STUDIES` nor a class of your own that is a `Study`.
    """
    study = experiment.study
    if isinstance(study, type) and issubclass(study, Study):
        return study(experiment)
    check_choice("study", study, list(STUDIES))
    return STUDIES[str(study)](experiment)


__all__ = ["STUDIES", "Agents", "Study", "study_of"]
