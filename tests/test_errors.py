"""Messages call an argument what whoever reads them called it."""

import pytest

from prefrontal.errors import UserError, argument, on_the_command_line
from prefrontal.runs.folder import RunFolder


def test_arguments_are_called_by_their_name_and_on_the_command_line_by_their_flag():
    assert argument("snapshot_every") == "`snapshot_every`"
    with on_the_command_line():
        assert argument("snapshot_every") == "--snapshot-every"
        with on_the_command_line():
            assert argument("task.encoding") == "--task.encoding"
        assert argument("out") == "--out"
    with pytest.raises(KeyError), on_the_command_line():
        raise KeyError
    assert argument("out") == "`out`"


def test_a_caller_from_python_reads_of_no_flag(tmp_path):
    with pytest.raises(UserError, match=r"got one without config\.json\. Check `out`, or train there first\.$"):
        RunFolder.read(tmp_path)
