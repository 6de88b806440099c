"""Wrong files, made of right ones by chance: every reader refuses them in a sentence, soon and in little memory."""

import pytest
from all_readers import READERS
from wrong_inputs import fuzz

QUICK = 10
"""Inputs of each reader beside the right ones; `make campaign` tries many more."""


LONG = ("any table", "columns")
"""Those of most right inputs, which are the others', too."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.thorough) if name in LONG else name for name in READERS]
)
def test_right_inputs_are_read_and_wrong_ones_refused(name, tmp_path):
    reader = READERS[name]
    outcome = fuzz(reader, tmp_path, num=len(reader.inputs()) + QUICK, traced=0.0)
    assert outcome.faults == {}
    assert outcome.refused < outcome.tried


@pytest.mark.thorough
@pytest.mark.parametrize("name", READERS)
def test_wrong_inputs_of_another_seed(name, tmp_path):
    assert fuzz(READERS[name], tmp_path, num=10_000, seed=1, seconds=1.0).faults == {}
