"""How the package's C is compiled, kept and called, and what is said where it cannot be."""

import os
import subprocess
import sys
import warnings

import jax
import pytest
from test_gradient import assert_close
from test_lstm_gradient import loss, needs_compiler, network

from prefrontal.learning import native
from prefrontal.learning.gradient import unrolled_gradient
from prefrontal.learning.lstm_gradient import fastest_gradient
from prefrontal.rollouts.episodes import begin
from prefrontal.runs.arrays import named_arrays


@pytest.fixture
def fresh():
    """Nothing is known of compilers, before and after."""
    caches = (native.compiler, native._lstm_backward)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def steps_without_c(agent, task):
    situation, keys = begin(agent, task, jax.random.key(1)), jax.random.split(jax.random.key(2), 4)
    found = fastest_gradient(agent, task, situation, keys, loss, starts=True)
    assert_close(
        named_arrays(found.gradient),
        named_arrays(unrolled_gradient(agent, task, situation, keys, loss, starts=True).gradient),
    )
    assert native.lstm_backward(agent.encoder.size, agent.cell.num_units) is None


@pytest.mark.parametrize("how", ["off", "none"])
def test_without_a_compiler_nothing_is_said(how, fresh, monkeypatch, tmp_path):
    monkeypatch.setenv(*(("PREFRONTAL_NATIVE", "off") if how == "off" else ("PATH", str(tmp_path))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        steps_without_c(*network(4))
    assert native.compiler() is None


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 3", "it ended with 3"),
        ("printf 'In a file\\n\\351 error: no header' >&2; exit 1", ". error: no header"),
        ('while [ "$1" != -o ]; do shift; done; echo none > "$2"', "too short|invalid|not"),
        ("exec sleep 60", "it took more than 1 seconds"),
    ],
)
def test_a_compiler_that_fails_is_told_once(script, reason, fresh, monkeypatch, tmp_path):
    """One that says nothing, one that says why, one whose work cannot be loaded, and one that hangs."""
    monkeypatch.setattr(native, "MOST_SECONDS", 1)
    mine = tmp_path / "mycc"
    mine.write_text(f"#!/bin/sh\n{script}\n")
    mine.chmod(0o755)
    monkeypatch.setenv("CC", str(mine))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    agent, task = network(4)
    with pytest.warns(RuntimeWarning, match=f"mycc could not make .*: .*({reason}).*CC to another compiler"):
        steps_without_c(agent, task)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        steps_without_c(agent, task)


@needs_compiler
@pytest.mark.parametrize("home", ["kept", "not to be written"])
def test_where_the_library_is_kept(home, fresh, monkeypatch, tmp_path):
    folder = tmp_path / "cache"
    if home != "kept":
        folder.write_text("a file where a folder would be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    units = 2 if home == "kept" else 3  # a name is given once in a process
    assert native.lstm_backward(7, units) is not None
    libraries = list(tmp_path.rglob(f"lstm_backward_7_{units}_*.so"))
    assert len(libraries) == (home == "kept")
    if home == "kept":
        assert libraries[0].parents[1] == folder / "prefrontal" / "native"


@needs_compiler
@pytest.mark.parametrize("length", [0, 4096])
def test_a_damaged_library_is_made_again(length, fresh, monkeypatch, tmp_path):
    """One that was cut off would end the process."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    wanted = native.compiler(), ("-DINPUTS=9", "-DUNITS=2"), "damaged_9_2"
    native._loaded(*wanted)
    (library,) = tmp_path.rglob("*.so")
    whole = library.read_bytes()
    library.unlink()  # the one in use stays as it is
    library.write_bytes(whole[:length])
    native._loaded(*wanted)
    assert library.read_bytes() == whole
    assert list(tmp_path.rglob("*.so")) == [library]


@needs_compiler
def test_older_instructions_are_kept_to(fresh, monkeypatch, tmp_path):
    """What holds JAX to them holds the C, so that other machines' numbers can be had here."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    names = {}
    for flags in ("", "--xla_cpu_max_isa=AVX2 --xla_other=1", "--xla_cpu_max_isa=SSE4_2"):
        monkeypatch.setenv("XLA_FLAGS", flags)
        native._lstm_backward.cache_clear()
        names[native._instructions()] = native.lstm_backward(3, 14).target
    assert len(set(names.values())) == 3


@needs_compiler
@pytest.mark.parametrize(
    ("asked", "options"), [("{cc} -DX=1", ["-DX=1"]), ("no-such-compiler", []), ("{cc} 'x", []), ("", [])]
)
def test_the_compiler_is_that_of_cc(asked, options, fresh, monkeypatch):
    """With options, too; where that is none, or has one quote, the usual ones."""
    usual = native.compiler()
    native.compiler.cache_clear()
    monkeypatch.setenv("CC", asked.format(cc=usual[0]))
    assert native.compiler() == (usual[0], *options)


@needs_compiler
def test_many_processes_may_compile_at_once(tmp_path):
    code = "from prefrontal.learning import native; print(native.lstm_backward(5, 6).target)"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    several = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = {process.communicate()[0] for process in several}
    assert len(told) == 1
    assert [process.returncode for process in several] == [0, 0, 0]
    assert len(list(tmp_path.rglob("*.so"))) == 1
