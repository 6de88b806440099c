"""Studies: what is done with the trained agents of experiments. Importing them starts JAX: `presets` is data alone."""

from typing import Any

from prefrontal.errors import check_choice
from prefrontal.experiments.presets.base import Experiment
from prefrontal.experiments.studies.base import Agents, Study

STUDIES = (
    "two-step",
    "two-step-rpe",
    "two-step-lesions",
    "two-step-weights",
    "emergence",
    "encoding-comparison",
    "inferred-value",
    "optogenetics",
    "matching",
    "volatility",
    "harlow",
    "harlow-counting",
    "informative-arm",
    "restless",
    "bandits",
    "cued-bandits",
    "episodic-harlow",
    "episodic-two-step",
)
"""The names that an experiment's `study` may give."""


def study_of(experiment: Experiment) -> Study[Any, Any]:
    """What is done with the trained agents of `experiment`.

    Raises:
        UserError: when its `study` is neither one of `STUDIES` nor a class of your own that is a `Study`.
    """
    study = experiment.study
    if isinstance(study, type) and issubclass(study, Study):
        return study(experiment)
    check_choice("study", study, STUDIES)
    return _study(str(study))(experiment)


def _study(name: str) -> type[Study[Any, Any]]:
    """The study called `name`. It alone is imported: with their analyses and figures, all take longer than a test."""
    match name:
        case "two-step":
            from prefrontal.experiments.studies.two_step import TwoStepBehaviour

            return TwoStepBehaviour
        case "two-step-rpe":
            from prefrontal.experiments.studies.two_step_rpe import PredictionErrors

            return PredictionErrors
        case "two-step-lesions":
            from prefrontal.experiments.studies.two_step_lesions import TwoStepLesions

            return TwoStepLesions
        case "two-step-weights":
            from prefrontal.experiments.studies.two_step_weights import TwoStepWeights

            return TwoStepWeights
        case "emergence":
            from prefrontal.experiments.studies.emergence import Emergence

            return Emergence
        case "encoding-comparison":
            from prefrontal.experiments.studies.encoding_comparison import EncodingComparison

            return EncodingComparison
        case "inferred-value":
            from prefrontal.experiments.studies.inferred_value import InferredValue

            return InferredValue
        case "optogenetics":
            from prefrontal.experiments.studies.optogenetics import Optogenetics

            return Optogenetics
        case "matching":
            from prefrontal.experiments.studies.matching import Matching

            return Matching
        case "volatility":
            from prefrontal.experiments.studies.volatility import Volatility

            return Volatility
        case "harlow":
            from prefrontal.experiments.studies.harlow.sets import HarlowStudy

            return HarlowStudy
        case "harlow-counting":
            from prefrontal.experiments.studies.harlow.counting import HarlowCounting

            return HarlowCounting
        case "informative-arm":
            from prefrontal.experiments.studies.informative_arm import InformativeArm

            return InformativeArm
        case "restless":
            from prefrontal.experiments.studies.restless import Restless

            return Restless
        case "bandits":
            from prefrontal.experiments.studies.bandits import Bandits

            return Bandits
        case "cued-bandits":
            from prefrontal.experiments.studies.episodic.cued_bandits import CuedBandits

            return CuedBandits
        case "episodic-harlow":
            from prefrontal.experiments.studies.episodic.harlow import EpisodicHarlow

            return EpisodicHarlow
        case "episodic-two-step":
            from prefrontal.experiments.studies.episodic.two_step import EpisodicTwoStepStudy

            return EpisodicTwoStepStudy
    raise AssertionError(name)


__all__ = ["STUDIES", "Agents", "Study", "study_of"]
