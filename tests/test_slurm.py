"""Units as an array of SLURM's: the script, and a cluster of this machine that runs it."""

import subprocess
import time

import pytest
import slurm_here
from slurm_here import slurm, told
from sweeping import GRID, TINY, spec_of

from prefrontal.errors import UserError
from prefrontal.runs.stores import open_store
from prefrontal.sweeps.slurm import script, submit, waiting
from prefrontal.sweeps.standing import standings


def test_the_script_says_what_a_unit_is_given(tmp_path):
    text = (
        TINY + 'minutes = 30\nmemory_gb = 4\n[slurm]\npartition = "gpu"\nexclusive = true\nsetup = ["module load x"]\n'
    )
    lines = script(spec_of(tmp_path, text), tmp_path, 8, at_once=3).splitlines()
    assert lines[0] == "#!/bin/bash"
    for option in ("array=0-7%3", "cpus-per-task=2", "time=30", "mem=4000M", "partition=gpu", "exclusive", "requeue"):
        assert f"#SBATCH --{option}" in lines
    assert "#SBATCH --signal=B:USR1@90" in lines
    assert lines.index("module load x") < lines.index("export JAX_NUM_CPU_DEVICES=2") < len(lines) - 1
    assert lines[-1].startswith("exec ")
    assert subprocess.run(["bash", "-n"], input="\n".join(lines), text=True, check=False).returncode == 0


@pytest.mark.parametrize("line", ['array = "0-3"', 'partition = "a\\nb"', "setup = 3", "mem = []"])
def test_options_of_sbatch_that_would_break_the_script_are_refused(tmp_path, line):
    with pytest.raises(UserError, match="`slurm"):
        script(spec_of(tmp_path, f"{TINY}[slurm]\n{line}\n"), tmp_path, 1)


def test_without_slurm_the_script_is_written_and_the_way_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    spec = spec_of(tmp_path)
    with pytest.raises(UserError, match=r"take it there, with the same folders: sbatch .*/001/array\.sh"):
        submit(spec, spec.units)
    assert (tmp_path / "out/.slurm/001/array.sh").exists()
    assert len((tmp_path / "out/.slurm/001/units.jsonl").read_text().splitlines()) == 4
    assert waiting(spec) == set()


@pytest.mark.thorough
@pytest.mark.skipif(bool(slurm_here.is_there()), reason=slurm_here.is_there())
def test_slurm_runs_the_units_of_an_array(tmp_path):
    """A task is cancelled while it waits: it alone is left to be submitted again."""
    spec = spec_of(tmp_path, TINY + GRID)
    store = open_store(spec.out)
    folder = tmp_path / "slurm"
    folder.mkdir()
    with slurm(folder):
        job = submit(spec, spec.units[:2], at_once=1)
        told("scancel", f"{job.job}_1")
        assert waiting(spec) <= {spec.units[0].name}
        deadline = time.monotonic() + 240
        while waiting(spec):
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert [one.state for one in standings(store, spec.units[:2])] == ["done", "missing"]
