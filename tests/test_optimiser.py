"""RMSProp in its two flavours, with clipping, against the updates written out in NumPy."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from numpy_actor_critic import FLAVOURS, NumpyRMSProp

from prefrontal.configs import TrainConfig
from prefrontal.learning.train import Hyperparameters, make_optimiser


@pytest.mark.parametrize("max_norm", [None, 1.5], ids=["free", "clipped"])
@pytest.mark.parametrize("own", [{}, {"rms_decay": 0.8, "rms_epsilon": 0.01}], ids=["as published", "own numbers"])
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_updates_are_those_written_out(flavour, own, max_norm):
    rng = np.random.default_rng(0)
    weights = {"matrix": rng.normal(size=(3, 2)), "scalar": np.array(0.5)}
    gradients = [
        {name: scale * rng.normal(size=w.shape) for name, w in weights.items()} for scale in (0.1, 1, 10, 0, 2)
    ]

    hyperparameters = Hyperparameters(TrainConfig(optimiser=flavour, max_gradient_norm=max_norm, **own))
    optimiser = make_optimiser(hyperparameters, 0.1)
    current = {name: jnp.asarray(w, jnp.float32) for name, w in weights.items()}
    state = optimiser.init(current)
    numbers = FLAVOURS[flavour] | {name.removeprefix("rms_"): number for name, number in own.items()}
    by_hand = NumpyRMSProp(weights, max_norm=np.inf if max_norm is None else max_norm, **numbers)
    norms = []
    for gradient in gradients:
        changes, state = optimiser.update({name: jnp.asarray(g, jnp.float32) for name, g in gradient.items()}, state)
        current = optax.apply_updates(current, changes)
        with np.errstate(divide="ignore"):
            norms.append(by_hand.update(gradient, 0.1))
        for name, w in by_hand.weights.items():
            np.testing.assert_allclose(current[name], w, rtol=1e-4, atol=1e-6)
    assert min(norms) < 1.5 < max(norms)
