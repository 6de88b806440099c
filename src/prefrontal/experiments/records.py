"""What a folder says of itself, and a file of settings, as an experiment with all its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from prefrontal.configs import RECIPES, Recipe
from prefrontal.configs.values import of_record, with_values
from prefrontal.errors import UserError, check_choice, check_seeds, did_you_mean
from prefrontal.experiments.presets import EXPERIMENTS, find_experiment
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.runs.claims import ORIGIN
from prefrontal.runs.files import read_bytes
from prefrontal.runs.inventory import Found, is_run, look
from prefrontal.runs.provenance import parse_json, read_record
from prefrontal.runs.results import RESULTS, read_results
from prefrontal.runs.seed_folder import CONFIG
from prefrontal.runs.toml import parse_toml

PARTS = ("task", "agent", "train", "test")


@dataclass(frozen=True)
class Record:
    """An experiment, its numbers and its seeds, as a run's folder or a file of settings has them."""

    experiment: Experiment
    """In the recipe that it was trained in."""
    config: ExperimentConfig[Any]
    """Every number."""
    recipe: Recipe = "paper"
    seeds: tuple[int, ...] = ()
    """None: nothing is said of them."""
    found: Found | None = None
    """The folder. None: a file."""

    @property
    def source(self) -> Literal["run", "package", "file"]:
        """Whose networks the results in the folder are of: a run's, the package's, or a file's."""
        networks = self.found.record.get("networks") if self.found else None
        return networks.get("from", "run") if isinstance(networks, dict) else "run"

    @property
    def is_plain(self) -> bool:
        """Whether the folder is of networks as they are when trained, with nothing done to them."""
        return not self.found or not {"intervention", "at"} & set(self.found.record)


def find_folder(name: str) -> Path | None:
    """The folder of the run called `name`: a path, EXPERIMENT/NAME, or a NAME that only one run in runs/ has.

    Raises:
        UserError: when several have that name.
    """
    for path in (Path(name), Path("runs") / name):
        if is_run(path):
            return path
    if "/" in name or name in (".", "..") or not name:
        return None
    found = [path for path in sorted(Path("runs").glob(f"*/{_escaped(name)}")) if is_run(path)]
    if len(found) > 1:
        raise UserError(
            f"`run` must be one run, got {name}, which is {' and '.join(map(str, found))}. Give the folder."
        )
    return found[0] if found else None


def read_folder(path: Path) -> Record:
    """The run in the folder `path`.

    Raises:
        UserError: when it holds none, or one of an experiment or of configs that the package does not have.
    """
    if (path / CONFIG).exists() and "seed" in read_record(path / CONFIG):
        raise UserError(
            f"`{path}` must be a run folder, got that of one seed. Give the one above: `{path.parent}`, and --seeds."
        )
    found = look(path)
    if found.experiment not in EXPERIMENTS:
        raise UserError(
            f"`{path}` must be of an experiment of the package, got {found.experiment}. What is your own is tested "
            "in Python: an experiment by prefrontal.evaluate_run(experiment, config, seeds, out); agents by the call "
            "of prefrontal.train_agents that trained them, which reads them."
        )
    preset = find_experiment(found.experiment)
    if "" in found.variants and "" not in preset.variants(preset.config):
        if (path.parent / ORIGIN).exists():
            return read_folder(path.parent)
        raise UserError(
            f"`{path}` must be the folder of a whole run, got that of a part of {preset.name}. Give --out the folder "
            "above, and the experiment with its options."
        )
    record = found.record
    experiment, recipe = _in_its_recipe(preset, record["config"])
    config = _config(experiment, record["config"], str(path), tested=_tested(path))
    trained = tuple(dict.fromkeys(state.seed for state in found.states))
    return Record(experiment, config, recipe, trained or tuple(found.tested_seeds), found)


def read_settings(path: Path, experiment: Experiment | None = None) -> Record:
    """The settings in a file, JSON or TOML by its name: a run's config.json, or "experiment", "recipe", "seeds" and
    what differs from the preset, by part: [task], [agent], [train], [test].

    Arguments:
        path: the file.
        experiment: whose settings they are to be; those of the experiment that trains its networks will do. None: the
            file names it.

    Raises:
        UserError: when it cannot be read, or is of another experiment, or holds what the experiment does not have.
    """
    return settings_from(read_document(path), path, experiment)


def settings_from(document: Mapping[str, Any], path: Path, experiment: Experiment | None = None) -> Record:
    """`read_settings` of what a file holds, as it was read.

    Arguments:
        document: by name.
        path: the file, for the refusal.
        experiment: as there.

    Raises:
        UserError: as there.
    """
    name = document.get("experiment", experiment.name if experiment else None)
    if not isinstance(name, str):
        raise UserError(f"`{path}` must name its experiment, got none. Give one before --config, or name it in there.")
    if experiment and name not in (experiment.name, experiment.networks):
        raise UserError(f"`{path}` must be of {experiment.name}, got settings of {name}. Leave one of them out.")
    preset, seeds = experiment or find_experiment(name), document.get("seeds", [])
    if not isinstance(seeds, list) or not all(isinstance(seed, int) for seed in seeds):
        raise UserError(f"`seeds` must be a list of whole numbers, got {seeds!r}. Mend it in {path}.")
    check_seeds("seeds", seeds)
    if "config" in document:
        if not isinstance(document["config"], dict):
            raise UserError(f"`config` must hold {', '.join(PARTS)}, got {document['config']!r}. Mend it in {path}.")
        preset, recipe = _in_its_recipe(preset, document["config"])
        return Record(preset, _config(preset, document["config"], str(path)), recipe, tuple(seeds))
    check_names(document, ("experiment", "recipe", "seeds", *PARTS), path)
    recipe: Any = document.get("recipe", "paper")
    check_choice("recipe", recipe, get_args(Recipe))
    preset = preset.in_recipe(recipe)
    parts = {part: _part(document, part, path) for part in PARTS}
    changed = {part: with_values(getattr(preset.config, part), part, parts[part], str(path)) for part in PARTS}
    return Record(preset, ExperimentConfig(**changed), recipe, tuple(seeds))


def check_names(document: Mapping[str, Any], known: Sequence[str], path: Path) -> None:
    """Refuse what a file says under a name that nothing has.

    Raises:
        UserError: when there is such a name.
    """
    if unknown := [name for name in document if name not in known]:
        remedy = did_you_mean(unknown[0], known) or "Mend its name, or leave it out."
        raise UserError(f"`{path}` must hold {', '.join(known)}, got {unknown[0]}. {remedy}")


def settings_of(record: Record) -> dict[str, Any]:
    """Every number of a run, as `read_settings` reads them: those at their defaults and those of the test included."""
    config = {part: asdict(getattr(record.config, part)) for part in PARTS}
    return {"experiment": record.experiment.name, "seeds": list(record.seeds), "config": config}


def changed_options(experiment: Experiment, config: ExperimentConfig) -> list[str]:
    """The options of task, agent and training that are not the preset's, as they are given: "--task.num-trials 20"."""
    changed = []
    for part, numbers in config.training.items():
        preset = experiment.config.training[part]
        for name in sorted(numbers.keys() | preset.keys()):
            value = numbers.get(name, getattr(getattr(config, part), name, None))
            is_there = name in numbers or hasattr(getattr(config, part), name)  # not so, where configs are of two kinds
            if is_there and numbers.get(name) != preset.get(name):
                changed.append(f"--{part}.{name.replace('_', '-')} {value}")
    return changed


def _config(
    experiment: Experiment, parts: Mapping[str, Any], source: str, tested: Mapping[str, Any] | None = None
) -> ExperimentConfig[Any]:
    """The config that a record holds; of the test, which a run does not depend on, what it says or the preset's."""
    preset, made = experiment.config, {}
    own = [str(part["class"]) for part in parts.values() if isinstance(part, dict) and "class" in part]
    if own:
        raise UserError(
            f"`{source}` must be of configs of the package, got {' and '.join(own)}, which the command line cannot "
            "find. Test it in Python: prefrontal.evaluate_run(experiment, config, seeds, out)."
        )
    for part in PARTS:
        kind, values = type(getattr(preset, part)), parts.get(part, tested if part == "test" else None)
        if part == "test" and values is None:
            made[part] = preset.test
        else:
            made[part] = of_record(kind, part, values if isinstance(values, dict) else {}, source)
    return ExperimentConfig(**made)


def _in_its_recipe(preset: Experiment, parts: Mapping[str, Any]) -> tuple[Experiment, Recipe]:
    """The experiment in the recipe that a run was trained in, which its record does not name: told from its numbers."""
    trained = parts.get("train")
    trained = trained if isinstance(trained, dict) else {}

    def differing(experiment: Experiment) -> int:
        numbers = experiment.config.training["train"]
        return sum(trained.get(name) != numbers.get(name) for name in numbers.keys() | trained.keys())

    robust = preset.in_recipe("robust")
    if robust.config == preset.config:
        return preset, "paper"
    if preset.robust:  # with numbers of its own
        is_robust = differing(robust) < differing(preset)
    else:
        is_robust = all(trained.get(name) == number for name, number in RECIPES["robust"].items())
    return (robust, "robust") if is_robust else (preset, "paper")


def _tested(path: Path) -> Mapping[str, Any] | None:
    """The numbers of the test whose results are in the folder `path`."""
    try:
        return read_results(path, ("config",))["config"].get("test") if (path / RESULTS).exists() else None
    except UserError:
        return None


def read_document(path: Path) -> dict[str, Any]:
    """What a file of settings holds, JSON or TOML by its name; of a folder, its config.json.

    Raises:
        UserError: when it cannot be read, or is neither.
    """
    text, kind = read_bytes(path / CONFIG if path.is_dir() else path), path.suffix.lower()
    try:
        document = parse_toml(text.decode()) if kind == ".toml" else parse_json(text.decode())
    except ValueError as error:
        raise UserError(
            f"`{path}` must be {'TOML' if kind == '.toml' else 'JSON, or TOML named .toml'}, got: {error}. Mend it."
        ) from error
    if not isinstance(document, dict):
        raise UserError(f"`{path}` must hold settings by name, got something else. Write it as a run's {CONFIG} is.")
    return document


def _part(document: Mapping[str, Any], part: str, path: Path) -> Mapping[str, Any]:
    values = document.get(part, {})
    if not isinstance(values, dict):
        raise UserError(f"`{part}` must hold numbers by name, got {values!r}. Mend it in {path}.")
    return values


def _escaped(name: str) -> str:
    from glob import escape

    return escape(name)
