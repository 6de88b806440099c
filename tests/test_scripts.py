"""The scripts that show people what to do with the package run, and a type checker has nothing to say of them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import prefrontal

SCRIPTS = sorted((Path(__file__).parents[1] / "docs" / "scripts").glob("*.py"))
SOURCE = Path(prefrontal.__file__).parents[1]
CHECKER = shutil.which("basedpyright", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")

SHOWN = {
    "fit_a_table": ("8 subjects, 800 trials", "Best: sarsa-0", "comparison.png"),
    "lesion_study": ("intact: reward 6", "without a half: reward", "lesions.png"),
    "own_task_and_network": ("seed 1:", "Learning: ", "levers.png"),
}
"""What each prints."""


def python(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Python in `folder`, as a user would: nothing checks types as it goes."""
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_each_script_is_known():
    assert {script.stem for script in SCRIPTS} == set(SHOWN)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
@pytest.mark.thorough
def test_a_script_runs(script, tmp_path):
    done = python(tmp_path, script)
    assert done.returncode == 0, done.stderr
    for words in SHOWN[script.stem]:
        assert words in done.stdout


@pytest.mark.skipif(CHECKER is None, reason="basedpyright is not installed: it comes with prefrontal[dev].")
@pytest.mark.thorough
def test_a_type_checker_finds_a_misspelt_name_and_nothing_in_the_scripts(tmp_path):
    for script in SCRIPTS:
        shutil.copy(script, tmp_path)
    (tmp_path / "misspelt.py").write_text("import prefrontal as pf\n\nprint(pf.stay_probabilty)\n")
    settings = {"typeCheckingMode": "standard", "extraPaths": [str(SOURCE)]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [str(CHECKER), "--pythonpath", sys.executable, "--outputjson"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    reports = json.loads(done.stdout)["generalDiagnostics"]
    (report,) = reports
    assert Path(report["file"]).name == "misspelt.py"
    assert report["severity"] == "error"
    assert '"stay_probabilty" is not a known attribute of module "prefrontal"' in report["message"]


MISTAKES = {
    "pf.fit_model('study.csv', 'hybrid')": "`table` must be a trial table, a pandas DataFrame, got a str. Read",
    "pf.stay_probability('study.csv')": "`table` must be a trial table, a pandas DataFrame, got a str. Read",
    "pf.check_task(pf.BanditConfig())": "`task` must be an AbstractTask, got a BanditConfig. Give a task:",
    "pf.evaluate_run('wang2018-two-stop')": "`experiment` must be one of",
    "pf.recipe('robust', nope=1)": "`numbers` must be one of num_episodes, unroll,",
    "pf.TrainConfig(discount='x')": "`discount` must be a probability from 0 to 1, got x.",
    "pf.TrainConfig(learning_rate='x')": "`learning_rate` must be at least 0, got x.",
    "pf.TwoStepConfig(num_trials='ten')": "`num_trials` must be a whole number of at least 1, got ten.",
    "pf.train_agents(None, pf.RecurrentConfig(), {'num_episodes': 10})": "`config` must be a TrainConfig, got a dict.",
    "pf.train_agents(None, pf.RecurrentConfig(), seeds=3)": "`seeds` must name one or more, got 3.",
    "pf.train_agents(None, pf.RecurrentConfig(), seeds=[])": "`seeds` must name one or more, got [].",
    "pf.read_trials(3)": "`path` must be of a file, or a list of such, got a int.",
    "pf.read_trials('study.csv', columns={'choice': 'x'})": "`columns` must be Columns, got a dict.",
    "pf.fit_model(pf.simulate('biased-random', pf.TwoStepConfig(), {'bias': np.zeros(1)}), 'hybrid', task=3)":
        "`task` must be a KnownTask or the config of a two-step task, got a int.",
}  # fmt: skip
"""What people may call with what is of another kind, and how the answer begins."""


def test_what_people_give_by_mistake_is_refused_in_a_sentence(tmp_path):
    """In one process, for it is importing and compiling that takes long."""
    lines = ["import numpy as np, prefrontal as pf"]
    for call in MISTAKES:
        lines += ["try:", f"    {call}", "except pf.UserError as error:", "    print(str(error).replace('\\n', ' '))"]
    done = python(tmp_path, "-c", "\n".join(lines))
    told = done.stdout.splitlines()
    assert len(told) == len(MISTAKES), done.stdout + done.stderr
    for answer, beginning in zip(told, MISTAKES.values(), strict=True):
        assert answer.startswith(beginning)
