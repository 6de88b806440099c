"""Where else training's numbers go; and that training goes on, whatever becomes of them there."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from prefrontal.errors import UserError
from prefrontal.learning.monitor import TAGS, Writer
from prefrontal.learning.trackers import CSV, VARIABLE, Trackers


def metrics(values) -> dict[str, np.ndarray]:
    return {name: np.asarray(values, np.float32) for name in TAGS.values()}


def test_the_table_has_a_row_a_point_and_none_of_what_was_lost(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "csv")
    writer = Writer(tmp_path, 0)
    writer.write(metrics(np.arange(120)), 0)
    writer.flush()
    rows = (tmp_path / CSV).read_text().splitlines()
    assert rows[0].split(",")[:3] == ["episode", "reward", "value"]
    assert [row.split(",")[:2] for row in rows[1:]] == [["50", "24.5"], ["100", "74.5"], ["120", "109.5"]]
    writer = Writer(tmp_path, 100)  # the process was killed; saved was what 100 episodes had brought
    writer.write(metrics(np.zeros(50)), 100)
    writer.close()
    rows = (tmp_path / CSV).read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["episode", "50", "100", "150"]


def test_none_is_asked_for_and_none_is_there(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    Trackers(tmp_path, 0).write({"reward": 1.0}, 50)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(VARIABLE, "csv, paper")
    with pytest.raises(UserError, match="`PREFRONTAL_TRACKERS` must be some of csv, wandb, mlflow, got paper"):
        Trackers(tmp_path, 0)


def test_what_is_not_there_or_fails_is_told_once_and_the_others_go_on(tmp_path, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError("no net")

    broken = ModuleType("wandb")
    vars(broken)["init"] = lambda **_: SimpleNamespace(log=fail, finish=fail)
    monkeypatch.setitem(sys.modules, "wandb", broken)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.setenv(VARIABLE, "mlflow,wandb,csv")
    with pytest.warns(RuntimeWarning, match=r"mlflow takes no numbers .* pip install 'prefrontal\[mlflow\]'"):
        trackers = Trackers(tmp_path, 0)
    with pytest.warns(RuntimeWarning, match=r"wandb takes no numbers of this training \(no net\)"):
        trackers.write({"reward": 1.0}, 50)
    trackers.write({"reward": 2.0}, 100)
    trackers.close()
    assert (tmp_path / CSV).read_text() == "episode,reward\n50,1\n100,2\n"


@pytest.mark.thorough
def test_mlflow_is_given_them(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="MLflow is not installed: pip install 'prefrontal[mlflow]'.")
    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv(VARIABLE, "mlflow")
    trackers = Trackers(tmp_path / "run" / "seed-000", 0)
    trackers.write({"reward": 1.5}, 50)
    trackers.close()
    client = mlflow.MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name("prefrontal").experiment_id])
    assert run.data.metrics == {"reward": 1.5}
    assert run.info.status == "FINISHED"


@pytest.mark.thorough
def test_wandb_is_given_them(tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="Weights & Biases is not installed: pip install 'prefrontal[wandb]'.")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv(VARIABLE, "wandb")
    trackers = Trackers(tmp_path, 0)
    trackers.write({"reward": 1.5}, 50)
    trackers.close()
    assert list(tmp_path.glob("wandb/offline-run-*/*.wandb"))
