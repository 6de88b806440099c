"""What a result came from: hashes, differences, versions, records."""

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefrontal.errors import UserError, on_the_command_line
from prefrontal.runs import provenance
from prefrontal.runs.provenance import config_hash, differences, environment, read_record, to_json, versions


@pytest.fixture(autouse=True)
def _messages_name_flags():
    """As on the command line; what they say to callers from Python is in `test_errors.py`."""
    with on_the_command_line():
        yield


CONFIG = {"train": {"discount": 0.9, "unroll": None}, "task": {"num_trials": 100, "encoding": "fixation"}}
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
NAMES = st.sampled_from(["train", "task", "discount", "unroll", "größe"])
SECTIONS = st.dictionaries(NAMES, LEAVES | st.lists(st.dictionaries(NAMES, LEAVES, max_size=2), max_size=2))
CONFIGS = st.dictionaries(NAMES, LEAVES | SECTIONS)


def test_what_is_no_number_is_null_whatever_holds_it() -> None:
    nothing, infinite = np.float32("nan"), float("inf")
    document = {
        "a": infinite,
        "b": nothing,
        "c": np.array([1, -np.inf]),
        "d": (nothing, {"e": np.float64("nan")}),
        "f": 2,
    }
    read = json.loads(to_json(document), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert read == {"a": None, "b": None, "c": [1.0, None], "d": [None, {"e": None}], "f": 2}


def record(config: dict, experiment: str = "two-step") -> dict:
    return {"experiment": experiment, "config": config}


def reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


@given(CONFIGS)
def test_the_hash_and_the_comparison_do_not_depend_on_the_order_of_fields(config: dict) -> None:
    assert config_hash("two-step", reversed_keys(config)) == config_hash("two-step", config)
    assert differences(record(reversed_keys(config)), record(config)) == ""


@given(CONFIGS)
def test_the_hash_and_the_comparison_survive_a_config_file(config: dict) -> None:
    read_back = json.loads(to_json(config))
    assert config_hash("two-step", read_back) == config_hash("two-step", config)
    assert differences(record(read_back), record(config)) == ""


@given(CONFIGS, CONFIGS)
def test_the_hash_agrees_with_the_comparison(one: dict, other: dict) -> None:
    same_hash = config_hash("two-step", one) == config_hash("two-step", other)
    assert same_hash == (differences(record(one), record(other)) == "")


def test_the_hash_is_the_first_eight_digits_of_the_sha256_of_the_canonical_json() -> None:
    # printf '{"config": {"a": 1, "b": [true, null, 0.5]}, "experiment": "two-step"}' | sha256sum
    assert config_hash("two-step", {"b": (True, None, 0.5), "a": 1.0}) == "68fbee5f"


def test_the_hash_tells_experiments_and_values_apart() -> None:
    hashes = {
        config_hash("two-step", CONFIG),
        config_hash("bandit", CONFIG),
        config_hash("two-step", {**CONFIG, "test": {}}),
        config_hash("two-step", {**CONFIG, "train": {"discount": 0.95, "unroll": None}}),
        config_hash("two-step", {**CONFIG, "train": {"discount": 0.9, "unroll": 0}}),
        config_hash("two-step", {**CONFIG, "train": {"discount": 0.9, "unroll": False}}),
    }
    assert len(hashes) == 6


def test_numbers_count_by_their_value() -> None:
    whole, float_, numpy = {"cost": 1}, {"cost": 1.0}, {"cost": np.float32(1)}
    assert config_hash("two-step", whole) == config_hash("two-step", float_) == config_hash("two-step", numpy)
    assert differences(record(whole), record(float_)) == ""
    assert differences(record(whole), record({"cost": True})) == "`cost` is 1 there, true asked for"


def test_differences_name_the_fields_and_both_values() -> None:
    asked = {"train": {"discount": 0.95, "unroll": None}, "task": {"num_trials": 100}}
    assert differences(record(CONFIG), record(asked)) == (
        '`task.encoding` is "fixation" there, absent asked for; `train.discount` is 0.9 there, 0.95 asked for'
    )


def test_a_field_of_none_differs_from_an_absent_one() -> None:
    assert differences(record({}), record({"unroll": None})) == "`unroll` is absent there, null asked for"


def test_differences_begin_with_the_experiment_and_count_what_they_do_not_show() -> None:
    there, asked = record(dict.fromkeys("abcd", 1)), record(dict.fromkeys("abcd", 2), "bandit")
    text = differences(there, asked)
    assert text.startswith('`experiment` is "two-step" there, "bandit" asked for; `a` is 1 there, 2 asked for; `b`')
    assert text.endswith("; and 2 more")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("-inf")])
def test_a_config_that_is_not_finite_is_refused(value: float) -> None:
    message = rf"`train\.costs\[1\]` must be a finite number, got {value}. Give a finite one."
    with pytest.raises(UserError, match=message):
        config_hash("two-step", {"train": {"costs": [0.0, value]}})


def test_versions_are_those_installed_and_none_for_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "no-such-package-anywhere"))
    monkeypatch.setattr(provenance, "EXTRAS", ("pytest", "no-such-package"))  # told of only where they are
    assert versions() == {
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "pytest": version("pytest"),
        "no-such-package-anywhere": None,
    }


def test_the_environment_names_time_machine_and_versions() -> None:
    found = environment()
    assert set(found) == {
        "time",
        "command",
        "platform",
        "cpu_count",
        "processor",
        "device",
        "compiler",
        "commit",
        "versions",
    }
    assert found["time"].endswith("+00:00")
    training = {"python", "prefrontal", "jax", "jaxlib", "numpy", "equinox", "optax"}
    told = set(found["versions"]) - set(provenance.EXTRAS)
    assert told == training | {"optimistix", "scipy", "pandas", "scikit-learn", "xarray"}
    assert found["processor"]["kind"].startswith(f"{platform.machine()}-")
    assert found["device"] == {
        "backend": jax.default_backend(),
        "kind": jax.local_devices()[0].device_kind,
        "count": jax.local_device_count(),
    }


def test_the_commit_is_that_of_the_package_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def commit() -> str | None:
        return provenance._commit.__wrapped__()

    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "one"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "src" / "prefrontal" / "runs" / "provenance.py"))
    assert commit() == head
    monkeypatch.setattr(
        provenance, "__file__", str(tmp_path / "venv" / "lib" / "prefrontal" / "runs" / "provenance.py")
    )
    assert commit() is None
    url = SimpleNamespace(read_text=lambda _: '{"url": "https://a", "vcs_info": {"vcs": "git", "commit_id": "abc"}}')
    monkeypatch.setattr("importlib.metadata.distribution", lambda _: url)
    assert commit() == "abc"


def test_json_holds_numpy_numbers_and_nothing_strange() -> None:
    assert json.loads(to_json({"mean": np.float64(0.5), "seeds": np.arange(2)})) == {"mean": 0.5, "seeds": [0, 1]}
    with pytest.raises(TypeError, match=r"\{1\} cannot be written as JSON"):
        to_json({"seeds": {1}})


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "Expecting value"),
        (b'{"experiment": "two-step", "con', "Unterminated string"),
        (b"\xff\xfe", "invalid start byte"),
        (b"[1, 2]", "list indices"),
        (b"3", "not subscriptable"),
        (b'{"experiment": "two-step"}', "'config'"),
        (b'{"experiment": 3, "config": {}}', "an entry of the wrong type"),
        (b'{"experiment": "two-step", "config": []}', "an entry of the wrong type"),
        (None, "No such file or directory"),
    ],
)
def test_a_broken_record_is_refused_with_what_to_do(tmp_path, content: bytes | None, fault: str) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as refusal:
        read_record(path)
    message = str(refusal.value)
    assert message.startswith(f"`{path}` must be the JSON of a run, with its experiment and config, got")
    assert fault in message
    assert message.endswith(f"Restore it from a copy, move `{tmp_path}` away, or give another --out.")


def test_the_command_is_kept_as_it_was_typed(monkeypatch):
    monkeypatch.setattr("sys.argv", ["/usr/bin/prefrontal", "train", "two step", "--seeds", "0"])
    assert environment()["command"] == "prefrontal train 'two step' --seeds 0"
    monkeypatch.setattr("sys.argv", [""])
    assert environment()["command"] == ""
