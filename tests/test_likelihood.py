"""The likelihood of recorded choices: against plain loops, on people's choices, and against the replayed agent."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from simulated_people import CHOICES, COMMON, PARAMETERS, read_truth
from two_step_by_hand import BY_HAND

from prefrontal.agents.two_step import LIBRARY, TwoStepAgent, with_values
from prefrontal.configs import KnownTask, TwoStepConfig
from prefrontal.configs.models import MODELS
from prefrontal.fitting.choices import batch_of
from prefrontal.fitting.likelihood import subject_log_likelihood
from prefrontal.fitting.search import double_precision
from prefrontal.fitting.simulation import simulate
from prefrontal.rollouts.episodes import agent_inputs, replay
from prefrontal.trials.formats import read_trials

PEOPLE = Path(__file__).parents[2] / "shared" / "data" / "people"
FILES = {
    CHOICES: "hbayesdm",
    PEOPLE / "hbayesdm_ts_example.tsv": "hbayesdm",
    PEOPLE / "shahar2019_psych201.jsonl.zip": "psych",
}
"""What comes with the tests, and what may not: tests on that are skipped where it is not beside the repository."""
TOLERANCE = 1e-5
"""Of a subject's log-likelihood, which is about -200."""


def log_likelihoods(name: str, table: pd.DataFrame, task: KnownTask, values: list[dict[str, float]]) -> np.ndarray:
    """Of each subject under each of some sets of values, (value, subject)."""
    with double_precision():
        batch, model = batch_of(table), LIBRARY[name].model(task)
        names = list(values[0])
        matrix = jnp.asarray([[row[key] for key in names] for row in values])

        @jax.jit
        def all_of(matrix, choices):
            def one(row, sessions):
                return subject_log_likelihood(with_values(model, names, list(row)), sessions)

            return jax.vmap(jax.vmap(one, (None, 0)), (0, None))(matrix, choices)

        model = LIBRARY[name].model(task, dict(zip(names, matrix[0].tolist(), strict=True)))
        return np.asarray(all_of(matrix, batch.choices))


def by_hand(name: str, table: pd.DataFrame, task: KnownTask, values: dict[str, float]) -> np.ndarray:
    """The same from plain loops, of each subject."""
    table = table.assign(choice2=table.get("choice2", 0), missed=table.get("missed", False))
    totals = {}
    for (subject, _), session in table.groupby(["subject", "session"], sort=False):
        columns = session[["choice", "state", "choice2", "reward", "missed"]].astype(int).to_numpy().tolist()
        trials = [None if missed else (a, s, b, r) for a, s, b, r, missed in columns]
        found = BY_HAND[name](trials, two_choices=task.second_choices, common=task.common, **values)
        totals[subject] = totals.get(subject, 0.0) + found
    return np.array(list(totals.values()))


def drawn_values(name: str, task: KnownTask, num: int, seed: int) -> list[dict[str, float]]:
    rng = np.random.default_rng(seed)
    parameters = LIBRARY[name].parameters(task)
    return [{key: float(parameter.draw(rng, 1)[0]) for key, parameter in parameters.items()} for _ in range(num)]


def random_table(seed: int) -> pd.DataFrame:
    """Two subjects with sessions of different lengths, some trials missed, choices at random."""
    rng = np.random.default_rng(seed)
    lengths = [(0, 0, 40), (0, 1, 7), (1, 0, 25)]
    parts = [
        pd.DataFrame({"subject": subject, "session": session, "trial": np.arange(num)})
        for subject, session, num in lengths
    ]
    table = pd.concat(parts, ignore_index=True)
    for name in ("choice", "state", "choice2", "reward"):
        table[name] = rng.integers(0, 2, len(table))
    table["common"] = table["choice"] == table["state"]
    table["missed"] = rng.random(len(table)) < 0.15
    return table


def test_every_model_has_a_plain_loop():
    assert set(BY_HAND) == set(LIBRARY) == set(MODELS)


@pytest.mark.parametrize("two_choices", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_likelihood_is_the_plain_loops(name: str, two_choices: bool):
    """With sessions of different lengths and missed trials."""
    if name == "bayes-optimal" and two_choices:
        pytest.skip("it knows the task without second-stage choices")
    table = random_table(seed=3)
    table = table if two_choices else table.drop(columns="choice2")
    task = KnownTask(second_choices=two_choices)
    values = drawn_values(name, task, 5, seed=4)
    expected = [by_hand(name, table, task, row) for row in values]
    np.testing.assert_allclose(log_likelihoods(name, table, task, values), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("name", [name for name in MODELS if name != "bayes-optimal"])
@pytest.mark.thorough
def test_likelihood_of_people_is_the_plain_loops(name: str, path: Path):
    if not path.exists():
        pytest.skip(f"{path.name} may not be distributed with the tests, and is not at ../shared/data/people")
    table = people(path, FILES[path])
    task = KnownTask(second_choices=True)
    values = drawn_values(name, task, 1, seed=5)
    expected = [by_hand(name, table, task, row) for row in values]
    np.testing.assert_allclose(log_likelihoods(name, table, task, values), expected, rtol=0, atol=TOLERANCE)


def test_likelihood_is_what_was_added_up_while_they_chose():
    """From the file to the number: hBayesDM's columns, its transition, its seven parameters."""
    truth = read_truth()
    ours = ("first_learning_rate", "inverse_temperature", "second_learning_rate", "second_inverse_temperature")
    names = dict(zip((*ours, "perseveration", "weight", "trace"), PARAMETERS, strict=True))
    values = [{name: person[theirs] for name, theirs in names.items()} for person in truth]
    task = KnownTask(second_choices=True, common_probability=COMMON)
    found = log_likelihoods("hybrid-hbayesdm", people(CHOICES, "hbayesdm"), task, values)
    # Each person under its own parameters; those of another are less likely by far.
    np.testing.assert_allclose(np.diag(found), [person["log_likelihood"] for person in truth], rtol=0, atol=TOLERANCE)
    assert (found.argmax(axis=0) == np.arange(len(truth))).mean() > 0.5


TABLES: dict[Path, pd.DataFrame] = {}


def people(path: Path, format: str) -> pd.DataFrame:
    """The first 25 subjects of a file, read once."""
    if path not in TABLES:
        table = read_trials(path, format=format)
        TABLES[path] = table[table["subject"].isin(table["subject"].unique()[:25])].reset_index(drop=True)
    return TABLES[path]


@pytest.mark.parametrize("name", ["hybrid", "latent-state"])
def test_likelihood_is_that_of_the_replayed_agent(name: str):
    """What `replay` gives for the choices of one session, one network step a trial."""
    config = TwoStepConfig(num_trials=60, encoding="trial")
    task = KnownTask()
    table = simulate(name, config, {"inverse_temperature": np.array([3.0])}, seed=1)
    values = drawn_values(name, task, 1, seed=2)
    model = LIBRARY[name].model(task, values[0])
    choice, reward = (jnp.asarray(table[column].to_numpy()) for column in ("choice", "reward"))
    shown = jnp.concatenate([jnp.zeros(1, int), 1 + jnp.asarray(table["state"].to_numpy()[:-1])])
    inputs = agent_inputs(jax.nn.one_hot(shown, 3), choice.astype(int), reward.astype(jnp.float32), 2)
    logits = replay(TwoStepAgent(model, "trial"), inputs).logits
    replayed = jnp.take_along_axis(jax.nn.log_softmax(logits), choice[:, None], axis=1).sum()
    np.testing.assert_allclose(log_likelihoods(name, table, task, values)[0, 0], replayed, rtol=2e-5)
