"""Mistakes in scripts and notebooks are told in a paragraph; all other errors as ever."""

import os
import subprocess
import sys

import pytest

import prefrontal as pf
from prefrontal.errors import TRACEBACK, Stopped


def shown(tmp_path, code, *flags, **environment):
    """What a script writes to standard error, and its exit code."""
    script = tmp_path / "study.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, *flags, str(script)],
        capture_output=True,
        text=True,
        input="import sys; print(type(sys.last_value).__name__)\n" if flags else "",
        env={**os.environ, TRACEBACK: "", **environment},
    )
    return done.stderr.replace(str(script), "study.py"), done.stdout, done.returncode


MISTAKE = """\
import prefrontal as pf


def numbers():
    return pf.TrainConfig(num_episodes=0)


numbers()
"""
PARAGRAPH = """\
UserError: `num_episodes` must be a whole number of at least 1, got 0.
  in study.py, line 5: return pf.TrainConfig(num_episodes=0)
  (PREFRONTAL_TRACEBACK=1 in the environment shows the whole traceback.)
"""


def test_a_script_ends_with_a_paragraph(tmp_path):
    assert shown(tmp_path, MISTAKE) == (PARAGRAPH, "", 1)


@pytest.mark.thorough
def test_the_traceback_is_there_for_those_who_want_it(tmp_path):
    told, _, code = shown(tmp_path, MISTAKE, PREFRONTAL_TRACEBACK="1")
    assert told.startswith("Traceback (most recent call last):")
    assert told.endswith("UserError: `num_episodes` must be a whole number of at least 1, got 0.\n")
    assert code == 1
    told, out, _ = shown(tmp_path, MISTAKE, "-i")
    assert told.startswith(PARAGRAPH)
    assert "UserError" in out  # the debugger finds it: `python -i`, then pdb.pm()


@pytest.mark.thorough
def test_all_else_is_shown_as_before(tmp_path):
    """By the hook that was there, which is also called for what goes wrong after a mistake was caught."""
    caught = MISTAKE.replace("\nnumbers()\n", "\ntry:\n    numbers()\nexcept pf.UserError:\n    1 / 0\n")
    told, _, code = shown(tmp_path, caught)
    assert told.startswith("Traceback (most recent call last):")
    assert "ZeroDivisionError: division by zero" in told
    assert code == 1
    hooked = "import sys\nsys.excepthook = lambda kind, *_: print('hooked', kind.__name__, file=sys.stderr)\n"
    assert shown(tmp_path, hooked + caught)[0] == "hooked ZeroDivisionError\n"


def test_importing_touches_nothing():
    code = "import sys, prefrontal as pf; pf.TrainConfig(); print(sys.excepthook is sys.__excepthook__)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "True\n"


def test_a_notebook_shows_the_paragraph(monkeypatch, capsys):
    pytest.importorskip("IPython", reason="notebooks need IPython")
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.user_ns["pf"] = pf
    result = shell.run_cell("pf.TrainConfig(num_episodes=0)")
    told = capsys.readouterr().out + capsys.readouterr().err
    assert isinstance(result.error_in_exec, pf.UserError)
    assert told.startswith(
        "UserError: `num_episodes` must be a whole number of at least 1, got 0.\n  in this cell, line 1"
    )
    assert len(told.splitlines()) == 3
    monkeypatch.setenv(TRACEBACK, "1")
    shell.run_cell("pf.TrainConfig(num_episodes=0)")
    assert "Traceback (most recent call last)" in capsys.readouterr().out


def test_a_stop_says_that_all_is_saved():
    assert str(Stopped(2)) == "Training was asked to stop, and is saved. The same call goes on from there."
    assert Stopped(2).signal_number == 2
    assert Stopped(2)._render_traceback_() == [f"Stopped: {Stopped(2)}"]


def test_a_stop_that_nobody_catches_ends_as_a_signal_does(tmp_path):
    told, _, code = shown(tmp_path, "from prefrontal.errors import Stopped\nraise Stopped(2)\n")
    assert told == "Stopped: Training was asked to stop, and is saved. The same call goes on from there.\n"
    assert code == 130
