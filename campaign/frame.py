"""What parts of the campaign share: the rows of its table, how large it is, and how a part is run."""

import argparse
import json
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from campaign import ROOT
from prefrontal.runs.files import make_folder, write_text
from prefrontal.runs.provenance import environment

MOST_EXAMPLES = 20


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    tried: str
    """What was done, in words."""
    number: int
    """How often."""
    failed: int
    """How often something else came of it than what is promised."""
    lost: str = "nothing"
    """What of a person's work was lost, in words."""
    told: str = ""
    """What else there is to say, with numbers."""
    examples: tuple[str, ...] = ()
    """Of what failed, the first ones: enough to do it again."""


@dataclass(frozen=True)
class Setting:
    """How a part is run."""

    seed: int
    scale: float
    """1: the full size."""
    folder: Path
    """Where to work: new, and removed at the end."""
    kept: Path
    """Where a part that is long keeps what is done of it, by its name, to go on from there."""
    seconds: float = 60.0
    """For how long each thing is tried at most, in parts that are as long as one lets them."""

    def size(self, number: int, least: int = 1) -> int:
        """What `number` is at this scale."""
        return max(least, round(number * self.scale))

    def rng(self, *names: object) -> random.Random:
        """Random numbers of this seed, others for each of `names`."""
        return random.Random(f"{self.seed} {names}")


def main(run: Callable[[Setting], Iterable[Row]]) -> None:
    """Run a part by itself, and write NAME.json, anew with every row; exit code 1 when anything failed."""
    name = Path(sys.modules[run.__module__].__file__ or "").stem
    asked = parser(run.__doc__ or "").parse_args()
    began, rows = time.monotonic(), list[Row]()
    kept = asked.out / name
    if not asked.more and kept.is_dir():
        sys.exit(f"{kept} has what was tried before, got no --more. Go on from it with --more, or remove it first.")
    make_folder(asked.out)
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        for row in _rows(run, Setting(asked.seed, asked.scale, Path(folder).resolve(), kept, asked.seconds)):
            rows.append(row)
            print(f"{name}: {row.tried}: {row.number:,} tried, {row.failed:,} failed; lost: {row.lost}", flush=True)
            for example in row.examples[:MOST_EXAMPLES]:
                print(f"    {example}", flush=True)
            told = {
                "part": name,
                "seed": asked.seed,
                "scale": asked.scale,
                "seconds": round(time.monotonic() - began, 1),
                "rows": [{**asdict(row), "examples": row.examples[:MOST_EXAMPLES]} for row in rows],
                "environment": environment(),
            }
            write_text(asked.out / f"{name}.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    sys.exit(any(row.failed for row in rows))


def parser(description: str) -> argparse.ArgumentParser:
    """The options of every part."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--seed", type=int, default=0, help="of all that is drawn (0)")
    made.add_argument("--scale", type=float, default=1.0, help="share of the full size (1)")
    made.add_argument("--seconds", type=float, default=60.0, help="of each parser, at most (60)")
    made.add_argument("--more", action="store_true", help="parsers: go on from what was tried before")
    made.add_argument("--out", type=Path, default=ROOT / "build" / "campaign", help="folder of the report")
    return made


def _rows(run: Callable[[Setting], Iterable[Row]], setting: Setting) -> Iterator[Row]:
    """The rows of a part, and one more should it fall over."""
    try:
        yield from run(setting)
    except Exception as error:
        traceback.print_exc()
        yield Row("the part itself", 1, 1, examples=(f"{type(error).__name__}: {error}",))
