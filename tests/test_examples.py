"""The examples in the docstrings of what `prefrontal` exports run, and show what they say they show."""

import doctest
import inspect
import re

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import prefrontal as pf

EXPORTED = {name: inspect.unwrap(getattr(pf, name)) for name in pf.__all__}
FUNCTIONS = [name for name, found in EXPORTED.items() if inspect.isfunction(found)]
CONFIGS = [name for name in EXPORTED if name.endswith("Config") or name == "KnownTask"]
"""Their docstrings are the help of the command line: the examples of what they are for use them."""

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.fixture(scope="module")
def taken_for_granted():
    """What examples find there; `prefrontal`'s own docstring says what."""
    people = {"weight": np.linspace(0.2, 0.9, 6), "inverse_temperature": np.full(6, 2.0)}
    task = pf.Bandit(pf.BanditConfig(num_trials=10))
    return {
        "pf": pf,
        "jax": jax,
        "jnp": jnp,
        "np": np,
        "pd": pd,
        "table": pf.simulate("hybrid", pf.TwoStepConfig(num_trials=60), people),
        "task": task,
        "agent": pf.RecurrentAgent(pf.RecurrentConfig(hidden_size=2), task, key=jax.random.key(0)),
    }


SLOW = {
    *("Comparison", "Fit", "GroupFit", "NetworkFit", "Posterior", "Run", "compare_fits", "compare_held_out"),
    *("describe_regressors", "draw_results", "fit_hierarchy", "own_experiment", "recover_models", "reproduce"),
    *("save_animation", "sweep", "trial_regressors", "plot_held_out", "leave_one_out", "FitCheck", "fit_group"),
    *("fit_networks", "plot_comparison", "train_agents", "TrainedAgents", "select_models", "EpisodicAgent"),
    *("fit_strategies", "load_run", "AbstractAgent", "evaluate_run", "ModelSelection", "fit_bandit_agents"),
    *("lesion_table", "score_restless", "StrategyAgent", "HarlowPixels"),
}
"""Examples that fit, train or draw for seconds."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.thorough] * (name in SLOW)) for name in pf.__all__]
)
def test_examples_show_what_they_say(name, taken_for_granted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # for those that write files
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    text = inspect.getdoc(EXPORTED[name]) or ""
    examples = doctest.DocTestParser().get_doctest(text, dict(taken_for_granted), name, None, 0)
    runner.run(examples, out=told.append)
    assert not runner.failures, "".join(told)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_say_what_they_take_and_give(name):
    text, signature = inspect.getdoc(EXPORTED[name]) or "", inspect.signature(EXPORTED[name])
    assert text.split("\n")[0].endswith((".", ",", ")")) or "\n" in text
    assert ("\nArguments:\n" in text) == bool(signature.parameters)
    for parameter in signature.parameters:
        assert re.search(rf"^    (\w+, )*{parameter}(, \w+)*: ", text, re.MULTILINE), f"`{parameter}` is not told of"
    returns = signature.return_annotation not in (None, "None", inspect.Signature.empty)
    assert ("\nReturns:\n" in text) == returns


@pytest.mark.parametrize("name", sorted(set(EXPORTED) - set(CONFIGS)))
def test_each_name_has_an_example(name):
    assert "\nExample:\n" in (inspect.getdoc(EXPORTED[name]) or "")


@pytest.mark.parametrize("name", sorted(set(CONFIGS) - {"TaskConfig", "AgentConfig"}))
def test_each_config_is_in_an_example(name):
    examples = [(inspect.getdoc(found) or "").partition("\nExample:\n")[2] for found in EXPORTED.values()]
    assert any(re.search(rf"\bpf\.{name}\b", example) for example in examples)


def test_help_on_a_class_explains_its_fields():
    text = " ".join((pf.Columns.__doc__ or "").split())
    assert "Fields: subject: Who chose. None: also a column called participant" in text
    assert "`keep_columns` writes a description beside its file" in text
    text = " ".join((pf.RecurrentAgent.__doc__ or "").split())
    assert "Fields:" in text
