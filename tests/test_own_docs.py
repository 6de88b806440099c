"""What docs/own.md and docs/activity.md show runs as it stands there, but for the length of training."""

import re
from pathlib import Path

import nbformat
import pytest

DOCS = Path(__file__).parents[1] / "docs"
NOTEBOOKS = sorted((DOCS.parent / "notebooks").glob("*.ipynb"))


def blocks(name):
    return re.findall(r"```python\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.thorough
def test_a_network_and_an_experiment_of_ones_own(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    network, experiment, few, replaced = blocks("own.md")
    assert len([line for line in network.splitlines() if line]) <= 30
    assert len([line for line in experiment.splitlines() if line]) <= 20
    variables = {}
    for code in (network, experiment, replaced):
        short = re.sub(r"num_episodes=[\d_]+", "num_episodes=20", code)
        exec(short.replace("seeds=range(4)", "seeds=[0]").replace("[2, 8]", "[8]"), variables)
    told = capsys.readouterr().out
    assert "without 8 of 32 units: reward" in told
    assert "right at the last from 0.9 to 1" in told
    assert (variables["folder"] / "figure.png").exists()
    assert len(variables["table"]) == 2
    assert (variables["config"].train.discount, variables["config"].agent.hidden_size) == (0.8, 32)
    shorter = re.sub(r'num_episodes": [\d_]+', 'num_episodes": 20', few).replace("range(3)", "range(2)")
    exec(shorter, variables)
    assert sorted(variables["means"]) == [0.8, 0.9]
    assert variables["config"].train.num_episodes == 20


@pytest.mark.thorough
def test_activity_is_looked_at(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(blocks("activity.md")[0], {})
    (share,) = re.findall(r"right in (\d+)%", capsys.readouterr().out)
    assert int(share) > 80
    assert (tmp_path / "components.png").exists()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_use_public_names(path):
    code = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
    assert "import prefrontal as pf" in code
    assert not re.findall(r"(?:from|import) prefrontal\..*", code)
