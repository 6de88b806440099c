"""Networks from elsewhere: `prefrontal import-tf1`, and `prefrontal evaluate --weights`."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from test_mistakes import contents, refused
from tf1_files import REFERENCE, network, write_checkpoint

from prefrontal import cli
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.runs.files import read_arrays, write_arrays

FINAL, ARXIV = "reference-final", "reference-arxiv"


def prefrontal(*arguments: str | Path) -> list[str]:
    """The lines that the command prints when all goes well."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        cli.main(list(map(str, arguments)))
    return printed.getvalue().splitlines()


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "model-700.cptk", network())


@pytest.fixture
def weights(checkpoint: Path, tmp_path: Path) -> Path:
    prefrontal("import-tf1", checkpoint, "--out", tmp_path / "mine.safetensors")
    return tmp_path / "mine.safetensors"


def test_an_import_says_what_it_found(checkpoint, tmp_path):
    told = prefrontal("import-tf1", checkpoint, "--out", tmp_path / "out.safetensors")
    assert told == [
        f"Read: {checkpoint}, trained for 700 episodes",
        "  global/rnn/lstm_cell/kernel [55, 192]",
        "  global/rnn/lstm_cell/bias [192]",
        "  global/fully_connected/weights [48, 2]",
        "  global/fully_connected_1/weights [48, 1]",
        "Left alone: 8 others (a worker's copy, the optimiser's memory)",
        f"Written: {tmp_path}/out.safetensors",
        f"Test it: prefrontal evaluate reference-final --weights {tmp_path}/out.safetensors",
    ]
    assert set(read_arrays(tmp_path / "out.safetensors")[0]) == {"kernel", "bias", "policy", "value"}


def test_an_import_is_refused_in_a_sentence(checkpoint, weights, tmp_path):
    before = contents(tmp_path)
    assert refused("import-tf1", checkpoint, "--out", weights).startswith("`--out` must be new, got")
    assert "got nothing there" in refused("import-tf1", tmp_path / "nothing", "--out", tmp_path / "new")
    assert contents(tmp_path) == before


@pytest.mark.thorough
def test_imported_weights_are_tested_as_one_seed(weights, tmp_path):
    """And another test of the same weights takes the place of the first; one of others does not."""
    out, command = tmp_path / "out", ["evaluate", ARXIV, "--weights", weights, "--episodes"]
    prefrontal(*command, 3, "--out", out)
    prefrontal(*command, 4, "--out", out)
    results = json.loads((out / "results.json").read_text())
    assert (results["experiment"], results["seeds"], results["test_episodes"]) == (ARXIV, [0], 4)
    assert results["weights"]["file"] == "mine.safetensors"
    assert results["weights"]["facts"]["source"] == "model-700.cptk"
    for part in ("stay_probability", "first_transition"):
        assert all(len(measure["per_seed"]) == 1 for measure in results[part].values())
    assert len((out / "trials.csv").read_text().splitlines()) == 1 + 4 * 10
    assert prefrontal("figure", ARXIV, "--out", out)[0] == str(out / "figure.png")

    before = contents(out)
    arrays, facts = read_arrays(weights)
    other = tmp_path / "other.safetensors"
    write_arrays(other, {**arrays, "value": np.ones(48, np.float32)}, facts)
    told = refused("evaluate", ARXIV, "--weights", other, "--out", out)
    assert f"`{out}` must be a new folder, an empty one or hold results of `{other}`, got one that holds" in told
    assert contents(out) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", FINAL], "`--weights` must go with evaluate alone, got train."),
        (["evaluate", "wang2018-two-step", "--pretrained"], "must go with evaluate alone, got --pretrained."),
        (["evaluate", "encoding-comparison"], "must go with an experiment on one set of networks, got encoding-"),
        (["evaluate", FINAL, "--agent.hidden-size", "47"], "`kernel` must have shape (54, 188), got (55, 192)."),
        (["evaluate", FINAL, "--agent.cell", "gru"], "missing: content_bias, content_kernel."),
        (["evaluate", FINAL, "--agent.cell", "rnn"], "`kernel` must have shape (55, 48), got (55, 192)."),
        (["evaluate", FINAL, "--agent.head-bias"], "missing: policy_bias, value_bias."),
        (["evaluate", "wang2018-two-step"], "missing: initial_state.c, initial_state.h, policy_bias, value_bias."),
        (["evaluate", FINAL, "--episodes", "0"], "`episodes` must be a whole number of at least 1, got 0."),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, tmp_path, arguments, message):
    out = tmp_path / "out"
    assert message in refused(*arguments, "--weights", weights, "--out", out)
    assert not out.exists()


def test_weights_that_are_none_are_refused(checkpoint, tmp_path):
    out = ["--out", tmp_path / "out"]
    assert "must be a file, got none there" in refused("evaluate", FINAL, "--weights", tmp_path / "no", *out)
    index = checkpoint.with_name(checkpoint.name + ".index")
    assert "must be a whole safetensors file" in refused("evaluate", FINAL, "--weights", index, *out)
    assert not (tmp_path / "out").exists()


def test_the_published_network_does_what_it_is_known_to(tmp_path):
    """Measured once by a NumPy port of the reference, over 2,000 episodes; so is the allowance."""
    prefrontal("import-tf1", REFERENCE / "model-20000", "--out", tmp_path / "weights.safetensors")
    out = tmp_path / "out"
    prefrontal("evaluate", FINAL, "--weights", tmp_path / "weights.safetensors", "--episodes", 2000, "--out", out)
    results = json.loads((out / "results.json").read_text())
    assert results["reward_per_episode"]["mean"] == pytest.approx(66.8, abs=0.6)
    stays = [results["stay_probability"][condition]["mean"] for condition in TRIAL_KINDS]
    assert stays == pytest.approx([0.943, 0.715, 0.541, 0.972], abs=0.012)
