"""The experiments on signals: their analyses on behaviour that is known, their files, figures and reports."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from shown import check_shown

from prefrontal.agents.base import AgentInput
from prefrontal.agents.interventions import make_intervention
from prefrontal.analysis.inferred_value import CONDITIONS, ReversalTrials, inferred_ratio, responses
from prefrontal.cli import main
from prefrontal.commands.intervene import split_intervention
from prefrontal.configs import ActorCriticConfig, RecurrentConfig, ReversalConfig, RiskConfig, TestConfig, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.experiments import find_experiment
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.studies.inferred_value import AROUND, _around_reversals
from prefrontal.experiments.studies.optogenetics import ODDS_OF_EFFECT, PUBLISHED_PERCENT, _verdicts, manipulations
from prefrontal.experiments.studies.two_step_lesions import NUM_DRAWS, SHARES, lesions
from prefrontal.experiments.studies.verdicts import ANY
from prefrontal.learning.group import new_agent
from prefrontal.runs.results import read_results

BLOCK = 3


def reversal_trials(errors_of: Any, num_episodes: int = 200) -> ReversalTrials:
    """Random cues in blocks; the error at the stimulus is `errors_of(cues, rewarded cues)` of an episode so far."""
    rng = np.random.default_rng(0)
    cue = rng.integers(0, 2, (num_episodes, 4 * BLOCK))
    state = np.repeat(np.cumsum(rng.integers(0, 2, (num_episodes, 4)), axis=1) % 2, BLOCK, axis=1)
    errors = np.full((*cue.shape, 4), np.nan)
    for episode in range(num_episodes):
        for t in range(cue.shape[1]):
            errors[episode, t, 1] = errors_of(cue[episode, : t + 1], state[episode, :t])
    return ReversalTrials(cue, state, errors)


def infers(cues: np.ndarray, states: np.ndarray) -> float:
    """An observer that takes the last trial's state to be the present one."""
    return 0.0 if not len(states) else 1.0 if cues[-1] == states[-1] else -1.0


def remembers(cues: np.ndarray, states: np.ndarray) -> float:
    """A learner that knows of each cue what followed it last, and nothing else."""
    met = np.flatnonzero(cues[:-1] == cues[-1])
    return 0.0 if not len(met) else 1.0 if states[met[-1]] == cues[-1] else -1.0


class TestInferredValue:
    def test_an_observer_infers_in_full(self):
        found = {name: float(mean[1]) for name, mean in responses(reversal_trials(infers), BLOCK).items()}
        assert found == {name: 1.0 if name.endswith("_rewarded") else -1.0 for name in CONDITIONS}
        assert inferred_ratio(found) == pytest.approx(1.0)

    def test_a_learner_by_experience_does_not(self):
        found = {name: float(mean[1]) for name, mean in responses(reversal_trials(remembers), BLOCK).items()}
        assert (found["experienced_rewarded"], found["experienced_unrewarded"]) == (1.0, -1.0)
        assert found["before_rewarded"] > 0.5 > -0.5 > found["before_unrewarded"]
        assert inferred_ratio(found) < -0.5

    def test_conditions_are_those_of_a_loop(self):
        rng = np.random.default_rng(1)
        trials = reversal_trials(lambda cues, states: rng.normal(), 50)
        expected: dict[str, list[float]] = {name: [] for name in CONDITIONS}
        for cue, state, errors in zip(*trials, strict=True):
            for first in range(BLOCK, len(cue), BLOCK):
                if state[first] == state[first - 1]:
                    continue
                old = "rewarded" if cue[first] == state[first - 1] else "unrewarded"
                expected[f"before_{old}"].append(errors[first, 1])
                known = "experienced" if cue[first + 1] == cue[first] else "inferred"
                new = "rewarded" if cue[first + 1] == state[first] else "unrewarded"
                expected[f"{known}_{new}"].append(errors[first + 1, 1])
        for name, mean in responses(trials, BLOCK).items():
            assert mean[1] == pytest.approx(np.mean(expected[name]))

    def test_what_never_occurred_is_not_a_number(self):
        still = reversal_trials(infers, 5)
        still = still._replace(rewarded_cue=np.zeros_like(still.rewarded_cue))
        assert all(np.isnan(mean).all() for mean in responses(still, BLOCK).values())

    @pytest.mark.parametrize(("block", "known"), [(2, [-2, -1, 0, 1]), (3, [-3, -2, -1, 0, 1, 2]), (4, list(AROUND))])
    def test_around_a_reversal_no_other_block_is_looked_into(self, block, known):
        """Where activity is the state itself it is the old one before and the new one after, in every trial."""
        state = np.repeat(np.array([[0, 1, 1, 0], [1, 0, 1, 1]]), block, axis=1)
        seen = _around_reversals(2.0 * state - 1, state, block)
        expected = [np.nan if trial not in known else -1.0 if trial < 0 else 1.0 for trial in AROUND]
        np.testing.assert_array_equal(seen, expected)
        assert np.isnan(_around_reversals(2.0 * state - 1, np.zeros_like(state), block)).all()


class TestOptogenetics:
    @pytest.mark.parametrize(
        ("name", "shifts"),
        [
            ("block_risky_reward", {"risky reward": -4.0}),
            ("block_safe_reward", {"safe reward": -1.0}),
            ("block_risky_loss", {"risky loss": 1.0}),
        ],
    )
    def test_a_manipulation_cancels_one_outcome_and_no_other(self, name, shifts):
        task = RiskConfig().make()
        agent = new_agent(ActorCriticConfig(actor_size=2, critic_size=2), task, 0)
        change = make_intervention(manipulations(RiskConfig())[name], agent, task)
        outcomes = {
            "risky reward": (0, 4.0),
            "safe reward": (1, 1.0),
            "risky loss": (0, 0.0),
            "fixation": (2, 0.0),
            "invalid pull": (1, -1.0),
            "invalid fixation": (2, -1.0),
        }
        for outcome, (action, reward) in outcomes.items():
            inputs = AgentInput(
                observation=jnp.eye(4)[0],
                previous_action=jnp.eye(3)[action],
                previous_reward=jnp.float32(reward),
                step=jnp.int32(2),
            )
            assert float(change.prediction_error(inputs)) == shifts.get(outcome, 0.0)
        assert change.reward is None
        assert change.units is None

    def test_verdicts_need_the_sign_and_half_the_size(self):
        experiment = find_experiment("wang2018-optogenetics")
        control = np.array([[20.0, 80.0], [30.0, 90.0]])
        changed = {
            "block_risky_reward": control + np.array([0.0, -23.5]),
            "block_safe_reward": control + np.array([14.0, 0.0]),
            "block_risky_loss": control - np.array([12.0, 0.0]),
        }
        verdicts = _verdicts(experiment, {"control": control, **changed}, (0.125, 0.5))
        assert [verdict["passed"] for verdict in verdicts] == [True, True, False, True, False, False]
        assert _verdicts(experiment, {"control": control, **changed}, (0.2, 0.4)) == []

    def test_published_changes_are_those_of_the_percentages(self):
        experiment = find_experiment("wang2018-optogenetics")
        for name, number in experiment.published.items():
            control, stimulated = PUBLISHED_PERCENT[name]["network"][(0.125, 0.5).index(ODDS_OF_EFFECT[name])]
            assert number.value == pytest.approx(stimulated - control)
            assert number.tolerance == pytest.approx(abs(number.value) / 2)


def test_lesions_silence_what_they_say():
    masks, shares, units = lesions(20, seed=3)
    np.testing.assert_array_equal(masks[:20], np.eye(20, dtype=bool))
    np.testing.assert_array_equal(units, [*range(20), *[-1] * (len(SHARES) * NUM_DRAWS)])
    np.testing.assert_allclose(masks.mean(axis=1), shares, atol=0.026)
    assert len({mask.tobytes() for mask in masks[units < 0][shares[units < 0] == 0.5]}) == NUM_DRAWS


RANGES = {
    r"% points$": (-100.0, 100.0),
    r", %$": (0.0, 100.0),
    r"^model-based errors: r²|^rest of .* r²": (0.0, 1.0),
    r"accuracy": (0.0, 1.0),
    r"^belief|^before training": (-np.inf, 1.0),
}
"""Of the measures of verdicts, by their names."""
UNTRAINED_FAIL = {
    "wang2018-inferred-value": {"seeds that learned the cues' values", "of these, all six signs as published"},
    "wang2018-optogenetics": {
        "block risky reward: risky choices at odds .5, % points",
        "block safe reward: risky choices at odds .125, % points",
        "block risky loss: risky choices at odds .125, % points",
    },
    "wang2018-two-step-rpe": {"model-based errors: r² at least .8", "... seeds with that"},
    "two-step-lesions": set(),
}
"""What no network does that was never trained."""
UNTRAINED_HOLD = {
    "wang2018-inferred-value": set(),
    "wang2018-optogenetics": set(),
    "wang2018-two-step-rpe": {"before training, every seed r² under .2"},
    "two-step-lesions": {"all units silenced: reward not above chance, 6"},
}
"""And what holds of it all the same."""


def tiny(name: str) -> Any:
    """The experiment with networks of four units on a short task, as if that were the published one."""
    experiment = find_experiment(name)
    task, agent = {
        "wang2018-inferred-value": (ReversalConfig(num_blocks=4, trials_per_block=4), RecurrentConfig(hidden_size=4)),
        "wang2018-optogenetics": (RiskConfig(num_free_trials=4), ActorCriticConfig(actor_size=3, critic_size=3)),
        "wang2018-two-step-rpe": (TwoStepConfig(num_trials=12), RecurrentConfig(hidden_size=4)),
        "two-step-lesions": (TwoStepConfig(num_trials=12), RecurrentConfig(hidden_size=4)),
    }[name]
    train = replace(experiment.config.train, unroll=None)
    # A reversal to each cue, inferred and experienced, must come about in each network's test.
    test = TestConfig(num_episodes=60 if name == "wang2018-inferred-value" else 6)
    config = replace(experiment.config, task=task, agent=agent, train=train, test=test)
    return replace(experiment, config=config), config


@pytest.mark.thorough
@pytest.mark.parametrize(
    "name", ["wang2018-inferred-value", "wang2018-optogenetics", "wang2018-two-step-rpe", "two-step-lesions"]
)
def test_an_experiment_from_networks_to_figure(name, tmp_path: Path, monkeypatch):
    """Untrained networks will do; what they cannot show is null, and the claims that need training do not hold."""
    monkeypatch.chdir(tmp_path)
    experiment, config = tiny(name)
    agents = {seed: new_agent(config.agent, config.task.make(), seed) for seed in (3, 1)}
    results = study_of(experiment).analyse({"": agents}, config, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == results == read_results(tmp_path, ["seeds"])
    assert results["seeds"] == [3, 1]
    for verdict in results["verdicts"]:
        low, high = next((within for kind, within in RANGES.items() if re.search(kind, verdict["name"])), ANY)
        bounds = [bound for bound in verdict.get("interval95") or () if bound is not None]
        assert all(low <= bound <= high for bound in bounds), verdict
    measured = [verdict for verdict in results["verdicts"] if verdict["measured"] is not None]
    failed = {verdict["name"] for verdict in measured if verdict["passed"] is False}
    assert failed >= UNTRAINED_FAIL[name]
    held = {verdict["name"] for verdict in measured if verdict["passed"]}
    assert held >= UNTRAINED_HOLD[name]
    assert [path.suffix for path in study_of(experiment).draw(tmp_path)] == [".png", ".svg", ".pdf"]
    told = io.StringIO()
    study_of(experiment).report(results, Console(file=told, width=80))
    assert max(map(len, told.getvalue().splitlines())) <= 80
    assert set(study_of(experiment).summary(results)) == {verdict["name"] for verdict in results["verdicts"]}
    assert len(study_of(experiment).summary(results)) == len(results["verdicts"])
    check_shown(experiment, tmp_path)


def test_words_of_an_intervention_are_told_apart():
    words = ["--seeds", "0", "1", "--silence", "3", "7", "--shift-reward=-1", "--pretrained", "--noise", "0.1"]
    assert split_intervention(words) == (
        ["--silence", "3", "7", "--shift-reward=-1", "--noise", "0.1"],
        ["--seeds", "0", "1", "--pretrained"],
    )


@pytest.mark.thorough
def test_intervene_on_the_command_line(tmp_path: Path, capsys):
    """All units silenced: the network's policy is its bias, and it stays as often after every kind of trial."""
    few = ["--pretrained", "--seeds", "0", "--test.num-episodes", "5", "--out", str(tmp_path)]
    main(["intervene", "wang2018-two-step", *few, "--silence", *map(str, range(48))])
    told = capsys.readouterr().out
    assert told.startswith("wang2018-two-step, --silence 0 1 2 3 4 5 ... (48 units): 1 seed\n")
    assert "intact intervened difference" in " ".join(told.split())
    (folder,) = tmp_path.glob("intervened-*")
    assert json.loads((folder / "intervention.json").read_text())["silence"] == list(range(48))
    assert read_results(folder)["reward_per_episode"]["mean"] < 60
    assert (folder / "figure.png").exists()
    assert not (tmp_path / "results.json").exists()
    pairs = pd.read_csv(folder / "intact.csv", index_col="measure")
    assert pairs.loc["reward per episode", "intact"] > 60 > pairs.loc["reward per episode", "intervened"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "`intervene` must be told what to do, got nothing."),
        (["--silence", "48"], "`silence` must name units from 0 to 47, got 48."),
        (["--noise", "-1"], "`noise` must be at least 0, got -1.0."),
        (["--shift-prediction-error", "1"], "`agent` must have a prediction error as an input to shift it"),
    ],
)
def test_interventions_that_cannot_be_are_refused(words, message, tmp_path: Path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["intervene", "wang2018-two-step", "--pretrained", "--seeds", "0", "--out", str(tmp_path), *words])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(message)
    assert not list(tmp_path.glob("intervened-*"))


def test_files_that_are_missing_or_broken_are_refused(tmp_path: Path):
    for name, needs in (("wang2018-two-step-rpe", "errors.csv"), ("two-step-lesions", "lesions.csv")):
        entries = ("seeds", "sweep", "belief", "model_based", "shares", "by_share")
        (tmp_path / "results.json").write_text(json.dumps({**dict.fromkeys(entries), "seeds": [0]}))
        with pytest.raises(UserError, match=rf"{needs}` must be a table of .* Evaluate the run again\.$"):
            study_of(find_experiment(name)).draw(tmp_path)
