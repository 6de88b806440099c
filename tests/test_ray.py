"""Units on a cluster of Ray: the same bits as here, and nothing needs Ray but that."""

import socket
import sys
from collections import Counter

import pytest
from sweeping import TINY, spec_of, weights

from prefrontal.errors import UserError
from prefrontal.runs.stores import open_store
from prefrontal.sweeps.drive import drive
from prefrontal.sweeps.local import LocalBackend
from prefrontal.sweeps.ray_cluster import RayBackend


def test_without_ray_the_refusal_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r'must have Ray installed, got none. Install it: pip install "prefrontal\[clu'):
        RayBackend(spec_of(tmp_path), None, None)


def test_a_cluster_that_is_not_there_is_refused_at_once(tmp_path):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'prefrontal[cluster]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(UserError, match=r"`--address` must be of a cluster that runs, got .*where nobody answers"):
        RayBackend(spec_of(tmp_path), address, None)


@pytest.mark.thorough
def test_units_end_with_the_same_bits_on_ray_and_here(tmp_path):
    """In processes of their own; one setting breaks down, which is its failure and is tried once."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'prefrontal[cluster]'")
    text = TINY + 'cores = 1\n[grid]\n"train.learning_rate" = [1e-3, 1e30]\n'
    found = {}
    for name in ("local", "ray"):
        spec = spec_of(tmp_path, text, str(tmp_path / name))
        backend = LocalBackend(spec, 1) if name == "local" else RayBackend(spec, None, 1)
        try:
            assert drive(open_store(spec.out), spec.units, backend) == Counter(done=2, failed=2)
        finally:
            backend.close()
        found[name] = weights(tmp_path / name)
    assert found["local"] == found["ray"]
    assert len(found["local"]) == 4
