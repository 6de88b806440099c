"""The commands fit, simulate and recover, from their first word to the last file, and the mistakes they tell of."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prefrontal import cli
from prefrontal.configs.models import MODELS
from prefrontal.reports.fits import _disagreement
from prefrontal.trials.table import read_table


def run(*arguments: str | Path) -> str:
    """What the command prints."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(io.StringIO()):
        cli.main(list(map(str, arguments)))
    return told.getvalue()


def refused(*arguments: str | Path) -> str:
    """The one line that the command tells of a mistake."""
    told = io.StringIO()
    printed = contextlib.redirect_stdout(io.StringIO())
    with contextlib.redirect_stderr(told), printed, pytest.raises(SystemExit) as end:
        cli.main(list(map(str, arguments)))
    assert end.value.code == 2
    message, newline, rest = told.getvalue().partition("\n")
    assert (newline, rest) == ("\n", "")
    return message


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of four biased choosers."""
    path = tmp_path_factory.mktemp("simulated") / "new" / "table.csv"
    options = ["--parameters", "bias=1.2", "--num-subjects", "4", "--num-sessions", "2", "--num-trials", "40"]
    told = run("simulate", "biased-random", *options, "--out", path)
    assert f"Trials: {path}, 320 in all" in told
    return path


def test_simulate_writes_trials_and_parameters(simulated: Path):
    table = read_table(simulated)
    assert table.groupby(["subject", "session"]).size().tolist() == [40] * 8
    share = table["choice"].mean()
    assert abs(share - 1 / (1 + np.exp(-1.2))) < 5 * np.sqrt(0.25 / len(table))
    parameters = pd.read_csv(simulated.with_name("table.parameters.csv"))
    assert parameters["bias"].tolist() == pytest.approx([1.2] * 4)


@pytest.mark.parametrize("form", ["daw", "akam", "miller"])
def test_every_form_can_be_simulated(form: str, tmp_path: Path):
    options = ["--task.num-trials", "12", "--num-subjects", "2", "--draw"]
    run("simulate", "hybrid", "--form", form, *options, "--out", tmp_path / "table.csv")
    table = read_table(tmp_path / "table.csv")
    assert len(table) == 24
    assert ("choice2" in table) == (form == "daw")
    drawn = pd.read_csv(tmp_path / "table.parameters.csv")
    assert drawn["weight"].nunique() == 2


@pytest.mark.thorough
def test_fit_writes_estimates_comparison_record_and_figures(simulated: Path, tmp_path: Path):
    models = ["biased-random", "win-stay-lose-shift"]
    told = run("fit", simulated, "--models", *models, "--method", "mle", "--num-starts", "2", "--out", tmp_path)
    assert "biased-random" in told
    assert max(len(line) for line in told.splitlines() if not line.startswith("Files: ")) <= 80
    record = json.loads((tmp_path / "fit.json").read_text())
    comparison = pd.read_csv(tmp_path / "comparison.csv", index_col="model")
    for model in models:
        table = pd.read_csv(tmp_path / f"{model}.csv")
        assert len(table) == 4
        assert comparison.loc[model, "bic"] == pytest.approx(table["bic"].sum())
        assert record["comparison"][model]["log_likelihood"] == pytest.approx(table["log_likelihood"].sum())
        assert (tmp_path / f"{model}-estimates.png").stat().st_size > 1000
        assert record["checks"][model]["distance"] > 0
        assert pd.read_csv(tmp_path / f"{model}-check.csv")["simulated"].notna().all()
    assert comparison["num_best"].sum() == 4
    ones = read_table(simulated).groupby("subject")["choice"].mean().to_numpy()
    found = pd.read_csv(tmp_path / "biased-random.csv")["bias"]
    np.testing.assert_allclose(found, np.log(ones / (1 - ones)), atol=1e-4)
    assert "is there. Give another --out" in refused("fit", simulated, "--out", tmp_path)


@pytest.mark.thorough
def test_a_population_is_fitted_and_models_are_told_apart(simulated: Path, tmp_path: Path):
    models = ["biased-random", "win-stay-lose-shift"]
    told = run("fit", simulated, "--models", *models, "--method", "em", "--out", tmp_path)
    assert "win-stay-lose-shift: the group" in told
    assert "iBIC: likelihoods integrated over the group" in " ".join(told.split())
    record = json.loads((tmp_path / "fit.json").read_text())
    assert record["settled"] == dict.fromkeys(models, True)
    by_subject = pd.read_csv(tmp_path / "comparison-by-subject.csv")
    assert by_subject.filter(like=".probability").sum(axis=1).to_numpy() == pytest.approx(1)
    assert len(by_subject) == 4
    group = record["group"]["biased-random"]["bias"]
    assert group["low"] < group["median"] < group["high"]
    assert (tmp_path / "selection.png").stat().st_size > 1000


@pytest.mark.thorough
def test_models_are_compared_on_choices_held_out(simulated: Path, tmp_path: Path):
    models, quick = ["biased-random", "win-stay-lose-shift"], ["--num-starts", "2", "--num-simulations", "0"]
    for what, folds in (("sessions", 2), ("people", 4)):  # there are two sessions
        out = tmp_path / what
        asked = ["--held-out", what, "--num-folds", str(folds), "--out", out]
        told = " ".join(run("fit", simulated, "--models", *models, *quick, *asked).split())
        assert "log-likelihood a held-out choice" in told
        rows = pd.read_csv(out / "held-out.csv")
        counts = rows.pivot_table(values="num_choices", index=["subject", "fold"], columns="model")
        assert (counts["biased-random"] == counts["win-stay-lose-shift"]).all()
        assert rows["fold"].nunique() == folds
        assert (out / "held-out.png").stat().st_size > 1000


def test_it_is_said_where_the_sum_and_most_subjects_prefer_different_models():
    table = pd.DataFrame({"bic": [10.0, 12.0], "num_best": [1, 5]}, index=["one", "other"])
    told = _disagreement(table, "bic")
    assert told.startswith("Note: the sum is lowest for one, but other is best for more (5 against 1)")
    assert _disagreement(table.assign(num_best=[3, 3]), "bic") == ""


@pytest.mark.thorough
def test_recover_writes_parameters_or_the_confusion_of_models(tmp_path: Path):
    few = ["--num-trials", "30", "--num-starts", "2"]
    told = run("recover", "biased-random", *few, "--num-subjects", "12", "--out", tmp_path / "one")
    assert "RMSE" in told
    summary = pd.read_csv(tmp_path / "one" / "summary.csv", index_col="parameter")
    record = json.loads((tmp_path / "one" / "recovery.json").read_text())
    assert record["summary"]["bias"]["rmse"] == pytest.approx(summary.loc["bias", "rmse"])
    assert record["options"]["task"]["num_trials"] == 30
    run("recover", "biased-random", "win-stay-lose-shift", *few, "--num-subjects", "6", "--out", tmp_path / "two")
    confusion = pd.read_csv(tmp_path / "two" / "confusion.csv", index_col=0)
    np.testing.assert_allclose(confusion.sum(axis=1), 1.0)
    for name in ("one", "two"):
        assert (tmp_path / name / "recovery.png").stat().st_size > 1000


@pytest.mark.parametrize("command", ["fit", "simulate", "recover"])
def test_help_is_readable_at_80_columns(command: str, capsys: pytest.CaptureFixture, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    model = [] if command == "fit" else ["hybrid"]
    with pytest.raises(SystemExit) as end:
        cli.main([command, *model, "--help"])
    assert end.value.code == 0
    told = capsys.readouterr().out
    assert "--out" in told
    assert max(len(line) for line in told.splitlines() if not line.startswith("Files: ")) <= 80
    if model:
        with pytest.raises(SystemExit) as end:
            cli.main([command, "--help"])
        assert end.value.code == 0
        told = capsys.readouterr().out
        assert all(name in told for name in MODELS)
        assert max(len(line) for line in told.splitlines() if not line.startswith("Files: ")) <= 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["simulate"], "`model` must be one of hybrid, "),
        (["simulate", "hybrid", "sarsa-0"], "`model` must be one of hybrid, "),
        (["recover", "hybird"], "`model` must be one of hybrid, "),
        (["simulate", "hybrid", "--form", "dow"], "`form` must be one of wang, daw, akam, miller, got dow."),
        (["simulate", "hybrid", "--form"], "`form` must be one of wang, daw, akam, miller, got nothing."),
        (["simulate", "hybrid", "--parameters", "weight"], "`parameters` must be written NAME=NUMBER"),
        (["simulate", "hybrid", "--parameters", "weight=1", "weight=0"], "`parameters` must name each once"),
        (["simulate", "hybrid", "--parameters", "weight=2"], "`weight` must be from 0 to 1, got 2."),
        (["simulate", "hybrid", "--parameters", "gamma=1"], "`parameters` must be of first_learning_rate"),
        (["simulate", "hybrid", "--num-subjects", "0"], "`num_subjects` must be a whole number of at least 1, got 0."),
        (["simulate", "bayes-optimal", "--form", "daw"], "`models` must be without bayes-optimal"),
        (["recover", "hybrid", "sarsa-0", "--parameters", "weight=1"], "`parameters` must go with one model"),
        (["recover", "hybrid", "hybrid"], "`models` must be two or more, each once"),
        (["fit", "nowhere.csv"], "`file` must be a file that can be read, got nowhere.csv"),
        (["fit", "nowhere.csv", "--models"], "`models` must name a model or more, got none."),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(arguments: list[str], message: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in refused(*arguments)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--models", "biased-random", "--fix", "weight=1"],
            "`fix` must name a free parameter of a model, got weight.",
        ),
        (["--models", "biased-random", "sarsa-0", "--fix", "biass=1"], "`fix` must name a free parameter of a model"),
        (["--models", "biased-random", "hybrid", "--fix", "trace=5"], "`trace` must be from 0 to 1, got 5."),
        (["--models", "hybrid", "biased-random", "--fix", "bias=0"], "`fixed` must leave a parameter of biased-random"),
        (["--num-starts", "0"], "`num_starts` must be a whole number of at least 1, got 0."),
        (["--method", "hierarchical", "--num-chains", "0"], "`num_chains` must be a whole number of at least 1, got 0"),
    ],
)
def test_what_is_asked_of_a_fit_is_checked_before_the_first_search(options, message, simulated, tmp_path, monkeypatch):
    monkeypatch.setattr("prefrontal.fitting.fit.search", _never)
    assert message in refused("fit", simulated, *options, "--out", tmp_path / "out")


@pytest.mark.thorough
def test_a_model_that_there_is_not_of_such_a_task_is_refused_before_the_others_are_fitted(tmp_path, monkeypatch):
    monkeypatch.setattr("prefrontal.fitting.fit.search", _never)
    path = tmp_path / "table.csv"
    run("simulate", "hybrid", "--form", "daw", "--task.num-trials", "5", "--out", path)
    told = refused("fit", path, "--models", "hybrid", "bayes-optimal", "--out", tmp_path / "out")
    assert "`models` must be without bayes-optimal" in told


def test_all_that_is_asked_of_a_recovery_is_checked_before_the_first_simulation(tmp_path, monkeypatch):
    monkeypatch.setattr("prefrontal.fitting.recovery.simulate", _never)
    monkeypatch.chdir(tmp_path)
    for name in ("subjects", "sessions", "starts"):
        told = refused("recover", "hybrid", f"--num-{name}", "0")
        assert f"`num_{name}` must be a whole number of at least 1, got 0." in told
    assert "must be without bayes-optimal" in refused("recover", "hybrid", "bayes-optimal", "--form", "daw")


@pytest.mark.thorough
def test_the_models_fitted_so_far_are_kept_when_a_later_one_fails(simulated, tmp_path, monkeypatch):
    from prefrontal.fitting import fit

    def failing(model, *arguments, **options):
        if len(arguments[0]) > 1:
            raise KeyboardInterrupt
        return search(model, *arguments, **options)

    search = fit.search
    monkeypatch.setattr("prefrontal.fitting.fit.search", failing)
    models = ["biased-random", "win-stay-lose-shift"]
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        run("fit", simulated, "--models", *models, "--method", "mle", "--num-starts", "2", "--out", tmp_path)
    assert len(pd.read_csv(tmp_path / "biased-random.csv")) == 4


def _never(*arguments, **options):
    raise AssertionError("work was begun")


@pytest.mark.parametrize(
    ("command", "out"),
    [
        (("simulate", "biased-random", "--num-subjects", "2", "--task.num-trials", "10"), "new.csv"),
        (("table", "TABLE"), "new.csv"),
        pytest.param(
            ("recover", "biased-random", "--num-subjects", "2", "--num-starts", "1", "--num-trials", "10"),
            "new",
            marks=pytest.mark.thorough,
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_is_there_is_replaced_only_where_that_is_asked_for(command, out, simulated: Path, tmp_path: Path):
    words = [simulated if word == "TABLE" else word for word in command]
    run(*words, "--out", tmp_path / out)
    (first, *_) = sorted(path for path in tmp_path.rglob("*.csv"))
    before = first.read_bytes()
    first.write_text("mine")
    assert "--overwrite" in refused(*words, "--out", tmp_path / out)
    assert first.read_text() == "mine"
    run(*words, "--out", tmp_path / out, "--overwrite")
    assert first.read_bytes() == before
