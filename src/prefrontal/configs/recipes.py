"""Recipes: ways of training that have a name, each a change of the same few numbers. Measured in docs/learning.md."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Literal, get_args

from prefrontal.configs.training import TrainConfig
from prefrontal.errors import check_choice

Recipe = Literal["paper", "robust"]

RECIPES: Mapping[Recipe, Mapping[str, Any]] = {
    # As Wang et al. (2018) state it, and TensorFlow 1 does it: the defaults of `TrainConfig`.
    "paper": {},
    # A long memory of the gradient's size, so that no single mistake after a quiet time moves every weight at once; and
    # a rate that is higher at first and falls to zero, so that training ends at rest.
    "robust": {
        "optimiser": "rmsprop-tf1",
        "rms_decay": 0.99,
        "learning_rate": 2e-3,
        "final_learning_rate": 0.0,
    },
}
"""What each changes of a `TrainConfig`."""


def recipe(name: Recipe, **numbers: Any) -> TrainConfig:
    """The training of a recipe.

        recipe("robust", num_episodes=20_000)

    Arguments:
        name: "paper" (Wang et al. 2018) or "robust" (the one to rely on).
        numbers: fields of `TrainConfig` to set besides.

    Returns:
        The training, for `train_agents`.

    Raises:
        UserError: when there is no such recipe, or a number is not allowed.

    Example:
        >>> pf.recipe("robust", num_episodes=20_000).num_episodes
        20000
        >>> pf.TrainConfig(num_episodes=500).discount
        0.9
    """
    return in_recipe(TrainConfig(), name, **numbers)


def in_recipe(config: TrainConfig, name: Recipe, **numbers: Any) -> TrainConfig:
    """`config` in the recipe called `name`; `numbers` are fields to set besides."""
    check_choice("recipe", name, get_args(Recipe))
    for number in numbers:
        check_choice("numbers", number, [field.name for field in fields(config)])
    return replace(config, **{**RECIPES[name], **numbers})
