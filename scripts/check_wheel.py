"""Build wheel and sdist into dist/, and see that they work where there is no repository: `make wheel`.

An empty environment in a folder of its own gets the wheel, and is asked to test shipped networks, and to write and
analyse the example table. From the sdist a wheel is built again, and must hold the same files.

    python scripts/check_wheel.py
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
COMMANDS = (
    ("--version",),
    ("list",),
    ("evaluate", "wang2018-two-step", "--pretrained", "--test.num-episodes", "20"),
    ("example", "people.csv"),
    ("analyse", "people.csv", "--out", "analysed"),
)


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; it must succeed. It sees nothing of this repository."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=clean, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("RECORD")}


def build(source: Path, out: Path, *kinds: str) -> list[Path]:
    run(sys.executable, "-m", "build", *kinds, "--outdir", out, source, cwd=ROOT)
    return sorted(out.glob("prefrontal-*"))


def main() -> None:
    start = time.perf_counter()
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder).resolve()
        wheel, sdist = build(ROOT, DIST)  # the wheel is built from the sdist
        for file in (wheel, sdist):
            print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")
        inside = files(wheel)
        tracked = run("git", "ls-files", "src/prefrontal", cwd=ROOT).split() if (ROOT / ".git").exists() else []
        missing = {name.removeprefix("src/") for name in tracked} - inside
        if missing:
            sys.exit(
                f"The wheel must hold every file of the package, got one without {', '.join(sorted(missing)[:5])}."
            )
        venv.create(here / "empty", with_pip=True)
        bin_ = here / "empty" / ("Scripts" if os.name == "nt" else "bin")
        constraints = ("--constraint", ROOT / "constraints.txt") if "--newest" not in sys.argv else ()
        run(bin_ / "python", "-m", "pip", "install", "--quiet", *constraints, wheel, cwd=here)
        print(f"installed after {time.perf_counter() - start:.0f} s")
        where = run(bin_ / "python", "-c", "import prefrontal; print(prefrontal.__file__)", cwd=here).strip()
        assert Path(where).resolve().is_relative_to(here), where
        for arguments in COMMANDS:
            began = time.perf_counter()
            told = run(bin_ / "prefrontal", *arguments, cwd=here)
            print(f"prefrontal {' '.join(arguments)}: {time.perf_counter() - began:.1f} s")
            assert told.strip() or arguments[0] in ("example",), arguments
    print(f"all in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
