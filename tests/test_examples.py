"""The examples in the docstrings of what `prefrontal` exports run, and show what they say they show."""

import doctest
import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import prefrontal as pf

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.fixture(scope="module")
def taken_for_granted():
    """What examples find there; `prefrontal`'s own docstring says what."""
    weight = np.linspace(0.2, 0.9, 6)
    task = pf.Bandit(pf.BanditConfig(num_trials=10))
    return {
        "pf": pf,
        "jax": jax,
        "jnp": jnp,
        "np": np,
        "pd": pd,
        "table": pf.simulate("hybrid", pf.TwoStepConfig(num_trials=40), {"weight": weight}),
        "task": task,
        "agent": pf.RecurrentAgent(pf.RecurrentConfig(hidden_size=2), task, key=jax.random.key(0)),
    }


@pytest.mark.parametrize("name", pf.__all__)
def test_examples_show_what_they_say(name, taken_for_granted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # for those that write files
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    text = inspect.getdoc(getattr(pf, name)) or ""
    examples = doctest.DocTestParser().get_doctest(text, dict(taken_for_granted), name, None, 0)
    runner.run(examples, out=told.append)
    assert not runner.failures, "".join(told)
