"""The cognitive models by name: what each is, and which parameters make it one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from prefrontal.agents.two_step.base import AbstractTwoStepModel
from prefrontal.agents.two_step.hbayesdm import HybridHBayesDM
from prefrontal.agents.two_step.hybrid import Hybrid
from prefrontal.agents.two_step.inference import BayesOptimal, LatentState
from prefrontal.agents.two_step.parameters import Parameter, parameters_of, scalar, with_values
from prefrontal.agents.two_step.reward_as_cue import RewardAsCue
from prefrontal.agents.two_step.simple import RandomChoice, WinStayLoseShift
from prefrontal.configs.models import KnownTask
from prefrontal.errors import UserError, did_you_mean

LARGEST = 1e30
"""Of a parameter without an upper bound: far beyond it, single precision knows only infinity."""


@dataclass(frozen=True)
class CognitiveModel:
    """A model that can be named, played and fitted."""

    name: str
    build: Callable[[KnownTask], AbstractTwoStepModel]
    """The model with its default parameters, knowing the task."""
    first_variables: int
    """Numbers carried from trial to trial on which first-stage choices depend: values, beliefs, and the last trial's
    choice, outcome or cue, each as one."""
    by_state: bool = False
    """Whether two of them are values of the second-stage states."""
    held: Mapping[str, float] = field(default_factory=dict)
    """Parameters that are not free, and their values: what makes it a special case."""

    def model(self, task: KnownTask, values: Mapping[str, float] | None = None) -> AbstractTwoStepModel:
        """The model that knows `task`, with parameters `values` and the defaults for the others.

        Raises:
            UserError: when a value is for none of its parameters or outside its range, or the model is not one of
                such a task.
        """
        built = self.build(task)
        values = dict(self.held) | dict(values or {})
        declared = parameters_of(built, built.second_options)
        for name, value in values.items():
            if name not in declared:
                raise UserError(
                    f"`parameters` must be of {', '.join(declared)} for {self.name}, got {name}. "
                    "Give one of these, or none for its default."
                )
            low, high = declared[name].low, min(declared[name].high, LARGEST)
            if not low <= value <= high:
                raise UserError(f"`{name}` must be from {low:g} to {high:g}, got {value:g}.")
        return with_values(built, list(values), [scalar(value) for value in values.values()])

    def num_variables(self, task: KnownTask) -> int:
        """Numbers carried from trial to trial on which choices in `task` depend: `first_variables`, and the values of
        the four second-stage options where there are choices between them. Two of these are counted already where
        first-stage choices depend on a value of each state."""
        counted = 2 if self.by_state else 0
        return self.first_variables + (4 - counted if task.second_choices else 0)

    def parameters(self, task: KnownTask, fixed: Mapping[str, float] | None = None) -> dict[str, Parameter]:
        """Its free parameters in `task` by field, without those `fixed`."""
        built = self.build(task)
        declared = parameters_of(built, built.second_options)
        return {name: found for name, found in declared.items() if name not in self.held and name not in (fixed or {})}


def _hybrid(task: KnownTask) -> Hybrid:
    return Hybrid(common_probability=scalar(task.common), second_options=task.second_options)


def _bayes_optimal(task: KnownTask) -> BayesOptimal:
    if task.second_choices:
        raise UserError(
            "`models` must be without bayes-optimal where there are second-stage choices, got it. "
            "It knows the task without them; choose another model."
        )
    return BayesOptimal(
        inverse_temperature=scalar(5.0),
        common_probability=scalar(task.common),
        better_reward_probability=scalar(task.better_reward_probability),
        worse_reward_probability=scalar(task.worse_reward_probability),
        reversal_probability=scalar(task.reversal_probability),
    )


def _latent_state(task: KnownTask) -> LatentState:
    # Akam et al. (2015): in the task with second-stage choices a state's options pay .625 and .375 on average.
    good = 0.625 if task.second_choices else task.better_reward_probability
    return LatentState(good_reward_probability=scalar(good), second_options=task.second_options)


LIBRARY: dict[str, CognitiveModel] = {
    model.name: model
    for model in (
        CognitiveModel("hybrid", _hybrid, 5, by_state=True),
        CognitiveModel(
            "model-based", _hybrid, 3, by_state=True, held={"weight": 1.0, "first_learning_rate": 0.0, "trace": 0.0}
        ),
        CognitiveModel("sarsa-lambda", _hybrid, 5, by_state=True, held={"weight": 0.0}),
        CognitiveModel("sarsa-0", _hybrid, 5, by_state=True, held={"weight": 0.0, "trace": 0.0}),
        CognitiveModel("reward-as-cue", lambda task: RewardAsCue(second_options=task.second_options), 10),
        CognitiveModel("latent-state", _latent_state, 2),
        CognitiveModel("bayes-optimal", _bayes_optimal, 2),
        CognitiveModel("win-stay-lose-shift", lambda task: WinStayLoseShift(second_options=task.second_options), 2),
        CognitiveModel("biased-random", lambda task: RandomChoice(second_options=task.second_options), 0),
        CognitiveModel(
            "hybrid-hbayesdm",
            lambda task: HybridHBayesDM(common_probability=scalar(task.common), second_options=task.second_options),
            5,
            by_state=True,
        ),
    )
}
"""The cognitive models, by name."""


def find_model(name: str) -> CognitiveModel:
    """The cognitive model called `name`.

    Arguments:
        name: of a model of `LIBRARY`, such as "hybrid".

    Returns:
        The model: `parameters(task)` are its free parameters, `model(task, values)` makes one that plays.

    Raises:
        UserError: when there is none; it names the nearest.

    Example:
        >>> list(pf.find_model("win-stay-lose-shift").parameters(pf.KnownTask()))
        ['stay', 'shift']
    """
    if name in LIBRARY:
        return LIBRARY[name]
    guess = did_you_mean(name, LIBRARY, always=True)
    raise UserError(f"`model` must be one of {', '.join(LIBRARY)}, got {name}. {guess}")
