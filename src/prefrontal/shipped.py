"""Where the trained networks are that come with the package: each set is a run folder."""

from pathlib import Path

from prefrontal.errors import UserError
from prefrontal.runs import RunFolder
from prefrontal.seed_folder import CONFIG

SHIPPED = Path(__file__).parent / "networks"


def shipped_names() -> list[str]:
    """The experiments whose networks come with the package."""
    return sorted(folder.name for folder in SHIPPED.iterdir() if (folder / "README.md").exists())


def shipped_folder(name: str) -> Path:
    """The run folder that comes with the package, of the experiment called `name`.

    Raises:
        UserError: when none comes.
    """
    if name not in shipped_names():
        there = ", ".join(shipped_names())
        raise UserError(
            f"`--pretrained` must go with an experiment whose networks come with the package ({there}), got {name}. "
            f"Train it instead: prefrontal train {name}"
        )
    return SHIPPED / name


def shipped_seeds(name: str) -> tuple[int, ...]:
    """The seeds whose networks come with the package.

    Raises:
        UserError: when none comes of this experiment.
    """
    folder = shipped_folder(name)
    runs = [folder] if (folder / CONFIG).exists() else sorted(path.parent for path in folder.glob(f"*/{CONFIG}"))
    return tuple(RunFolder.read(runs[0]).seeds())


def shipped_verdicts(name: str) -> tuple[int, int] | None:
    """How many verdicts on the networks that come with the package are "yes", and how many there are; None where none
    come. From the table in their model card."""
    card = SHIPPED / name / "README.md"
    if not card.exists():
        return None
    rows = [line.split("|") for line in card.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    verdicts = [row[-2].strip() for row in rows]
    return verdicts.count("yes"), verdicts.count("yes") + verdicts.count("NO")
