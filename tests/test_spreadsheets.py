"""Tables as text: those of whole numbers, which are written another way, read as pandas writes them."""

import numpy as np
import pandas as pd
import pytest

from prefrontal.runs.spreadsheets import MOST_WORDS, to_csv

RANDOM = np.random.default_rng(0)
TABLES = {
    "trials": pd.DataFrame(
        {
            "subject": np.repeat(np.arange(3), 400),
            "trial": np.tile(np.arange(400, dtype=np.int32), 3),
            "choice": RANDOM.integers(2, size=1200).astype(np.int8),
            "common": RANDOM.random(1200) < 0.5,
        }
    ),
    "many values": pd.DataFrame(
        {"one": np.arange(MOST_WORDS + 5), "two": -np.arange(MOST_WORDS + 5), "three": np.uint8(7)}
    ),
    "no rows": pd.DataFrame({"one": np.zeros(0, int), "two": np.zeros(0, bool)}),
    "no columns": pd.DataFrame(),
    "a name to quote": pd.DataFrame({"one, two": [1, 2]}),
    "fractions beside": pd.DataFrame({"one": [1, 2], "rt": [0.25, np.nan]}),
    "gaps": pd.DataFrame({"one": pd.array([1, None], dtype="Int64")}),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_written_as_pandas_writes_it(name):
    assert to_csv(TABLES[name], index=False) == TABLES[name].to_csv(index=False)


def test_two_columns_of_one_name_stay_two():
    table = pd.DataFrame([[1, 2], [3, 4]], columns=["one", "one"])
    assert to_csv(table, index=False) == table.to_csv(index=False)
