"""Every reader of files, with right inputs of each and what makes wrong ones of them."""

import contextlib
import gzip
import os
import zlib
from functools import partial
from pathlib import Path

import mutations
import pandas as pd
import right_inputs
from wrong_inputs import Reader

from prefrontal.errors import UserError
from prefrontal.experiments.records import read_folder, read_settings
from prefrontal.interop.policy import load_policy
from prefrontal.interop.tf1_agents import import_tf1
from prefrontal.interop.tf1_bundle import find_bundle
from prefrontal.play.study import read_study
from prefrontal.runs.files import read_arrays
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.inventory import find_runs
from prefrontal.runs.provenance import read_record
from prefrontal.runs.results import read_learning, read_results
from prefrontal.sweeps.spec import read_spec
from prefrontal.trials.bandits.mindrl import read_mindrl
from prefrontal.trials.formats import detect_format, read_trials
from prefrontal.trials.kept import kept_columns
from prefrontal.trials.table import DTYPES, check_table, read_table, write_table

_CELLS = (mutations.cells, mutations.cells, mutations.cells, mutations.any_bytes, mutations.encoded)
_JSON = (
    mutations.json_tree,
    mutations.json_tree,
    mutations.json_tree,
    mutations.json_text,
    mutations.any_bytes,
    mutations.encoded,
)
_TOML = (mutations.toml, mutations.toml, mutations.toml, mutations.any_bytes, mutations.encoded)


def _trials(path: Path, kind: str = "auto") -> None:
    """Read trials; what is read must be a trial table, and, of one file of four, the same when it was written and is
    read again."""
    table = read_trials(path, format=kind)
    if zlib.crc32(path.read_bytes()) % 4:
        return
    check_table(table)
    beside = path.with_name("again.csv")
    write_table(beside, table)
    again = read_table(beside)
    ours = [name for name in ("subject", *DTYPES) if name in table]  # what else there is may be nothing in two ways
    pd.testing.assert_frame_equal(again[ours], table[ours], check_dtype=False, check_exact=True)


def _read_kept(path: Path) -> None:
    path.with_name("study.csv").write_text(
        "ppt,resp,state,reward,ms,screen\n" + "s1,left,1,0,400,choice\ns1,right,2,1,400,choice\n" * 4
    )
    kept_columns(path.with_name("study.csv"))
    with contextlib.suppress(UserError):
        read_trials(path.with_name("study.csv"))


def _read_config(path: Path) -> None:
    """All that reads a run's config.json: as a record, a run, in a list of runs, and as settings."""
    for read in (read_record, read_settings):
        with contextlib.suppress(UserError):
            read(path)
    list(find_runs(path.parent))
    RunFolder.read(path.parent)


def _read_run(path: Path) -> None:
    with contextlib.suppress(UserError):
        _read_config(path)
    read_folder(path.parent)


def _read_results(path: Path) -> None:
    """All that reads results.json without drawing."""
    read_results(path.parent, ("seeds", "config"))
    list(find_runs(path.parent))
    read_folder(path.parent)


def _read_safetensors(path: Path) -> None:
    """The arrays; and, as the weights of a seed, its facts."""
    read_arrays(path)
    folder = path.parent / "run"
    run = RunFolder.open(folder, "x", {"a": 1}).seed(0)
    run.path.mkdir(exist_ok=True)
    for name in ("weights.safetensors", "metrics.safetensors", "state.safetensors"):
        (run.path / name).unlink(missing_ok=True)
        os.link(path, run.path / name)
    list(find_runs(folder))
    run.load_weights()
    run.load_metrics()


def _read_checkpoint(path: Path) -> None:
    beside = path.with_name("model.data-00000-of-00001")
    if not beside.exists():
        beside.write_bytes(right_inputs.checkpoint()[1])
    import_tf1(path)


def _read_named(path: Path) -> None:
    """What `checkpoint` names, in a folder of a checkpoint."""
    for name, data in zip(("model.index", "model.data-00000-of-00001"), right_inputs.checkpoint(), strict=True):
        if not path.with_name(name).exists():
            path.with_name(name).write_bytes(data)
    find_bundle(path.parent)


READERS = {
    reader.name: reader
    for reader in (
        Reader("own CSV", "t.csv", partial(_trials, kind="prefrontal"), lambda: list(right_inputs.own()), _CELLS),
        Reader("columns", "t.csv", partial(_trials, kind="columns"), lambda: right_inputs.samples(".csv"), _CELLS),
        Reader(
            "any table",
            "t.csv",
            _trials,
            lambda: [
                *right_inputs.samples(".csv"),
                *right_inputs.jspsych(),
                *right_inputs.psych(),
                *right_inputs.akam(),
                *right_inputs.posted(),
                *right_inputs.people(),
            ],
            (*_CELLS, *_JSON),
        ),
        Reader("hBayesDM", "t.txt", partial(_trials, kind="hbayesdm"), right_inputs.hbayesdm, _CELLS),
        Reader("jsPsych", "t.csv", partial(_trials, kind="jspsych"), right_inputs.jspsych, (*_CELLS, *_JSON)),
        Reader("psych-201", "t.jsonl", partial(_trials, kind="psych"), right_inputs.psych, _JSON),
        Reader(
            "psych-201, zip",
            "t.zip",
            _trials,
            right_inputs.psych_zip,
            (mutations.packed, mutations.packed, mutations.any_bytes),
        ),
        Reader("BIDS", "sub-01_ses-2_run-3_events.tsv", _trials, right_inputs.bids, _CELLS),
        Reader(
            "MATLAB", "t.mat", _trials, right_inputs.matlab, (mutations.matlab, mutations.matlab, mutations.any_bytes)
        ),
        Reader("Gillan", "t.csv", partial(_trials, kind="gillan"), right_inputs.gillan, _CELLS),
        Reader(
            "Akam",
            "159_session1_log",
            _trials,
            right_inputs.akam,
            (mutations.any_bytes, mutations.cells, mutations.encoded),
        ),
        Reader("people, posted", "t.txt", partial(_trials, kind="people"), right_inputs.posted, _JSON),
        Reader(
            "people, SQLite",
            "t.sqlite",
            _trials,
            right_inputs.people,
            (mutations.database, mutations.database, mutations.any_bytes),
        ),
        Reader("MindRL", "t.jsonl", read_mindrl, right_inputs.mindrl, _JSON),
        Reader(
            "gzip",
            "t.csv.gz",
            _trials,
            lambda: [gzip.compress(data) for data in right_inputs.samples(".csv")[:6]],
            (mutations.gzipped, mutations.any_bytes),
        ),
        Reader("columns.toml", "study.columns.toml", _read_kept, right_inputs.kept, _TOML),
        Reader(
            "safetensors",
            "t.safetensors",
            _read_safetensors,
            right_inputs.safetensors,
            (mutations.safetensors, mutations.safetensors, mutations.any_bytes),
        ),
        Reader(
            "TensorFlow's index",
            "model.index",
            _read_checkpoint,
            lambda: [right_inputs.checkpoint()[0]],
            (mutations.checkpoint, mutations.checkpoint, mutations.any_bytes),
        ),
        Reader(
            "TensorFlow's `checkpoint`",
            "checkpoint",
            _read_named,
            lambda: [b'model_checkpoint_path: "model"\n'],
            (mutations.any_bytes, mutations.encoded),
        ),
        Reader("policy.npz", "t.npz", load_policy, right_inputs.policy, (mutations.any_bytes,), (ValueError,)),
        Reader("config.json", "config.json", _read_config, lambda: [right_inputs.record()], _JSON),
        Reader(
            "config.json, as a run", "config.json", _read_run, lambda: [right_inputs.record()], (mutations.json_tree,)
        ),
        Reader("results.json", "results.json", _read_results, right_inputs.results, _JSON),
        Reader("learning.csv", "learning.csv", lambda path: read_learning(path.parent), right_inputs.learning, _CELLS),
        Reader("sweep", "sweep.toml", read_spec, right_inputs.spec, _TOML),
        Reader("settings", "settings.toml", read_settings, right_inputs.settings, _TOML),
        Reader("settings, JSON", "settings.json", read_settings, lambda: [right_inputs.record()], _JSON),
        Reader("play's study", "study.toml", read_study, right_inputs.study, _TOML),
        Reader(
            "told format",
            "t.csv",
            detect_format,
            lambda: [*right_inputs.samples(".csv", ".json"), *right_inputs.psych(), *right_inputs.posted()],
            (*_CELLS, *_JSON),
        ),
    )
}
"""By name."""
