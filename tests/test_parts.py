"""Long fits keep what is done of them: one that was killed goes on from there."""

import contextlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from prefrontal.cli import main
from prefrontal.errors import quietly
from prefrontal.fitting import search
from prefrontal.runs import parts
from prefrontal.runs.files import folder_names
from prefrontal.runs.parts import is_unfinished, keeping, kept


def test_a_part_is_made_once_until_all_is_done(tmp_path: Path) -> None:
    made: list[int] = []

    def part(number: int) -> float:
        def make() -> list[np.ndarray]:
            made.append(number)
            return [np.full(2, number), np.asarray(0.5)]

        one, half = kept(["part", np.full(2, number)], make)
        assert half == 0.5
        return one[0]

    asked = {"models": ["hybrid"]}
    with contextlib.suppress(KeyboardInterrupt), keeping(tmp_path / "out", asked):
        assert [part(1), part(2), part(1)] == [1, 2, 1]
        raise KeyboardInterrupt
    assert made == [1, 2]
    assert is_unfinished(tmp_path / "out", asked)
    assert not is_unfinished(tmp_path / "out", {"models": ["other"]})
    with keeping(tmp_path / "out", asked):
        damaged = next((tmp_path / "out" / ".parts").glob("*.safetensors"))
        damaged.write_bytes(damaged.read_bytes()[:-1])
        assert [part(1), part(2), part(3)] == [1, 2, 3]
    assert len(made) == 4  # the damaged one anew, and the third
    assert folder_names(tmp_path / "out") == set()
    assert not is_unfinished(tmp_path / "out", asked)
    assert part(3) == 3
    assert len(made) == 5  # outside, nothing is kept


def test_earlier_results_go_when_all_is_done_and_not_before(tmp_path: Path) -> None:
    """Also where the same goes on, and nobody knows any more what was earlier."""
    names = ["fit.json", "old.csv", "agents/gru-2/0000.safetensors", "agents/gru-2/0001.safetensors", "agents/x/y.csv"]
    for name in (*names, "agents/x/mine.txt", "mine.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    earlier = [tmp_path / name for name in names]
    for error in (parts.UserError, KeyboardInterrupt):
        with contextlib.suppress(error), keeping(tmp_path, {"a": 1}, replaced=earlier):
            raise error
        assert all(path.is_file() for path in earlier)
    with keeping(tmp_path, {"a": 1}):
        for name in names[:1]:  # with the same content
            parts.write_text(tmp_path / name, name)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"fit.json", "agents/x/mine.txt", "mine.txt", "checksums.sha256"}
    assert not (tmp_path / "agents/gru-2").exists()
    assert "old.csv" not in (tmp_path / "checksums.sha256").read_text()


def test_a_full_disk_does_not_stop_a_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, *_: object) -> None:
        raise parts.UserError(f"`{path}` is full.")

    with keeping(tmp_path / "out", {}):
        monkeypatch.setattr(parts, "write_arrays", full)
        assert kept(["part"], lambda: [np.ones(1)]) == [np.ones(1)]


MODEL = "win-stay-lose-shift"
MANY = 1000
FITS = {
    "map": (3, [f"{MODEL}.csv", "comparison.csv", "comparison-by-subject.csv"]),
    "em": (MANY, [f"{MODEL}.csv", "comparison.csv", "comparison-by-subject.csv"]),
    "hierarchical": (MANY, [f"{MODEL}.csv", f"{MODEL}-diagnostics.csv", "loo.csv"]),
}
"""Parts, where it matters how many, and files to compare."""


@pytest.mark.thorough
@pytest.mark.parametrize("method", FITS)
def test_a_fit_that_was_stopped_goes_on_and_ends_with_the_same_files(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if method == "hierarchical" and any(find_spec(name) is None for name in ("numpyro", "arviz")):
        pytest.skip("numpyro and ArviZ are not installed: pip install 'prefrontal[bayes]'.")
    num_parts, files = FITS[method]
    main(["example", str(tmp_path / "people.csv")])
    monkeypatch.setattr(search, "LANES", 4)  # of twelve people four at once
    true, written, stop_after = parts.write_arrays, list[Path](), 2 if method != "em" else 20

    def write(path: Path, *rest: object) -> None:
        true(path, *rest)  # pyright: ignore[reportArgumentType]
        written.append(path)
        if len(written) == stop_after:
            raise KeyboardInterrupt

    def fit(out: str, *more: str) -> None:
        words = f"--models {MODEL} --method {method} --num-starts 2 --num-simulations 0 --fix stay=.9".split()
        words += (
            ["--num-warmup", "100", "--num-samples", "100", "--num-chains", "2"] if method == "hierarchical" else []
        )
        with quietly():
            main(["fit", str(tmp_path / "people.csv"), *words, "--out", str(tmp_path / out), *more])

    fit("alone")
    monkeypatch.setattr(parts, "write_arrays", write)
    with pytest.raises(SystemExit) as stopped:
        fit("out")
    assert stopped.value.code == 130
    assert "the same command goes on from there" in capsys.readouterr().err
    fit("out")
    assert len(written) == len(set(written))
    assert num_parts in (len(written), MANY)
    for name in files:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()
    assert folder_names(tmp_path / "out") == folder_names(tmp_path / "alone")
    with pytest.raises(SystemExit):
        fit("out")  # what is done is not written over
    assert "got " in capsys.readouterr().err
