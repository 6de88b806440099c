"""Commands on runs: listed, shown, compared, and named in the place of an experiment."""

import contextlib
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from sessions import STEPS_PER_CHUNK, send, when
from test_folders import STAGED, TINY, TWO_STEP, named_only, put_run

from prefrontal import cli
from prefrontal.commands.tables import expanded
from prefrontal.configs import TestConfig, TrainConfig
from prefrontal.experiments import EXPERIMENTS, Experiment, find_experiment
from prefrontal.experiments.places import check_results_folder
from prefrontal.experiments.records import PARTS, Record, read_folder, read_settings, settings_of
from prefrontal.experiments.studies import study_of
from prefrontal.learning import group
from prefrontal.runs.inventory import LAST_EPISODES, find_runs, look, ranges, seed_state
from prefrontal.runs.results import read_results, write_results

NAME = TWO_STEP.name
MINE = Path("runs") / NAME / "mine"
TASK = ["--task.num-trials", "12", "--task.encoding", "trial"]
NUMBERS = [*TASK, "--agent.hidden-size", "4", "--train.num-episodes", "200", "--train.unroll", "None"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs are kept in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def prefrontal(*arguments: str | Path, width: int = 80) -> str:
    """What the command prints when all goes well, on a terminal of so many columns."""
    columns = mock.patch.dict(os.environ, {"COLUMNS": str(width)})
    with columns, contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(io.StringIO()):
        cli.main(list(map(str, arguments)))
    return printed.getvalue()


def refused(*arguments: str | Path) -> str:
    """What the command says when it refuses what was asked."""
    with contextlib.redirect_stderr(io.StringIO()) as told, pytest.raises(SystemExit) as end:
        cli.main(list(map(str, arguments)))
    assert end.value.code == 2
    return told.getvalue()


@contextlib.contextmanager
def unseen(experiment: Experiment = TWO_STEP) -> Iterator[None]:
    """Tests write the name of the experiment and take no time, and nothing is drawn."""
    silent = {"draw": lambda self, folder: [folder / "figure.png"], "report": lambda self, results, console: None}
    with named_only(experiment), mock.patch.multiple(type(study_of(experiment)), **silent):
        yield


def rows(printed: str) -> dict[str, str]:
    """The rows of a table by their first word that names a run."""
    return {line.split()[1]: " ".join(line.split()) for line in printed.splitlines() if line.startswith(NAME)}


class TestList:
    def test_each_state_is_told(self) -> None:
        for name, seeds in (("trained", (0, 1, 2, 5)), ("stopped", (0,)), ("begun", (3,)), ("tested", (0,))):
            put_run(TWO_STEP, TINY, MINE.with_name(name), seeds=seeds)
        stopped = look(MINE.with_name("stopped")).variants[""].seed(0)
        (stopped.path / "finished.json").unlink()
        stopped.save_progress({"metrics/reward": np.arange(12.0)}, {"episode": 12})
        shutil.rmtree(MINE.with_name("begun") / "seed-003")
        damaged = put_run(TWO_STEP, TINY, MINE.with_name("damaged"))
        (damaged.seed(0).path / "metrics.safetensors").write_bytes(b"nothing")
        (MINE.with_name("unreadable")).mkdir()
        (MINE.with_name("unreadable") / "config.json").write_text("{")
        with unseen():
            prefrontal("evaluate", MINE.with_name("tested"))
        told = rows(prefrontal("runs"))
        assert re.match(rf"{NAME} trained trained 0-2, 5 3\.00 \d+ s ", told["trained"])
        assert told["stopped"].startswith(f"{NAME} stopped stopped at 12 0 5.50 ")
        assert re.match(rf"{NAME} begun begun \d+ s ", told["begun"])
        assert told["tested"].startswith(f"{NAME} tested tested 0 3.00 ")
        assert told["damaged"].startswith(f"{NAME} damaged damaged 0 ")
        assert told["unreadable"].startswith(f"{NAME} unreadable damaged ")
        assert told.keys() - rows(prefrontal("runs", MINE.parent)).keys() == {"unreadable"}
        assert str(MINE.with_name("tested")) in rows(prefrontal("runs", MINE.with_name("tested"), width=200))
        with stopped.lock():
            assert rows(prefrontal("runs"))["stopped"].startswith(f"{NAME} stopped training, at 12 0 ")
        assert max(map(len, prefrontal("runs").splitlines())) <= 80

    def test_reward_is_that_of_the_last_episodes(self) -> None:
        run = put_run(TWO_STEP, replace(TINY, train=TrainConfig(num_episodes=500)), MINE)
        state = seed_state(run.seed(0))
        assert (state.state, state.episode) == ("trained", 500)
        assert state.reward == pytest.approx(np.linspace(1, 5, 500)[-LAST_EPISODES:].mean())
        run.seed(0).save_metrics({"reward": np.linspace(1, 5, 50)}, episodes_per_value=10)
        assert seed_state(run.seed(0)).reward == pytest.approx(np.linspace(1, 5, 50)[-10:].mean())

    def test_parts_and_results_elsewhere_are_one_row_each(self) -> None:
        cued = find_experiment("ritter2018-cued-bandits")
        check_results_folder(cued, cued.config, None)
        for name, variant in cued.variants(cued.config).items():
            put_run(cued, variant, cued.folder(cued.config) / name, seeds=(0, 1))
        lesions = find_experiment("two-step-lesions")
        put_run(TWO_STEP, TINY, TWO_STEP.folder(TINY))
        with unseen(lesions):
            prefrontal("evaluate", lesions.name, *_options(TINY), "--seeds", "0")
        found = {run.experiment: run for run in find_runs(Path("runs"))}
        assert set(found) == {cued.name, lesions.name, NAME}
        assert set(found[cued.name].seeds) == {"memory", "no-memory"}
        assert (found[cued.name].state, found[lesions.name].state) == ("trained", "tested")
        assert "memory" in prefrontal("show", found[cued.name].path)
        assert "Networks: of wang2018-two-step, from the run" in prefrontal("show", found[lesions.name].path)

    def test_where_there_is_none(self, here: Path) -> None:
        assert "There are no runs yet. Train one: prefrontal train EXPERIMENT" in prefrontal("runs")
        (here / "runs").mkdir()
        assert "There are no runs in runs." in prefrontal("runs")
        assert "`nowhere` must be a folder of runs, got none there." in refused("runs", "nowhere")

    def test_seeds_are_written_as_people_do(self) -> None:
        assert [ranges(seeds) for seeds in ((), (3,), (2, 0, 1), (0, 2, 3, 9))] == ["", "3", "0-2", "0, 2-3, 9"]


def _options(config: object) -> list[str]:
    given = {"task": ("num_trials", "encoding"), "agent": ("hidden_size",), "train": ("num_episodes", "unroll")}
    values = {
        f"--{part}.{name}".replace("_", "-"): getattr(getattr(config, part), name)
        for part in given
        for name in given[part]
    }
    return [str(word) for pair in values.items() for word in pair]


class TestShow:
    def test_what_differs_and_what_came_of_it(self) -> None:
        put_run(TWO_STEP, TINY, MINE, seeds=(0, 4))
        printed = prefrontal("show", MINE)
        assert printed.startswith(f"{NAME}: {MINE}\nState: trained\nDiffers from the preset: --task.encoding trial ")
        assert "--agent.hidden-size 4" in printed
        assert [line.split()[:3] for line in printed.splitlines() if line[:1].isdigit()] == [
            ["0", "trained", "30"],
            ["4", "trained", "30"],
        ]
        assert "config.json, seed-000/, seed-004/" in printed
        assert printed.endswith(f"Next: prefrontal evaluate {MINE}\n")
        with unseen():
            prefrontal("evaluate", "mine")  # by its name
        verdict = {"name": "a claim", "published": 1.0, "measured": 2.0, "tolerance": None, "passed": False}
        write_results(MINE, {**read_results(MINE), "verdicts": [verdict]})
        assert " a claim " in prefrontal("show", f"{NAME}/mine")

    @pytest.mark.parametrize("name", EXPERIMENTS)
    def test_every_number_comes_out_and_goes_in_again(self, name: str, here: Path) -> None:
        experiment = find_experiment(name)
        for recipe in ("paper", "robust"):
            preset = experiment.in_recipe(recipe)
            document = settings_of(Record(preset, preset.config, recipe, (1, 2)))
            (here / "all.json").write_text(json.dumps(document))
            read = read_settings(here / "all.json")
            assert (read.config, read.seeds) == (preset.config, (1, 2))
            assert read.experiment.variants(read.config) == preset.variants(preset.config)
            (here / "part.json").write_text(json.dumps({"experiment": name, "config": preset.config.training}))
            assert read_settings(here / "part.json").config == preset.config

    def test_settings_printed_are_of_the_same_run(self, here: Path) -> None:
        put_run(TWO_STEP, TINY, MINE)
        (here / "mine.json").write_text(prefrontal("show", MINE, "--config"))
        printed = prefrontal("train", "--config", "mine.json", "--dry-run")
        assert f"folder: {TWO_STEP.folder(TINY)}, new" in printed
        with_its_record = prefrontal("train", NAME, "--config", MINE / "config.json", "--dry-run")
        assert f"folder: {TWO_STEP.folder(TINY)}, new" in with_its_record

    def test_a_run_of_configs_of_ones_own_is_shown_all_the_same(self) -> None:
        put_run(TWO_STEP, TINY, MINE)
        record = json.loads((MINE / "config.json").read_text())
        record["config"]["task"]["class"] = "MyTask"
        shutil.rmtree(MINE / "seed-000")
        (MINE / "config.json").write_text(json.dumps(record))
        assert "State: begun" in prefrontal("show", MINE)
        assert "must be of configs of the package, got MyTask" in refused("evaluate", MINE)

    @pytest.mark.parametrize("command", ["show", "compare"])
    def test_what_is_no_run_is_refused(self, command: str, here: Path) -> None:
        (here / "empty").mkdir()
        words = ["empty"] if command == "show" else ["empty", "empty"]
        assert "`run` must be the folder of a run, got empty, which is none." in refused(command, *words)
        assert f"`{command}` must be followed by " in refused(command)


class TestCompare:
    def test_settings_and_results(self, here: Path) -> None:
        put_run(TWO_STEP, TINY, MINE, seeds=(0, 1, 2))
        faster = replace(TINY, train=replace(TINY.train, learning_rate=0.01))
        put_run(TWO_STEP, faster, here / "faster", seeds=(0, 1))
        printed = prefrontal("compare", "mine", "faster")
        assert "--train.learning-rate   0.0007     0.01" in printed
        assert printed.count("  --") == 1
        assert "faster is not tested yet: prefrontal evaluate faster" in printed
        for folder, values in ((MINE, [1.0, 2.0, 3.0]), (here / "faster", [5.0, 7.0])):
            with unseen():
                prefrontal("evaluate", folder)
            claim = {"name": "claim", "published": None, "measured": values[0], "tolerance": None, "passed": True}
            measured = {"regret": {"easy": {"per_seed": values, "mean": 0.0, "interval95": [0.0, 4.5]}}}
            write_results(folder, {**read_results(folder), **measured, "verdicts": [claim]})
        lines = [" ".join(line.split()) for line in prefrontal("compare", "mine", "faster").splitlines()]
        place = lines.index("regret, easy 2.00 6.00 4.00")
        assert lines[place + 1] == "0.00 to 4.50 0.00 to 4.50 -1.98 to 9.98"
        assert "claim 1.00 yes 5.00 yes" in lines
        assert "Settings: the same." in prefrontal("compare", MINE, MINE)

    def test_help_tells_what_to_give(self) -> None:
        for command, usage in (("runs", "[FOLDER]"), ("show", "RUN [OPTIONS]"), ("compare", "RUN RUN")):
            with contextlib.redirect_stdout(io.StringIO()) as printed, pytest.raises(SystemExit):
                cli.main([command, "--help"])
            assert printed.getvalue().startswith(f"usage: prefrontal {command} {usage}\n")
            assert max(map(len, printed.getvalue().splitlines())) <= 80


class TestInPlaceOfAnExperiment:
    @pytest.mark.parametrize("word", [str(MINE), f"{NAME}/mine", "mine"])
    def test_a_run_is_tested_with_its_own_settings(self, word: str) -> None:
        put_run(TWO_STEP, TINY, MINE, seeds=(1, 3))
        with unseen():
            assert f"Files: {MINE}" in prefrontal("evaluate", word, "--episodes", "7")
            assert read_results(MINE)["config"]["test"]["num_episodes"] == 7
            prefrontal("evaluate", NAME, "--name", "mine")
            assert read_results(MINE)["config"]["test"]["num_episodes"] == 7  # as it was tested before
            assert prefrontal("figure", word) == f"{MINE}/figure.png\n"
            told = prefrontal("intervene", word, "--noise", "1", "--episodes", "5")
            assert f"Without: prefrontal evaluate {word} --episodes 5" in told
            (inner,) = MINE.glob("intervened-*")
            assert prefrontal("figure", inner) == f"{inner}/figure.png\n"
        assert "results of a test that is part of one. Give the folder above" in refused("evaluate", inner)

    def test_the_parts_of_a_run_are_found_again(self) -> None:
        cued = find_experiment("ritter2018-cued-bandits")
        config = replace(cued.config, train=replace(cued.config.train, num_episodes=40))
        check_results_folder(cued, config, None)
        for name, variant in cued.variants(config).items():
            put_run(cued, variant, cued.folder(config) / name)
        whole = read_folder(cued.folder(config))
        assert (whole.config, whole.seeds) == (config, (0,))
        assert read_folder(cued.folder(config) / "memory").config == config
        assert "Trained already, seed 0" in prefrontal("train", cued.folder(config))

    def test_a_run_of_the_robust_recipe_is_known(self, here: Path) -> None:
        for name in ("wang2018-two-step", "wang2016-bandits"):
            experiment = find_experiment(name).in_recipe("robust")
            check_results_folder(experiment, experiment.config, here / name / "results")
            if "" in experiment.variants(experiment.config):
                put_run(experiment, experiment.config, here / name / "results")
            record = read_folder(here / name / "results")
            assert record.recipe == "robust"
            assert record.experiment == experiment
            assert record.config == experiment.config

    @pytest.mark.parametrize("name", EXPERIMENTS)
    def test_a_run_as_the_preset_has_it_is_the_papers(self, name: str, here: Path) -> None:
        experiment = find_experiment(name)
        (here / "a.json").write_text(json.dumps({"experiment": name, "config": experiment.config.training}))
        read = read_settings(here / "a.json")
        assert (read.recipe, read.experiment) == ("paper", experiment)

    def test_another_run_begins_from_its_settings(self) -> None:
        put_run(TWO_STEP, TINY, MINE, seeds=(2,))
        printed = prefrontal("train", MINE, "--name", "other", "--train.discount", ".5", "--dry-run")
        other = replace(TINY, train=replace(TINY.train, discount=0.5))
        assert f"folder: {MINE.with_name('other')}, new" in printed
        assert "--train.discount 0.5" in printed
        assert "to be trained: seeds 2" in printed
        swept = prefrontal("train", MINE, "--sweep", "train.discount", ".5", ".6", "--dry-run")
        assert f"folder: {TWO_STEP.folder(other)}, new" in swept

    def test_what_does_not_go_together_is_refused(self, here: Path) -> None:
        put_run(TWO_STEP, TINY, MINE)
        put_run(TWO_STEP, STAGED, Path("runs") / "other" / "mine")
        (here / "no.json").write_text("{}")
        for words, message in (
            (["evaluate", "mine"], "`run` must be one run, got mine, which is runs/other/mine and runs/"),
            (["evaluate", MINE, "--recipe", "robust"], "`--recipe` must be left out where a run or --config says"),
            (["evaluate", MINE, "--pretrained"], "`--pretrained` must go with the preset of an experiment, got a run"),
            (["train", MINE, "--config", "no.json"], "`--config` must go with an experiment, got the run"),
            (["train", "no/where"], "`run` must be the folder of a run, got no/where, which is none."),
            (["train", MINE / "seed-000"], "got that of one seed. Give the one above: "),
            (["train", MINE, "--train.discount", ".5"], "must hold the same experiment and config, got another"),
            (["train", NAME, "--name", "a/b"], "`--name` must be a word of letters, digits, dots and hyphens"),
            (["train", NAME, "--name", "a", "--out", "b"], "`--name` must go without --out"),
            (["train", NAME, "--name"], "`--name` must be followed by a value, got none."),
            (["train", NAME, "--name", "a", "--sweep", "train.discount", ".8", ".9"], "must go without --sweep"),
            (["train", MINE, "--sweep", "recipe", "paper", "robust"], "`--sweep recipe` must go with the preset"),
            (["evaluate", MINE, "--dry-run"], "`--dry-run` must go with train or reproduce, got evaluate."),
            (["reproduce", NAME, "--pretrained", "--dry-run"], "must go with train or reproduce, got --pretrained."),
            (["train", MINE, "--at", "best"], "`--at` must go with evaluate or intervene, got train."),
            (["evaluate", MINE, "--at", "worst"], "`at` must be a number of training episodes, best or last, got wor"),
            (["evaluate", MINE, "--at", "5"], "must hold snapshots, got none"),
            (["evaluate", MINE, "--out", "x"], "`--out` must be left out where a run is named, got x."),
            (["analyse", MINE], f"`{MINE}` must be a run whose test left trials.csv, got one without. Test it: prefro"),
        ):
            assert message in refused(*words), words

    def test_results_of_the_package_know_whose_they_are(self) -> None:
        with unseen():
            prefrontal("evaluate", NAME, "--pretrained", "--seeds", "0")
            prefrontal("evaluate", Path("runs") / NAME / "pretrained", "--episodes", "9")
        assert f"draw them by `prefrontal figure {NAME} --pretrained`" in refused("figure", NAME)
        results = read_results(Path("runs") / NAME / "pretrained")
        assert (results["networks"]["from"], results["config"]["test"]["num_episodes"]) == ("package", 9)
        assert "results of networks that come with the package" in refused("train", f"{NAME}/pretrained")

    @pytest.mark.thorough
    def test_the_trials_of_a_run_are_analysed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("prefrontal.experiments.studies.two_step.NUM_IDEAL_EPISODES", 20)
        put_run(TWO_STEP, TINY, MINE, seeds=(0, 1))
        prefrontal("evaluate", "mine", "--episodes", "20")
        for word in ("mine", f"{NAME}/mine", str(MINE), str(MINE / "trials.csv")):
            assert expanded(word) == [str(MINE / "trials.csv")]
        assert "stay, common rewarded" in prefrontal("analyse", f"ours={MINE}")
        assert "ours" in json.loads(Path("analysis/analysis.json").read_text())["groups"]

    def test_another_moment_has_results_of_its_own(self) -> None:
        put_run(TWO_STEP, TINY, MINE, kept=(0, 15))
        with unseen():
            assert f"Files: {MINE}/at-000015\n" in prefrontal("evaluate", MINE, "--at", "15")
            best = prefrontal("evaluate", MINE, "--at", "best")
            assert f"Files: {MINE}/at-best\n" in best
            assert "Best: seed 0 after 30 episodes" in best  # its reward rises to the end
            prefrontal("intervene", MINE, "--at", "15", "--noise", "1")
        assert read_results(MINE / "at-000015")["at"] == 15
        assert read_results(MINE / "at-000015")["changed"][-1] == "--at 15"
        assert len(list(MINE.glob("at-000015-intervened-*"))) == 1
        assert "results of a test that is part of one" in refused("evaluate", MINE / "at-best")


class TestSettings:
    def test_a_file_of_what_differs(self, here: Path) -> None:
        (here / "mine.toml").write_text(
            f'experiment = "{NAME}"\nseeds = [4, 5]\n[task]\nnum-trials = 12\nencoding = "trial"\n'
            '[train]\nnum_episodes = 60\nunroll = "none"\nlearning_rate = 1\n[test]\nnum_episodes = 3\n'
        )
        read = read_settings(here / "mine.toml")
        assert read.seeds == (4, 5)
        assert (read.config.task.num_trials, read.config.train.unroll) == (12, None)
        assert isinstance(read.config.train.learning_rate, float)
        assert read.config.test == TestConfig(num_episodes=3)
        assert read.config.agent == TWO_STEP.config.agent
        printed = prefrontal(
            "reproduce", "--config", "mine.toml", "--seeds", "6", "--train.discount", ".5", "--dry-run"
        )
        assert "to be trained: seeds 6\n" in printed
        assert "--train.discount 0.5" in printed

    def test_settings_of_networks_are_settings_of_who_tests_them(self) -> None:
        put_run(TWO_STEP, TINY, MINE)
        lesions = find_experiment("two-step-lesions")
        read = read_settings(MINE / "config.json", lesions)
        assert (read.experiment.name, read.config.training) == (lesions.name, TINY.training)
        assert read.config.test == lesions.config.test
        with unseen(lesions):
            printed = prefrontal("evaluate", lesions.name, "--config", MINE / "config.json", "--seeds", "0")
        assert printed == f"Files: {lesions.folder(TINY)}\n"  # of the networks in MINE, found by their settings

    def test_the_recipe_may_be_named(self, here: Path) -> None:
        (here / "a.json").write_text(json.dumps({"experiment": NAME, "recipe": "robust", "task": {"num_trials": 20}}))
        read = read_settings(here / "a.json")
        assert (read.recipe, read.config.train.rms_decay, read.config.task.num_trials) == ("robust", 0.99, 20)

    @pytest.mark.parametrize(
        ("document", "message"),
        [
            ({}, "must name its experiment, got none"),
            ({"experiment": "nothing"}, "`experiment` must be one of "),
            (
                {"experiment": NAME, "tasks": {}},
                "must hold experiment, recipe, seeds, task, agent, train, test, got ta",
            ),
            ({"experiment": NAME, "task": 3}, "`task` must hold numbers by name, got 3. Mend it in"),
            ({"experiment": NAME, "config": 3}, "`config` must hold task, agent, train, test, got 3."),
            ({"experiment": NAME, "seeds": "all"}, "`seeds` must be a list of whole numbers, got 'all'."),
            ({"experiment": NAME, "seeds": [-1]}, "`seeds` must be a whole number from 0"),
            ({"experiment": NAME, "recipe": "x"}, "`recipe` must be one of paper, robust, got 'x'."),
            (
                {"experiment": NAME, "task": {"trials": 3}},
                "must hold fields of TwoStepConfig as its task (num_trials, ",
            ),
            (
                {"experiment": NAME, "task": {"num_trials": "ten"}},
                "`task.num_trials` must be a whole number, got 'ten'.",
            ),
            ({"experiment": NAME, "task": {"num_trials": True}}, "`task.num_trials` must be a whole number, got True."),
            ({"experiment": NAME, "task": {"num_trials": 0}}, "`num_trials` must be a whole number of at least 1"),
            ({"experiment": NAME, "task": {"encoding": "x"}}, "`task.encoding` must be one of trial, stage, fixation"),
            ({"experiment": NAME, "train": {"unroll": "x"}}, "`train.unroll` must be a whole number or none, got 'x'."),
            ({"experiment": NAME, "agent": {"head_bias": 1}}, "`agent.head_bias` must be true or false, got 1."),
            (
                {"experiment": NAME, "config": {"task": {}}},
                "must hold every number of a run, got one without task.num_t",
            ),
            ([], "must hold settings by name, got something else."),
        ],
    )
    def test_a_file_that_does_not_fit_is_refused(self, document: object, message: str, here: Path) -> None:
        (here / "a.json").write_text(json.dumps(document))
        told = refused("train", "--config", "a.json", "--dry-run")
        assert message in told
        assert told.count("\n") == 1

    def test_a_file_that_cannot_be_read_is_refused(self, here: Path) -> None:
        (here / "a.json").write_text("{")
        (here / "a.toml").write_text("a =")
        (here / "b.toml").write_text('experiment = "emergence"')
        assert "`a.json` must be JSON, or TOML named .toml, got: " in refused("train", "--config", "a.json")
        assert "`a.toml` must be TOML, got: " in refused("train", "--config", "a.toml")
        assert "`none.json` must be a file, got none there." in refused("train", "--config", "none.json")
        assert f"`b.toml` must be of {NAME}, got settings of emergence." in refused("train", NAME, "--config", "b.toml")

    def test_parts_of_a_config_are_all_there(self) -> None:
        assert set(settings_of(Record(TWO_STEP, TWO_STEP.config))["config"]) == set(PARTS)


class TestTraining:
    def test_a_dry_run_says_what_would_be_and_writes_nothing(self, here: Path) -> None:
        printed = prefrontal("train", NAME, *NUMBERS, "--seeds", "0", "1", "--name", "first", "--dry-run")
        assert printed.splitlines() == [
            NAME,
            f"  folder: runs/{NAME}/first, new",
            "  differs from the preset: --task.encoding trial --task.num-trials 12 --agent.hidden-size 4 "
            "--train.num-episodes 200 --train.unroll None",
            "  episodes of each seed: 200, 12 steps each",
            "  to be trained: seeds 0-1",
            "Takes: less than a minute on two cores, as the preset takes 2 minutes with its test.",
            "Nothing was trained or written: leave out --dry-run to do it.",
        ]
        assert list(here.iterdir()) == []
        assert "Takes: about 2 minutes on two cores" in prefrontal("reproduce", NAME, "--dry-run")
        several = prefrontal("train", NAME, "--sweep", "train.discount", ".8", ".9", "--dry-run")
        assert several.count("  folder: ") == 2
        assert "Takes: about 4 minutes" in several
        put_run(TWO_STEP, TINY, MINE, seeds=(0, 1))
        finished = prefrontal("train", MINE, "--seeds", "0", "1", "7", "--dry-run")
        assert "  trained: seeds 0-1\n  to be trained: seeds 7\n" in finished
        assert "Takes: nothing is left to train." in prefrontal("train", MINE, "--dry-run")
        told = refused("train", NAME, "--name", "mine", "--dry-run")
        assert "must hold the same experiment and config, got another" in told

    @pytest.mark.thorough
    def test_a_stopped_training_says_where_and_goes_on_from_there(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(group, "STEPS_PER_CHUNK", STEPS_PER_CHUNK + 100)
        printed = io.StringIO()
        with when("advance", send(2), call=2), contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as end:
            cli.main(["train", NAME, *NUMBERS, "--seeds", "0", "1", "--name", "mine"])
        assert end.value.code == 130
        assert printed.getvalue() == f"At episode 100 of 200: {MINE}\n"
        assert "stopped at 100 0-1" in rows(prefrontal("runs"))["mine"]
        assert "  to go on with: seeds 0-1\n" in prefrontal("train", MINE, "--dry-run")
        assert prefrontal("train", MINE).splitlines() == [
            "Seeds 0-1 go on from episode 100.",
            f"Trained: {MINE}",
            f"Test it: prefrontal evaluate {MINE}",
        ]
        assert prefrontal("train", MINE, "--test.num-episodes", "9").splitlines() == [
            f"Trained already, seeds 0-1: {MINE}",
            f"Test it: prefrontal evaluate {MINE} --test.num-episodes 9",
        ]
        capfd.readouterr()
        cli.main(["train", str(MINE), "--seeds", "2", "--quiet"])
        assert capfd.readouterr() == ("", "")
        assert look(MINE).state == "trained"

    def test_quiet(self, capfd: pytest.CaptureFixture[str]) -> None:
        put_run(TWO_STEP, TINY, MINE)
        with unseen():
            cli.main(["evaluate", str(MINE), "--quiet"])
        assert capfd.readouterr() == ("", "")
        with pytest.raises(SystemExit):
            cli.main(["evaluate", "nothing", "--quiet"])
        out, err = capfd.readouterr()
        assert out == ""
        assert "must be one of" in err


def test_a_command_misspelt_is_told_the_nearest() -> None:
    assert "got compere. Did you mean compare? Try `prefrontal --help`." in refused("compere")
    assert "got xyzzy. Try `prefrontal --help`." in refused("xyzzy")
