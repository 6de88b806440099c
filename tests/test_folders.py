"""Results go where nothing else is lost, are of the networks that were asked for, and say what was done to them."""

import json
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from shown import check_shown, figures_kept, printed, words_of

from prefrontal import cli
from prefrontal.configs import InterventionConfig, RecurrentConfig, TestConfig, TrainConfig, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.experiments import EXPERIMENTS, Experiment, ExperimentConfig, find_experiment
from prefrontal.experiments.drawing import draw_results
from prefrontal.experiments.places import check_results_folder
from prefrontal.experiments.settings import Setting
from prefrontal.experiments.studies import Agents, Study, study_of
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.sweep import run_sweep
from prefrontal.experiments.workflow import evaluate_run, evaluate_weights, train_run
from prefrontal.learning.group import new_agent
from prefrontal.runs.arrays import named_arrays
from prefrontal.runs.claims import ORIGIN
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.results import read_results

TWO_STEP, BORROWERS = (
    find_experiment("wang2018-two-step"),
    [find_experiment(name) for name in ("wang2018-two-step-rpe", "two-step-lesions", "wang2018-two-step-weights")],
)
TINY = ExperimentConfig(
    task=TwoStepConfig(num_trials=12, encoding="trial"),
    agent=RecurrentConfig(hidden_size=4),
    train=TrainConfig(num_episodes=30, unroll=None),
    test=TestConfig(num_episodes=10),
)


STAGED = replace(TINY, task=TwoStepConfig(num_trials=12, encoding="stage"))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs are kept in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("prefrontal.experiments.studies.two_step.NUM_IDEAL_EPISODES", 20)
    return tmp_path


def put_run(experiment: Experiment, config: ExperimentConfig, folder: Path, *, seeds=(0,), kept=()) -> RunFolder:
    """A run as training leaves it, but with random weights: nothing is trained."""
    run = RunFolder.open(folder, experiment.name, config.training)
    for seed in seeds:
        rng = np.random.default_rng(seed)
        arrays = {
            name: array + np.float32(0.6) * rng.normal(size=np.shape(array)).astype(np.float32)
            for name, array in named_arrays(new_agent(config.agent, config.task.make(), seed)).items()
        }
        run.seed(seed).save_weights(arrays, {"episodes": config.train.num_episodes})
        run.seed(seed).save_metrics({"reward": np.linspace(1, 5, config.train.num_episodes)})
        for episode in kept:
            run.seed(seed).save_snapshot(episode, arrays)
        run.seed(seed).finish()
    return run


def named_only(experiment: Experiment) -> mock._patch:
    """The experiment's analysis writes its name and nothing that takes time."""

    def measure(self: Study, agents: Agents, config: ExperimentConfig, folder: Path, subjects: Subjects) -> dict:
        test = {"num_episodes": config.test.num_episodes, "seed": config.test.seed}
        config_record = {**config.training, "test": test}
        return {"experiment": self.experiment.name, "seeds": [0], "verdicts": [], "config": config_record}

    return mock.patch.object(type(study_of(experiment)), "measure", measure)


def theirs(folder: Path, *names: str) -> dict[str, str]:
    """A person's own files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("my own data")
    return dict.fromkeys(names, "my own data")


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("names", [("trials.csv",), ("results.json",), ("thesis.tex", "figure.png")])
def test_a_persons_files_are_not_written_over(here: Path, names: tuple[str, ...]) -> None:
    before = theirs(here / "mine", *names)
    put_run(TWO_STEP, TINY, TWO_STEP.folder(TINY))
    weights = TWO_STEP.folder(TINY) / "seed-000" / "weights.safetensors"
    for call in (
        lambda: evaluate_run(TWO_STEP, TWO_STEP.config, [0], here / "mine", pretrained=True),
        lambda: evaluate_run(BORROWERS[2], TINY, [0], here / "mine"),
        lambda: evaluate_weights(TWO_STEP, TINY, weights, here / "mine"),
        lambda: train_run(TWO_STEP, TINY, [0], here / "mine"),
        lambda: check_results_folder(BORROWERS[2], TINY, here / "mine"),
        lambda: check_results_folder(find_experiment("encoding-comparison"), TINY, here / "mine"),
    ):
        with pytest.raises(UserError, match=r"must be a new folder, an empty one or .*, got one that holds"):
            call()
        assert content(here / "mine") == before


def test_results_of_another_kind_are_not_written_over(here: Path) -> None:
    """Another experiment, other settings, other networks, an intervention; the same test with other episodes is."""
    run = put_run(TWO_STEP, TINY, TWO_STEP.folder(TINY), seeds=(0, 1))
    out, weights, other = here / "out", BORROWERS[2], replace(TINY, train=TrainConfig(num_episodes=20, unroll=None))
    put_run(TWO_STEP, other, TWO_STEP.folder(other))
    with named_only(weights), named_only(BORROWERS[0]), named_only(TWO_STEP):
        evaluate_run(weights, TINY, [0, 1], out)
        assert read_results(out)["networks"] == {"from": "run", "trained_by": TWO_STEP.name}
        before = content(out)
        file = run.path / "seed-000" / "weights.safetensors"
        for call, difference in (
            (lambda: evaluate_run(BORROWERS[1], TINY, [0], out), "`experiment` is "),
            (lambda: evaluate_run(weights, other, [0], out), "`train.num_episodes` is 30 there, 20 asked for"),
            (lambda: evaluate_weights(TWO_STEP, TINY, file, out), "`networks.from` is "),
        ):
            with pytest.raises(UserError, match="got one that holds others: .*" + difference):
                call()
            assert content(out) == before
        evaluate_run(weights, replace(TINY, test=TestConfig(num_episodes=20)), [0, 1], out)
        assert read_results(out)["config"]["test"]["num_episodes"] == 20


def test_networks_of_the_package_are_not_tested_into_a_run_of_that_name(here: Path) -> None:
    """Nor is a run trained into results of theirs."""
    preset = TWO_STEP.config
    run = put_run(TWO_STEP, preset, TWO_STEP.folder(preset))
    with named_only(TWO_STEP):
        with pytest.raises(UserError, match=r"got one that holds config\.json"):
            evaluate_run(TWO_STEP, preset, [0], run.path, pretrained=True)
        folder, results = evaluate_run(TWO_STEP, preset, [0], pretrained=True)
        assert (folder, results["networks"]["from"]) == (Path("runs/wang2018-two-step/pretrained"), "package")
        _, own = evaluate_run(TWO_STEP, preset, [0])
        assert own["networks"]["from"] == "run"
    with pytest.raises(UserError, match="must be a new folder, an empty one or a run, got one that holds"):
        train_run(TWO_STEP, preset, [0], folder)


def test_a_stopped_analysis_finds_its_folder_again(here: Path) -> None:
    """Whatever it had written when it was stopped, even before the first of its files."""
    run = put_run(TWO_STEP, TINY, TWO_STEP.folder(TINY))
    file = run.path / "seed-000" / "weights.safetensors"
    with named_only(BORROWERS[2]), named_only(TWO_STEP):
        for name, call in (
            ("borrowed", lambda: evaluate_run(BORROWERS[2], TINY, [0], here / "borrowed")),
            ("file", lambda: evaluate_weights(TWO_STEP, TINY, file, here / "file")),
            ("own", lambda: evaluate_run(TWO_STEP, TINY, [0])),
        ):
            with (
                mock.patch("prefrontal.experiments.studies.base.write_results", side_effect=KeyboardInterrupt),
                pytest.raises(KeyboardInterrupt),
            ):
                call()
            folder, results = call()
            assert json.loads((folder / "results.json").read_text()) == results, name
        assert read_results(here / "file")["weights"]["file"] == "weights.safetensors"


def test_results_of_earlier_versions_are_known(here: Path) -> None:
    """They have no origin.json and say nothing of networks."""
    put_run(TWO_STEP, TINY, TWO_STEP.folder(TINY))
    with named_only(BORROWERS[2]):
        folder, results = evaluate_run(BORROWERS[2], TINY, [0])
        (folder / ORIGIN).unlink()
        old = {name: results[name] for name in ("experiment", "seeds", "verdicts", "config")}
        (folder / "results.json").write_text(json.dumps(old))
        (folder / "checksums.sha256").unlink()
        evaluate_run(BORROWERS[2], TINY, [0])
        assert (folder / ORIGIN).exists()
        (folder / ORIGIN).unlink()
        (folder / "checksums.sha256").unlink()
        (folder / "results.json").write_text(json.dumps({**old, "experiment": "two-step-lesions"}))
        with pytest.raises(UserError, match='got one that holds others: `experiment` is "two-step-lesions" there'):
            evaluate_run(BORROWERS[2], TINY, [0])


def test_a_sweep_of_borrowed_networks_leaves_the_trainers_results_alone(here: Path) -> None:
    points = [
        Setting({"discount": str(discount)}, replace(TINY, train=replace(TINY.train, discount=discount)))
        for discount in (0.8, 0.9)
    ]
    for point in points:
        put_run(TWO_STEP, point.config, TWO_STEP.folder(point.config))
    weights = BORROWERS[2]
    unmeasured = mock.patch.object(type(study_of(weights)), "compared", return_value={"x": None})
    with named_only(TWO_STEP), named_only(weights), unmeasured:
        evaluate_run(TWO_STEP, points[0].config, [0])
        before = {path: path.read_bytes() for path in Path("runs/wang2018-two-step").rglob("*") if path.is_file()}
        table, path = run_sweep(weights, points, [0], Path("runs") / weights.name)
        assert {path: path.read_bytes() for path in before} == before
        assert table["run"].tolist() == [str(weights.folder(point.config)) for point in points]
        assert {read_results(Path(run))["experiment"] for run in table["run"]} == {weights.name}
        assert path.parent == Path("runs") / weights.name
        assert table["x"].isna().all()
        draw = mock.patch.object(type(study_of(TWO_STEP)), "draw", lambda self, folder: [folder])
        with draw:
            assert draw_results(TWO_STEP, TWO_STEP.folder(points[0].config))
        longer = [replace(point, config=replace(point.config, test=TestConfig(num_episodes=11))) for point in points]
        assert run_sweep(weights, longer, [0], Path("runs") / weights.name)[1] != path  # its table has its own name
        theirs(here / "mine" / weights.folder(points[1].config).name, "notes.txt")
        with (
            mock.patch(
                "prefrontal.experiments.sweep.train_runs", side_effect=AssertionError("nothing is to be trained")
            ),
            pytest.raises(UserError, match=r"got one that holds notes\.txt"),
        ):
            run_sweep(weights, points, [0], here / "mine")


def test_an_intervention_may_come_first(here: Path) -> None:
    """Its folder is within that of the test without, which is then known."""
    put_run(TWO_STEP, TINY, TWO_STEP.folder(TINY))
    with named_only(BORROWERS[2]):
        inner, _ = evaluate_run(BORROWERS[2], TINY, [0], intervention=InterventionConfig(noise=1.0))
        folder, results = evaluate_run(BORROWERS[2], TINY, [0])
    assert inner.parent == folder
    assert "intervention" not in results


def test_a_figure_is_of_its_own_experiment(here: Path) -> None:
    put_run(TWO_STEP, TINY, TWO_STEP.folder(TINY))
    with named_only(BORROWERS[2]):
        folder, _ = evaluate_run(BORROWERS[2], TINY, [0])
    with pytest.raises(UserError, match="must be of wang2018-two-step, got results of wang2018-two-step-weights"):
        draw_results(TWO_STEP, folder)


@pytest.mark.thorough
def test_borrowed_networks_are_tested_with_and_without_an_intervention(here: Path) -> None:
    """And the results say which is which, in every place; beside a run of the same settings without snapshots."""
    put_run(TWO_STEP, STAGED, TWO_STEP.folder(STAGED), seeds=(0, 1))
    as_published = replace(BORROWERS[0], config=STAGED)
    folder, plain = evaluate_run(as_published, STAGED, [0, 1])
    assert plain["comparable"]
    inner, done = evaluate_run(as_published, STAGED, [0, 1], intervention=InterventionConfig(silence=(0, 1)))
    assert inner.parent == folder
    assert done["model_based"] != plain["model_based"]
    for name in ("trained", "untrained", "untrained_shown"):  # it is done to the networks of the control, too
        assert done["belief"]["decoded"][name] != plain["belief"]["decoded"][name]
    assert done["intervention"]["silence"] == [0, 1]
    assert all(verdict["passed"] is None for verdict in done["verdicts"])
    with figures_kept() as figures:
        draw_results(as_published, inner)
    assert all("Tested with --silence 0 1" in words_of(figure) for figure in figures)


@pytest.mark.thorough
def test_belief_along_training_is_of_the_networks_under_test(here: Path) -> None:
    """A run with the same settings in the working directory is no reason to look at it."""
    rpe = BORROWERS[0]
    run = put_run(TWO_STEP, STAGED, TWO_STEP.folder(STAGED), kept=(0, 15, 30))
    _, results = evaluate_run(rpe, STAGED, [0])
    assert results["belief"]["over_training"]["episode"] == [0, 15, 30]
    agents = {0: new_agent(STAGED.agent, STAGED.task.make(), 0)}
    assert study_of(rpe).analyse({"": agents}, STAGED, here)["belief"]["over_training"] is None
    (run.path / "seed-000" / "snapshots").rename(here / "aside")
    assert evaluate_run(rpe, STAGED, [0])[1]["belief"]["over_training"] is None


@pytest.mark.thorough
def test_the_trainers_own_test_says_what_it_is_of(here: Path) -> None:
    """With other options, and as if they were the published: published values and verdicts are where they belong."""
    put_run(TWO_STEP, TINY, TWO_STEP.folder(TINY), seeds=(0, 1))
    _, other = evaluate_run(TWO_STEP, TINY, [0, 1])
    assert other["changed"][-2:] == ["--train.num-episodes 30", "--train.unroll None"]
    assert not other["comparable"]
    assert {part["published"] for part in other["stay_probability"].values()} == {None}
    assert [(v["name"], v["published"], v["passed"]) for v in other["verdicts"]] == [
        (number.name, None, None) for number in TWO_STEP.published.values()
    ]
    told = printed(TWO_STEP, other)
    assert "left out: this is another task (--task.encoding trial --task.num-trials 12)." in told
    assert "0.989" not in told
    as_published = replace(TWO_STEP, config=TINY)
    folder, same = evaluate_run(as_published, TINY, [0, 1])
    assert (same["changed"], same["comparable"]) == ([], True)
    assert len([verdict for verdict in same["verdicts"] if verdict["passed"] is not None]) == 5
    assert "0.989" in printed(as_published, same)
    check_shown(as_published, folder)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_takes_an_intervention_or_refuses_it(name: str, here: Path) -> None:
    """What reads how training went is refused; the others are handed agents with the intervention done to them."""
    experiment, seen = find_experiment(name), {}
    config = experiment.config
    if name == "wang2016-bandits":
        few = {arms: tried[:1] for arms, tried in experiment.criteria.settings.items()}
        experiment = replace(experiment, criteria=replace(experiment.criteria, settings=few))
    trainer = find_experiment(experiment.networks) if experiment.networks else experiment
    for variant, of_variant in experiment.variants(config).items():
        put_run(trainer, of_variant, trainer.folder(config) / variant)

    def measure(self: Study, agents: Agents, config: ExperimentConfig, folder: Path, subjects: Subjects) -> dict:
        seen.update(agents)
        assert set(subjects.runs) == set(agents)
        return {"experiment": self.experiment.name, "seeds": [0], "verdicts": [], "config": config.training}

    noise = InterventionConfig(noise=0.1)
    with mock.patch.object(type(study_of(experiment)), "measure", measure):
        if name == "encoding-comparison":
            with pytest.raises(UserError, match="must go with an experiment that tests its networks, got encoding-"):
                evaluate_run(experiment, config, [0], intervention=noise)
            return
        for nothing in (InterventionConfig(when_reward=1.0), InterventionConfig(clamp_value=0.5)):
            with pytest.raises(UserError, match="`intervene` must be told what to do, got --"):
                evaluate_run(experiment, config, [0], intervention=nothing)
        folder, results = evaluate_run(experiment, config, [0], intervention=noise)
        if name != "wang2018-optogenetics":
            with pytest.raises(UserError, match="must have a prediction error as an input to shift it"):
                evaluate_run(experiment, config, [0], intervention=InterventionConfig(shift_prediction_error=1.0))
    assert {type(agent).__name__ for of_seeds in seen.values() for agent in of_seeds.values()} == {"IntervenedAgent"}
    assert results["intervention"]["noise"] == 0.1
    assert json.loads((folder / "intervention.json").read_text())["noise"] == 0.1


def test_the_command_tells_how_to_test_without(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silent = dict.fromkeys(("draw", "report"), mock.DEFAULT)
    with named_only(TWO_STEP), mock.patch.multiple(type(study_of(TWO_STEP)), **silent):
        cli.main(["intervene", TWO_STEP.name, "--pretrained", "--seeds", "0", "--episodes", "3", "--noise", "1"])
    told = capsys.readouterr().out
    assert "Without: prefrontal evaluate wang2018-two-step --pretrained --seeds 0 --episodes 3\n" in told
