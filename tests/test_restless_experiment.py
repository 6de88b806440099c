"""The experiment on restless arms: its fits, its baselines, and all of it with algorithms in the networks' place."""

import io
import json
import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rich.console import Console
from shown import check_shown

from prefrontal.agents.bandit_models import BanditAgent, RescorlaWagner
from prefrontal.agents.restless_observer import RestlessObserver
from prefrontal.configs import RecurrentConfig, RestlessConfig, TestConfig
from prefrontal.errors import UserError
from prefrontal.experiments import find_experiment
from prefrontal.experiments.studies import restless as restless_results
from prefrontal.experiments.studies import restless_baselines, restless_fits, study_of
from prefrontal.experiments.studies.played import play_test
from prefrontal.experiments.workflow import evaluate_run, train_run
from prefrontal.fitting.rescorla_wagner import MODELS, fit_blocks, log_likelihood
from prefrontal.fitting.search import double_precision
from prefrontal.rollouts.episodes import agent_inputs, replay
from prefrontal.runs.results import LEARNING

EXPERIMENT = find_experiment("wang2016-restless")
LEARNED = "variant,seed,episode,reward\n,0,10,50\n,1,10,50\n"


def learner(rate: float, inverse_temperature: float, lapse: float, num_blocks: int, seed: int = 0):
    """A Rescorla-Wagner learner on restless arms, in NumPy: choices and rewards, (block, 10, 100)."""
    rng, shape = np.random.default_rng(seed), (num_blocks, 10)
    choice, reward = np.zeros((*shape, 100), int), np.zeros((*shape, 100))
    values, p = np.full((*shape, 2), 0.5), rng.random(shape)
    for trial in range(100):
        odds = inverse_temperature * (values[..., 1] - values[..., 0])
        first = rng.random(shape) >= (1 - lapse) / (1 + np.exp(-odds)) + lapse / 2
        paid = (rng.random(shape) < np.where(first, p, 1 - p)).astype(float)
        choice[..., trial], reward[..., trial] = ~first, paid
        pulled = np.stack([first, ~first], axis=-1)
        values += rate * pulled * (paid[..., None] - values)
        p = 1 - np.abs(1 - np.mod(p + 0.1 * rng.normal(size=shape), 2))
    return choice, reward


def test_the_likelihood_is_that_of_the_agent():
    choice, reward = (part[0] for part in learner(0.3, 5.0, 0.1, 1))
    model = RescorlaWagner(learning_rate=0.3, inverse_temperature=4.0, lapse=0.2)
    expected = 0.0
    for episode in range(10):
        paid = jnp.asarray(reward[episode], jnp.float32)
        inputs = agent_inputs(jnp.zeros((100, 0)), jnp.asarray(choice[episode]), paid, 2)
        logits = np.asarray(replay(BanditAgent(model), inputs).logits, float)
        chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        expected += np.log(chances[np.arange(100), choice[episode]]).sum()
    found = log_likelihood(jnp.array([0.3, 4.0, 0.2]), jnp.asarray(choice), jnp.asarray(reward, jnp.float32))
    assert float(found) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("rate", "inverse_temperature", "lapse"), [(0.15, 8.0, 0.0), (0.5, 20.0, 0.1), (0.8, 4.0, 0.2)]
)
@pytest.mark.thorough
def test_parameters_are_recovered(rate, inverse_temperature, lapse):
    fits = fit_blocks(*learner(rate, inverse_temperature, lapse, 20))
    assert fits.converged.all()
    best = fits.models.index("abe" if lapse else "ab")
    for values, true in ((fits.learning_rate[best], rate), (fits.inverse_temperature[best], inverse_temperature)):
        assert abs(values.mean() - true) < 4.9 * values.std(ddof=1) / math.sqrt(20) + 0.02 * true
    if lapse:
        assert fits.lapse[best].mean() == pytest.approx(lapse, abs=0.03)


def test_a_model_with_more_parameters_fits_no_worse():
    fits = fit_blocks(*learner(0.3, 6.0, 0.05, 8))
    likelihood = dict(zip(fits.models, fits.log_likelihood, strict=True))
    for smaller, larger in (("b", "be"), ("b", "ab"), ("be", "abe"), ("ab", "abe")):
        assert (likelihood[larger] > likelihood[smaller] - 1e-3).all()
    k = {"b": 1, "be": 2, "ab": 2, "abe": 3}
    for model, bic in zip(fits.models, fits.bic, strict=True):
        np.testing.assert_allclose(bic, k[model] * math.log(1_000) - 2 * likelihood[model])


@pytest.mark.thorough
def test_no_grid_finds_better():
    """A grid over all three parameters, three thousand points, for each of four blocks from different corners of it."""
    rates, betas, lapses = np.linspace(0.02, 0.98, 17), np.geomspace(0.5, 150, 15), np.linspace(0, 0.6, 12)
    grid = np.stack(np.meshgrid(rates, betas, lapses, indexing="ij"), axis=-1).reshape(-1, 3)
    on_grid = jax.jit(jax.vmap(jax.vmap(log_likelihood, (0, None, None)), (None, 0, 0)))
    learners = [(0.6, 5.0, 0.1), (0.1, 30.0, 0.3), (0.9, 2.0, 0.0), (0.3, 12.0, 0.05)]
    blocks = [learner(*values, num_blocks=1, seed=seed) for seed, values in enumerate(learners)]
    choice, reward = (np.concatenate(part) for part in zip(*blocks, strict=True))
    with double_precision():
        found = np.asarray(on_grid(jnp.asarray(grid), jnp.asarray(choice), jnp.asarray(reward)))
    for model, (fits_rate, _, fits_lapse) in MODELS.items():
        allowed = np.ones(len(grid), bool)
        if not fits_rate:
            allowed &= grid[:, 0] == 0.5
        if not fits_lapse:
            allowed &= grid[:, 2] == 0.0
        assert allowed.sum() >= len(betas)
        fit = fit_blocks(choice, reward, {model: MODELS[model]})
        assert (fit.log_likelihood[0] >= found[:, allowed].max(axis=1) - 1e-6).all(), model


@pytest.mark.thorough
def test_bic_prefers_a_fixed_rate_where_it_is_true_and_a_fitted_one_where_it_is_not():
    for rate, best in ((0.5, "b"), (0.15, "ab")):
        fits = fit_blocks(*learner(rate, 8.0, 0.0, 20))
        assert fits.models[fits.bic.mean(axis=1).argmin()] == best


def test_no_choices_are_refused():
    with pytest.raises(
        UserError, match=r"`choice` and `reward` must have the axes \(block, episode, trial\), got shapes"
    ):
        fit_blocks(np.zeros((0, 3, 4), int), np.zeros((0, 3, 4)))


NUM_EPISODES = 120
"""Of each volatility, in whatever is played below: programs are compiled once for all of it."""


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(restless_results, "NUM_TUNING_EPISODES", NUM_EPISODES)
    monkeypatch.setattr(restless_fits, "NUM_SHARED", 5)
    monkeypatch.setattr(restless_baselines, "LEARNING_RATES", np.array([0.2, 0.5, 0.8]))
    monkeypatch.setattr(restless_baselines, "INVERSE_TEMPERATURES", (5.0, 20.0))
    monkeypatch.setattr(restless_baselines, "FIXED_VOLATILITIES", (0.02, 0.2))


@pytest.mark.thorough
def test_the_best_fixed_parameters_are_those_of_a_plain_search(quick):
    config = RestlessConfig()
    found = restless_baselines.baselines(config, seed=3, num_episodes=NUM_EPISODES)
    tasks = [replace(config, volatility=volatility).make() for volatility in ("low", "high")]

    def regret(agent):
        return np.mean([play_test(agent, task, 3, NUM_EPISODES).total_regret.mean() for task in tasks])

    def rescorla_wagner(rate, beta):
        return BanditAgent(RescorlaWagner(learning_rate=jnp.float32(rate), inverse_temperature=jnp.float32(beta)))

    learners = {(rate, beta): regret(rescorla_wagner(rate, beta)) for rate in (0.2, 0.5, 0.8) for beta in (5.0, 20.0)}
    best = min(learners, key=lambda pair: learners[pair])
    assert (found.tuned["learning_rate"], found.tuned["inverse_temperature"]) == best
    assert found.tuned["control_inverse_temperature"] == min((5.0, 20.0), key=lambda beta: learners[0.5, beta])
    thompson = {known: regret(RestlessObserver((known,), "thompson")) for known in (0.02, 0.2)}
    assert found.tuned["thompson_volatility"] == min(thompson, key=lambda known: thompson[known])
    assert regret(found.agents["Rescorla-Wagner"]) == pytest.approx(min(learners.values()), rel=1e-5)


@pytest.mark.thorough
def test_the_ideal_observer_passes_and_a_fixed_learner_does_not(tmp_path, quick):
    """As seeds 0 and 1: the one adapts, the other does not."""
    config = replace(EXPERIMENT.config, test=TestConfig(num_episodes=2 * NUM_EPISODES))
    adapts = RestlessObserver((config.task.low_volatility, config.task.high_volatility))
    agents = {0: adapts, 1: BanditAgent(RescorlaWagner(learning_rate=0.5, inverse_temperature=20.0))}
    results = study_of(EXPERIMENT).analyse({"": agents}, config, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == results

    low, high = (results["learning_rate"][name]["per_seed"] for name in ("low", "high"))
    assert high[0] > low[0] + 0.15
    assert high[1] == pytest.approx(low[1], abs=0.05)
    assert results["regret"]["both"]["per_seed"][0] == pytest.approx(results["baselines"]["ideal observer"]["both"])
    assert results["regret"]["both"]["per_seed"][0] < min(
        results["baselines"][name]["both"] for name in restless_results.RIVALS
    )
    bic = {model: part["per_seed"] for model, part in results["bic"]["networks"].items()}
    assert min(bic, key=lambda model: bic[model][0]) == "ab"
    assert min(bic, key=lambda model: bic[model][1]) == "b"
    assert min(results["bic"]["control"], key=results["bic"]["control"].get) == "b"
    verdicts = {verdict["name"]: verdict for verdict in results["verdicts"]}
    assert verdicts["seeds below all three"]["measured"] == 1
    assert not verdicts["seeds below all three"]["passed"]
    assert verdicts["the same of the control < 0"]["passed"]
    for name in ("low", "high"):
        assert len(results["block_learning_rate"][name]["control"]) == 12
        regret = results["regret"][name]["per_seed"][0]
        assert results["curves"][name]["networks"][0][-1] == pytest.approx(regret, abs=1e-3)

    (tmp_path / LEARNING).write_text(LEARNED)
    assert [path.name for path in study_of(EXPERIMENT).draw(tmp_path)] == ["figure.png", "figure.svg", "figure.pdf"]
    console = Console(record=True, width=80, file=io.StringIO())
    study_of(EXPERIMENT).report(results, console)
    assert "seeds below all three" in console.export_text()
    check_shown(EXPERIMENT, tmp_path)
    summary = study_of(EXPERIMENT).summary(results)
    assert summary["regret"] == results["regret"]["both"]["mean"]
    assert summary["best algorithm"] == min(results["baselines"][name]["both"] for name in restless_results.RIVALS)
    assert summary["rate, high"] == results["learning_rate"]["high"]["mean"]
    shared = results["bic_shared_rate"]["networks"]
    assert shared["volatility"]["per_seed"][0] < shared["agent"]["per_seed"][0] < bic["b"][0]
    assert shared["agent"]["per_seed"][1] < shared["volatility"]["per_seed"][1] < bic["ab"][1]


def test_blocks_are_whole_and_episodes_over_are_left_out():
    values = np.arange(25 * 3).reshape(25, 3)
    blocks = restless_fits.blocks(values, 10)
    np.testing.assert_array_equal(blocks, values[:20].reshape(2, 10, 3))
    assert restless_fits.blocks(values[:4], 10).shape == (1, 4, 3)


@pytest.mark.thorough
def test_a_small_network_from_training_to_figure(tmp_path, quick):
    config = replace(
        EXPERIMENT.config,
        agent=RecurrentConfig(hidden_size=4, time_input="normalised"),
        train=replace(EXPERIMENT.config.train, num_episodes=40),
        test=TestConfig(num_episodes=2 * NUM_EPISODES),
    )
    folder = train_run(EXPERIMENT, config, [0, 1], tmp_path / "run")
    _, results = evaluate_run(EXPERIMENT, config, [0, 1], folder)
    assert results["seeds"] == [0, 1]
    assert len(results["examples"]["low"]["p"]) == 100
    assert all(path.exists() for path in study_of(EXPERIMENT).draw(folder))
