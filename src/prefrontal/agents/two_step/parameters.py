"""Parameters of cognitive models: where each may lie, what is believed of it before the data, how a fit moves it."""

from dataclasses import dataclass, fields
from typing import Any, TypeVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr, ndtri
from jaxtyping import Array, ArrayLike, Float

Model = TypeVar("Model", bound=eqx.Module)


@dataclass(frozen=True)
class Beta:
    """Beta prior of a parameter that lies between two bounds, which stand for 0 and 1. Log densities here and below are
    up to a constant."""

    a: float
    b: float

    def log_density(self, share: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
        return (self.a - 1) * jnp.log(share) + (self.b - 1) * jnp.log1p(-share)

    def draw(self, rng: np.random.Generator, size: int) -> Float[np.ndarray, " draw"]:
        return rng.beta(self.a, self.b, size)


@dataclass(frozen=True)
class Gamma:
    """Gamma prior of a parameter above zero."""

    shape: float
    scale: float

    def log_density(self, value: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
        return (self.shape - 1) * jnp.log(value) - value / self.scale

    def draw(self, rng: np.random.Generator, size: int) -> Float[np.ndarray, " draw"]:
        return rng.gamma(self.shape, self.scale, size)


@dataclass(frozen=True)
class Normal:
    """Normal prior of a parameter that may have either sign."""

    mean: float
    deviation: float

    def log_density(self, value: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
        return -0.5 * ((value - self.mean) / self.deviation) ** 2

    def draw(self, rng: np.random.Generator, size: int) -> Float[np.ndarray, " draw"]:
        return rng.normal(self.mean, self.deviation, size)


@dataclass(frozen=True)
class Parameter:
    r"""What a fit knows of a parameter θ. It moves a number u without bounds, of which θ is a function:

    θ = low + (high - low) Φ(slope u)     between two bounds (Φ: the normal distribution function)
    θ = exp(u)                            above zero
    """

    symbol: str
    low: float
    high: float
    """Infinite for a parameter that is only known to be above zero."""
    prior: Beta | Gamma | Normal
    typical: tuple[float, float]
    """Between which values people and animals are mostly found: where recovery draws from unless told otherwise."""
    slope: float = 1.0
    """How fast u runs through the range."""
    of_second_choice: bool = False
    """Whether it matters only where the second stage has options to choose from."""

    def constrain(self, u: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
        """θ, of u."""
        if np.isinf(self.high):
            return jnp.exp(u)
        return self.low + (self.high - self.low) * ndtr(self.slope * u)

    def unconstrain(self, value: ArrayLike) -> Float[Array, "*axes"]:
        """u, of a θ strictly within its range."""
        value = jnp.asarray(value, float)
        if np.isinf(self.high):
            return jnp.log(value)
        return ndtri((value - self.low) / (self.high - self.low)) / self.slope

    def log_prior(self, value: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
        """Log density of the prior at θ, up to a constant."""
        if isinstance(self.prior, Beta):
            value = (value - self.low) / (self.high - self.low)
        return self.prior.log_density(value)

    def draw(self, rng: np.random.Generator, size: int) -> Float[np.ndarray, " draw"]:
        """Draws of θ from its prior, none outside its range."""
        if isinstance(self.prior, Beta):
            return self.low + (self.high - self.low) * self.prior.draw(rng, size)
        values = self.prior.draw(rng, size)
        while (outside := (values <= self.low) | (values >= self.high)).any():
            values[outside] = self.prior.draw(rng, int(outside.sum()))
        return values


def share(symbol: str, *, of_second_choice: bool = False) -> Parameter:
    """From 0 to 1: a learning rate, a trace, a weight. Prior: Beta(1.1, 1.1), as Daw et al. (2011)."""
    return Parameter(symbol, 0.0, 1.0, Beta(1.1, 1.1), typical=(0.2, 0.8), of_second_choice=of_second_choice)


def precision(symbol: str, *, of_second_choice: bool = False) -> Parameter:
    """An inverse temperature from 0 to 20, as Kool, Cushman & Gershman (2016) bound it. Prior: Gamma(1.2, 5), as Daw
    et al. (2011)."""
    return Parameter(symbol, 0.0, 20.0, Gamma(1.2, 5.0), typical=(2.0, 8.0), of_second_choice=of_second_choice)


def signed(symbol: str, typical: tuple[float, float] = (0.0, 0.3)) -> Parameter:
    """Perseveration or a bias, from -20 to 20, as Kool, Cushman & Gershman (2016) bound it; near zero u is θ. Prior:
    Normal(0, 1), as Daw et al. (2011)."""
    return Parameter(symbol, -20.0, 20.0, Normal(0.0, 1.0), typical=typical, slope=np.sqrt(2 * np.pi) / 40)


def free(default: float, parameter: Parameter) -> Any:
    """A field of a model that holds a parameter: what a fit may find."""
    return eqx.field(default=default, converter=scalar, metadata={"parameter": parameter})


def known(default: float) -> Any:
    """A field of a model that holds a fact of the task: what a fit takes as given."""
    return eqx.field(default=default, converter=scalar)


def scalar(value: ArrayLike) -> Float[Array, "..."]:
    """`value` as an array, so that one compiled program serves all values."""
    return jnp.asarray(value, jnp.zeros(()).dtype)


def parameters_of(model: eqx.Module, second_options: int) -> dict[str, Parameter]:
    """The parameters of `model` by field, without those that nothing depends on with so many second-stage options."""
    declared = {field.name: field.metadata["parameter"] for field in fields(model) if "parameter" in field.metadata}
    return {name: found for name, found in declared.items() if second_options > 1 or not found.of_second_choice}


def with_values(model: Model, names: list[str], values: list[Any]) -> Model:
    """`model` with the fields `names` holding `values`."""
    return eqx.tree_at(lambda one: [getattr(one, name) for name in names], model, values)
