"""Sweeps from a file: what it says, what there is to do, what is done of it, and the one table of all."""

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sessions import wait_for
from sweeping import GRID, TINY, Here, hand_in_result, spec_of, weights

from prefrontal import cli
from prefrontal.errors import UserError
from prefrontal.experiments.workflow import train_run
from prefrontal.reports.runs import REWARD
from prefrontal.runs.attempts import attempts, begin
from prefrontal.runs.stores import FolderStore, open_store
from prefrontal.sweeps.drive import drive
from prefrontal.sweeps.handing_in import hand_in
from prefrontal.sweeps.outcome import Outcome
from prefrontal.sweeps.page import page
from prefrontal.sweeps.spec import Resources
from prefrontal.sweeps.standing import cost, standings
from prefrontal.sweeps.table import seeds_table, settings_table
from prefrontal.sweeps.unit import read_unit
from prefrontal.sweeps.work import run_unit


def test_a_unit_is_an_experiment_a_setting_and_a_block_of_seeds(tmp_path):
    units = spec_of(tmp_path).units
    assert [unit.seeds for unit in units] == [(0, 1), (2, 3), (0, 1), (2, 3)]
    assert [unit.config.train.discount for unit in units] == [0.8, 0.8, 0.9, 0.9]
    assert len({unit.name for unit in units}) == 4
    assert units[0].setting == units[1].setting
    assert units[0].num_steps == 2 * 40 * 5
    assert all(unit.experiment.name in unit.name for unit in units)


def test_a_unit_is_the_same_when_it_is_written_and_read(tmp_path):
    for unit in spec_of(tmp_path).units:
        again = read_unit(json.loads(json.dumps(unit.document)))
        assert again == unit
        assert again.name == unit.name


def test_settings_are_of_a_grid_a_list_and_draws(tmp_path):
    text = TINY + GRID + '[[list]]\n"task.num_trials" = 5\n[[list]]\n"task.num-trials" = 6\n'
    text += '[random]\nnum = 3\nseed = 1\n"train.learning_rate" = {low = 1e-4, high = 1e-2, log = true}\n'
    text += '"agent.hidden_size" = {low = 2, high = 4, whole = true}\n"train.optimiser" = {choices = ["adam"]}\n'
    units = [unit for unit in spec_of(tmp_path, text).units if unit.seeds[0] == 0]
    assert len(units) == 2 * 2 * 3
    rates = {unit.config.train.learning_rate for unit in units}
    assert len(rates) == 3  # each draw with each of the others
    assert all(1e-4 <= rate <= 1e-2 for rate in rates)
    assert {unit.config.agent.hidden_size for unit in units} <= {2, 3, 4}
    assert spec_of(tmp_path, text).units == spec_of(tmp_path, text).units  # the same draws each time


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TINY.replace('["wang2018-two-step"]', '["nothing"]'), "experiment"),
        (TINY.replace('["wang2018-two-step"]', '["two-step-lesions"]'), "studies those of wang2018-two-step"),
        (TINY.replace("seeds = 4", ""), "`seeds` must be how many"),
        (TINY + '[grid]\n"train.discount" = 0.9\n', "`grid` must hold a list of values"),
        (TINY + '[grid]\n"discount" = [0.9]\n', "must be a part"),
        (TINY + '[grid]\n"train.discont" = [0.9]\n', "discont"),
        (TINY + '[grid]\n"train.discount" = [0.9, 0.90]\n', "which are the same"),
        (TINY + '[random]\n"train.discount" = {low = 0.5, high = 0.9}\n', "`random.num` must be"),
        (TINY + '[random]\nnum = 2\n"train.discount" = {low = 0.9}\n', "must be a range to draw from"),
        (TINY + "cores = 0\n", "resources.cores"),
        (TINY + "colour = 1\n", "colour"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, text, told):
    with pytest.raises(UserError, match=told):
        spec_of(tmp_path, text)


def test_what_the_document_shows_is_read(tmp_path):
    document = Path(__file__).parents[1] / "docs" / "sweeps.md"
    blocks = re.findall(r"```toml\n(.*?)```", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    sweep, slurm, search = (spec_of(tmp_path, block if "seeds" in block else TINY + block) for block in blocks)
    assert len(sweep.units) == 3 * 2 * 2 * 5 * 4
    assert slurm.slurm["partition"] == "gpu"
    assert len(search.units) == 1


def test_which_bits_a_unit_computes_does_not_depend_on_the_machine():
    assert Resources(cores=3).environment == {"JAX_NUM_CPU_DEVICES": "3", "JAX_PLATFORMS": "cpu"}
    assert Resources(cores=3).block == 12
    assert Resources(gpus=1).block == 256


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A sweep that was run to its end, in this process."""
    folder = tmp_path_factory.mktemp("sweep")
    spec = spec_of(folder)
    store = open_store(spec.out)
    ended = drive(store, spec.units, Here(lambda unit: run_unit(unit, spec.out)))
    return spec, store, ended


@pytest.mark.thorough
def test_a_sweep_trains_every_seed_as_it_would_be_alone(done, tmp_path):
    spec, store, ended = done
    assert ended == Counter(done=4)
    unit = spec.units[3]
    alone = train_run(unit.experiment, unit.config, unit.seeds, tmp_path / "alone")
    assert list(weights(alone).values()) == list(weights(store.folder / unit.name).values())


def test_its_folders_say_that_it_is_done(done):
    spec, store, _ = done
    assert [one.state for one in standings(store, spec.units)] == ["done"] * 4
    assert run_unit(spec.units[0], spec.out).ending == "done"
    assert [one.end for unit in spec.units for one in attempts(store, unit.name)] == ["done"] * 4  # each once


def test_one_table_tells_of_all(done):
    spec, store, _ = done
    table, measure, found = hand_in(store, spec)
    assert measure == REWARD
    assert list(table["train.discount"]) == [0.8, 0.9]
    assert list(table["seeds"]) == [4, 4]
    seeds = pd.read_csv(store.folder / "seeds.csv")
    for _, row in table.iterrows():
        own = seeds[seeds["train.discount"] == row["train.discount"]][REWARD]
        assert len(own) == 4
        assert row[REWARD] == pytest.approx(own.mean(), rel=1e-5)
        assert row[f"{REWARD} low"] < own.mean() < row[f"{REWARD} high"]
    assert "reward per episode" in table
    assert (store.folder / "figure.png").read_bytes().startswith(b"\x89PNG")
    pd.testing.assert_frame_equal(seeds, seeds_table(found), check_dtype=False, rtol=1e-4)


def test_of_a_sweep_not_begun_there_is_a_table_too(tmp_path, capsys):
    spec = spec_of(tmp_path)
    cli.main(["sweep", str(spec.path), "--table", "--out", spec.out])
    assert "Units: 4 missing." in capsys.readouterr().out
    assert len(pd.read_csv(tmp_path / "out/table.csv")) == 2


def test_the_page_needs_no_other_file_and_steers_no_browser(tmp_path):
    spec = spec_of(tmp_path)
    store = FolderStore(tmp_path / "out")
    hand_in_result(store, spec.units[0], state="failed", reason="<script>alert(1)</script>")
    found = standings(store, spec.units)
    text = page("<b>", settings_table(found), "", found, b"")
    tags = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            tags.add(tag)
            assert not any(name in ("src", "href") and not value.startswith("data:") for name, value in attributes)

    Reader().feed(text)
    assert "table" in tags
    assert not tags & {"script", "b", "link"}
    assert "&lt;script&gt;alert(1)" in text


def test_a_unit_at_fault_fails_once_and_says_why(tmp_path):
    spec = spec_of(tmp_path, TINY + '[[list]]\n"train.learning_rate" = 1e30\n')
    outcome = run_unit(spec.units[0], spec.out)
    assert outcome.ending == "failed"
    assert "must keep every number finite" in outcome.reason
    (one, other) = standings(open_store(spec.out), spec.units)
    assert (one.state, other.state) == ("failed", "missing")
    assert one.reason == outcome.reason


def test_a_lost_worker_is_replaced_and_a_unit_that_kills_them_given_up(tmp_path):
    spec = spec_of(tmp_path)
    store = open_store(spec.out)
    first, killer = spec.units[0].name, spec.units[1].name

    def run(unit):
        if unit.name == killer or (unit.name == first and backend.started.count(first) == 1):
            return Outcome(unit.name, "lost", "signal 9")
        hand_in_result(store, unit)
        return Outcome(unit.name, "done")

    backend = Here(run, slots=2)
    assert drive(store, spec.units, backend) == Counter(done=3, failed=1)
    assert backend.started.count(first) == 2
    assert backend.started.count(killer) == 3
    failed = [one for one in standings(store, spec.units) if one.state == "failed"]
    assert [one.reason for one in failed] == ["Given up, lost 3 times: signal 9"]


def test_what_another_worker_is_at_is_left_to_it(tmp_path):
    spec = spec_of(tmp_path)
    own = begin(open_store(spec.out), spec.units[0].name)
    assert run_unit(spec.units[0], spec.out).ending == "busy"
    own.tell(share=0.5)
    own.beat()
    (one, *_) = standings(open_store(spec.out), spec.units)
    assert (one.state, one.share) == ("running", 0.5)


def test_the_plan_tells_of_what_is_done_missing_and_failed(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    spec = spec_of(tmp_path)
    store = open_store(spec.out)
    hand_in_result(store, spec.units[0], seconds=3600.0)
    hand_in_result(store, spec.units[1], state="failed", reason="broke down")
    cli.main(["sweep", str(spec.path), "--plan", "--out", spec.out])
    told = capsys.readouterr().out
    assert "2 settings, 4 seeds each (0-3): 4 units of up to 2 seeds" in told
    assert f"Failed: {spec.units[1].name}: broke down" in " ".join(told.split())
    assert "Left: about 2.0 h of one worker (as those done took)" in told  # two units, of an hour each
    assert max(len(line) for line in told.splitlines() if not line.startswith("Results: ")) <= 80
    assert cost(standings(store, spec.units), Resources(price=2.0)).price == pytest.approx(4.0)


@pytest.mark.thorough
def test_a_thousand_finished_runs_are_told_of_at_once(tmp_path):
    grid = f'[grid]\n"train.discount" = {np.linspace(0.5, 0.9, 250).round(4).tolist()}\n'
    spec = spec_of(tmp_path, TINY.replace("seeds = 4", "seeds = 8") + grid)
    store = open_store(spec.out)
    assert len(spec.units) == 1_000
    for unit in spec.units:
        hand_in_result(store, unit, measures={REWARD: [1.0, 2.0]})
    began = time.perf_counter()
    table, *_ = hand_in(store, spec_of(tmp_path, spec.path.read_text()))
    assert time.perf_counter() - began < 5
    assert len(table) == 250
    assert (table["seeds"] == 8).all()


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM)])
def test_a_sweep_that_is_interrupted_saves_and_goes_on(number, tmp_path):
    """Its worker, a process of its own, is asked to stop, too; the command says so and ends as one that was stopped."""
    spec = spec_of(tmp_path, TINY.replace("num_episodes = 40", "num_episodes = 400_000"))
    code = f"from prefrontal.cli import main; main(['sweep', {str(spec.path)!r}, '--out', {spec.out!r}, '--workers=1'])"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    store = open_store(spec.out)
    wait_for(lambda: any((tmp_path / "out").rglob("state.safetensors")), process)
    process.send_signal(number)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert "Stopped, and saved. The same command goes on from there." in told
    first, second = standings(store, spec.units)
    assert (first.state, first.reason, second.state) == ("stopped", "signal 15", "missing")
    assert 0 < first.share < 1
