"""The numbers of a training, and the rule by which a gradient moves the weights."""

from typing import Literal

import equinox as eqx
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from prefrontal.configs.training import TrainConfig

_DEFAULTS = {
    # decay, epsilon, start of the mean square
    "rmsprop-tf1": (0.9, 1e-10, 1.0),
    "rmsprop-a3c": (0.99, 0.1, 0.0),
    "adam": (0.999, 1e-8, 0.0),
}


class Hyperparameters(eqx.Module):
    """The numbers of a `TrainConfig`. Those that are arrays may differ between seeds trained side by side."""

    num_episodes: Float[Array, ""]
    learning_rate: Float[Array, ""]
    final_learning_rate: Float[Array, ""]
    discount: Float[Array, ""]
    value_cost: Float[Array, ""]
    entropy_cost: Float[Array, ""]
    final_entropy_cost: Float[Array, ""]
    rms_decay: Float[Array, ""]
    rms_epsilon: Float[Array, ""]
    rms_start: Float[Array, ""]
    """What RMSProp's mean square starts at."""
    max_gradient_norm: Float[Array, ""]
    average_last: Float[Array, ""] | None
    """Share of the training over whose end weights are averaged; None: they are not."""
    rule: Literal["rmsprop", "adam"] = eqx.field(static=True)
    episodes_per_update: int = eqx.field(static=True)
    log_epsilon: float = eqx.field(static=True)
    time_shift: int = eqx.field(static=True)

    def __init__(self, config: TrainConfig):
        decay, epsilon, start = _DEFAULTS[config.optimiser]
        given = lambda value, default: jnp.float32(default if value is None else value)  # noqa: E731
        self.num_episodes = jnp.float32(config.num_episodes)
        self.learning_rate = jnp.float32(config.learning_rate)
        self.final_learning_rate = given(config.final_learning_rate, config.learning_rate)
        self.discount = jnp.float32(config.discount)
        self.value_cost = jnp.float32(config.value_cost)
        self.entropy_cost = jnp.float32(config.entropy_cost)
        self.final_entropy_cost = given(config.final_entropy_cost, config.entropy_cost)
        self.rms_decay = given(config.rms_decay, decay)
        self.rms_epsilon = given(config.rms_epsilon, epsilon)
        self.rms_start = jnp.float32(start)
        self.max_gradient_norm = given(config.max_gradient_norm, jnp.inf)
        self.average_last = jnp.float32(config.average_last) if config.average_last else None
        self.rule = "adam" if config.optimiser == "adam" else "rmsprop"
        self.episodes_per_update = config.episodes_per_update
        self.log_epsilon = config.log_epsilon
        self.time_shift = config.time_shift


def make_optimiser(
    hyperparameters: Hyperparameters, learning_rate: Float[Array, ""] | float
) -> optax.GradientTransformation:
    """Clipping by the global norm, then RMSProp with epsilon under the root:

        m = decay m + (1 - decay) g^2,     w = w - learning_rate g / sqrt(m + epsilon)

    or Adam, whose averages u of the gradient (decay .9) and m of its square start at zero and are corrected for that
    after n updates:

        w = w - learning_rate (u / (1 - .9^n)) / (sqrt(m / (1 - decay^n)) + epsilon)

    References:
        TensorFlow 1 `RMSPropOptimizer` (decay .9, m starts at one); Mnih et al. (2016), ICML, section 4 (A3C);
        Kingma & Ba (2015), ICLR (Adam).
    """
    if hyperparameters.rule == "adam":
        scale = optax.scale_by_adam(b1=0.9, b2=hyperparameters.rms_decay, eps=hyperparameters.rms_epsilon)
    else:
        scale = optax.scale_by_rms(
            decay=hyperparameters.rms_decay,
            eps=hyperparameters.rms_epsilon,
            initial_scale=hyperparameters.rms_start,
            eps_in_sqrt=True,
        )
    clip = optax.clip_by_global_norm(hyperparameters.max_gradient_norm)
    return optax.chain(clip, scale, optax.scale(-learning_rate))
