"""The commands fit, simulate and recover, from their first word to the last file, and the mistakes they tell of."""

import contextlib
import io
import json
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prefrontal import cli
from prefrontal.configs.models import MODELS
from prefrontal.errors import UserError
from prefrontal.fitting.networks.beside import score_models
from prefrontal.fitting.networks.planned import plan_held_out
from prefrontal.reports.earlier import earlier_files, written
from prefrontal.reports.fits import _disagreement
from prefrontal.reports.networks import _show
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


@pytest.mark.thorough
def test_what_is_fixed_is_held_where_choices_are_held_out(simulated: Path, tmp_path: Path):
    asked = shlex.split(
        "--models win-stay-lose-shift --fix stay=.5 --num-starts 2 --num-simulations 0 --held-out sessions"
    )
    told = " ".join(run("fit", simulated, *asked, "--method", "mle", "--out", tmp_path).split())
    assert "Models by map, 2 starts, without each fold, stay=0.5 held." in told
    record = json.loads((tmp_path / "held-out.json").read_text())
    held = {"win-stay-lose-shift": {"stay": 0.5}}
    assert record["models"] == {"method": "map", "num_starts": 2, "fixed": held}
    rows = pd.read_csv(tmp_path / "held-out.csv")
    table = read_table(simulated)
    expected = score_models(table, "win-stay-lose-shift", fixed={"stay": 0.5}, num_starts=2)
    assert rows["log_likelihood"].to_numpy() == pytest.approx(expected["log_likelihood"].to_numpy())


@pytest.mark.thorough
def test_overwriting_leaves_nothing_of_an_earlier_fit_and_all_else(simulated: Path, tmp_path: Path):
    out, alone = tmp_path / "fit", tmp_path / "alone"
    few = ["--num-starts", "2", "--out"]
    more = shlex.split(
        "--models biased-random win-stay-lose-shift --regressors --held-out sessions --num-simulations 3"
    )
    run("fit", simulated, *more, *few, out)
    record = json.loads((out / "fit.json").read_text())
    assert {path.name for path in out.iterdir()} == {*written(record["options"]), "checksums.sha256"}
    mine = {"notes.csv": "a,b", "agents/gru-2/notes.txt": "mine", "gru-2-check.csv": "mine", "hybrid.csv": "mine"}
    for name, text in mine.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text)
    again = shlex.split("--models biased-random --num-simulations 0")
    run("fit", simulated, *again, *few, out, "--overwrite")
    run("fit", simulated, *again, *few, alone)
    left = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert left == {path.name for path in alone.iterdir()} | set(mine)
    assert all((out / name).read_text() == text for name, text in mine.items())
    assert "held-out" not in (out / "checksums.sha256").read_text()


def test_a_table_is_not_replaced_by_its_fit(simulated: Path, tmp_path: Path):
    table = tmp_path / "biased-random.csv"
    table.write_bytes(simulated.read_bytes())
    told = refused("fit", table, "--models", "biased-random", "--out", tmp_path, "--overwrite")
    assert "`out` must not be a file that is read" in told
    assert table.read_bytes() == simulated.read_bytes()


def test_an_earlier_fit_is_told_by_its_record(tmp_path: Path):
    """Its files are those of what was asked of it; what is read now is no fit's."""
    options = {"tables": ["x.csv"], "models": ["hybrid", "gru-2", "../up"], "teacher": "gru-9", "num_simulations": 20}
    names = ["hybrid.csv", "held-out.csv", "gru-2-flow.png", "gru-9-check.csv", "check.png", "selection.svg"]
    names += ["agents/gru-2/0000.safetensors", "agents/gru-9/0012.safetensors"]
    others = ["sarsa-0.csv", "hybrid-regressors.csv", "loo.csv", "agents/gru-2/mine.safetensors", "notes.csv"]
    others += ["agents/gru-4/0000.safetensors", "check.txt"]
    for name in (*names, *others):
        (tmp_path / "fit" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "fit" / name).write_text("")
    (tmp_path / "up.csv").write_text("")
    assert earlier_files(tmp_path / "fit") == []  # nothing tells of one
    (tmp_path / "fit" / "held-out.json").write_text(json.dumps({"options": options}))
    found = {str(path.relative_to(tmp_path / "fit")) for path in earlier_files(tmp_path / "fit")}
    assert found == {*names, "held-out.json"}
    kept = earlier_files(tmp_path / "fit", [tmp_path / "fit" / "hybrid.csv"])
    assert len(kept) == len(found) - 1
    (tmp_path / "fit" / "held-out.json").write_text('{"options": {"models": "all"}}')
    assert earlier_files(tmp_path / "fit") == []


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
    (tmp_path / "two" / "notes.csv").write_text("mine")
    run("recover", "biased-random", *few, "--num-subjects", "6", "--out", tmp_path / "two", "--overwrite")
    there = {path.name for path in (tmp_path / "one").iterdir()} | {"notes.csv"}
    assert {path.name for path in (tmp_path / "two").iterdir()} == there


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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "biased-random --held-out people --num-folds 10",
            "`num_folds` must be no more than there are subjects, got 10",
        ),
        ("biased-random --held-out sessions --num-folds 1", "`num_folds` must be 2 or more, got 1"),
        (
            "biased-random --by session --held-out sessions --num-folds 50",
            "`num_folds` must be no more than a session has trials, got 50 where one has 40",
        ),
        ("biased-random --num-folds 5", "`num_folds` must go with networks or choices held out, got 5"),
        ("biased-random --held-out people --sharing one", "`sharing` must go with networks, got one without any"),
        ("biased-random --sharing alone", "`sharing` must go with networks, got alone without any"),
        ("biased-random gru-1 --held-out people --sharing group", "`sharing` must be one where people are held out"),
        (
            "biased-random gru-1 --held-out people --teacher gru-20",
            "`teacher` must be left out where people are held out, got gru-20",
        ),
        (
            "biased-random gru-1 --sharing group --teacher gru-20",
            "`sharing` must be alone where a network teaches others, got group",
        ),
        ("gru-1 --sharing one --teacher gru-20", "`sharing` must be alone where a network teaches others, got one"),
        ("biased-random gru-2 --teacher gru-2", "`teacher` must be a network that others among the models learn from"),
        ("biased-random gru-1 --teacher gru-0", "or networks of 1 to 100 units"),
        ("gru-1 --fix stay=.5", "`fix` must go with a cognitive model, got stay and none: networks have no parameter"),
        ("gru-1 --method hierarchical", "`method` must be left out where only networks are fitted, got hierarchical"),
        ("gru-1 --regressors", "`regressors` must be left out where only networks are fitted, got it"),
        ("gru-1 --recovery quick", "`recovery` must be left out where only networks are fitted, got quick"),
        (
            "hybrid --num-samples 50",
            "`num_samples` must be left out without --method hierarchical, got 50: it would do",
        ),
        ("hybrid --method em --num-chains 2", "`num_chains` must be left out without --method hierarchical, got 2"),
        ("gru-1 --num-starts 5", "`num_starts` must be left out where only networks are fitted, got 5"),
        ("biased-random --method em --num-starts 0", "`num_starts` must be a whole number of at least 1, got 0"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_fitted(
    words: str, message: str, simulated: Path, tmp_path: Path, monkeypatch
):
    for begun in ("commands.fit._fit", "reports.networks.fit_networks", "reports.networks.score_models"):
        monkeypatch.setattr(f"prefrontal.{begun}", _never)
    assert message in refused("fit", simulated, "--out", tmp_path / "out", "--models", *words.split())
    assert not (tmp_path / "out").exists()


def test_folds_that_nobody_asked_for_are_as_many_as_can_be(simulated: Path):
    table = read_table(simulated)
    people = plan_held_out(table, ["gru-1"], over="people")
    assert (people.num_folds, people.folds.num) == (4, 4)
    assert people.told == "Folds: 4, as many as there are subjects."
    short = plan_held_out(table[table["trial"].lt(7)], [], ["hybrid"], by="session")
    assert short.told == "Folds: 7, as many as the shortest session that is cut into parts has trials."
    assert plan_held_out(table, ["gru-1"]).told == ""
    with pytest.raises(UserError, match="`held_out` must be sessions where there is one subject"):
        plan_held_out(table[table["subject"].eq(table["subject"].iloc[0])], ["gru-1"], over="people")


def test_an_interval_that_there_is_not_is_left_blank(capsys):
    row = {"num_variables": 2, "nats": -0.5, "low": np.nan, "high": np.nan, "from_best": 0.0, "num_best": 1}
    _show(pd.DataFrame([row], index=["hybrid"]), "One subject.")
    told = capsys.readouterr().out
    assert "-0.5000" in told
    assert "nan" not in told


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
