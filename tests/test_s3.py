"""Results on S3, as a server of this machine has it: what tests/test_stores.py says of folders holds there, too."""

import secrets

import pytest
from sweeping import TINY, spec_of, weights

from prefrontal.runs.attempts import attempts, begin
from prefrontal.runs.carrying import Carried
from prefrontal.runs.stores import FolderStore, open_store
from prefrontal.sweeps.standing import standings
from prefrontal.sweeps.work import run_unit

pytestmark = pytest.mark.thorough
pytest.importorskip("s3fs", reason="s3fs is not installed: pip install s3fs")
moto = pytest.importorskip("moto.server", reason="moto is not installed: pip install moto[server,s3]")


@pytest.fixture(scope="module")
def url():
    """A bucket of a server that lasts as long as this file."""
    import s3fs

    server = moto.ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem(skip_instance_cache=True).mkdir("lab")
        yield "s3://lab"
    server.stop()


def test_one_of_all_begins_and_the_next_when_it_has_ended(url):
    store = open_store(f"{url}/{secrets.token_hex(4)}")
    own = begin(store, "work")
    assert own is not None
    assert not store.create("work/.attempts/0001/owner.json", b"{}")
    assert begin(store, "work") is None
    own.tell(share=0.5)
    own.beat()
    assert attempts(store, "work")[0].progress["share"] == 0.5
    assert 0 <= store.age("work/.attempts/0001/beat.json") < 30
    own.end("stopped")
    assert begin(store, "work").number == 2


def test_a_worker_whose_disk_is_wiped_loses_what_it_trained_since_the_last_save(url, tmp_path, monkeypatch):
    place = f"{url}/{secrets.token_hex(4)}"
    here, there = spec_of(tmp_path, TINY), spec_of(tmp_path, TINY, place)
    unit, push, saves = there.units[0], Carried.push, []

    def push_and_go(self):
        push(self)
        saves.append(self.episodes_saved())
        if len(saves) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(Carried, "push", push_and_go)
    with pytest.raises(KeyboardInterrupt):
        run_unit(unit, place, str(tmp_path))
    assert standings(open_store(place), [unit])[0].state == "stopped"
    assert run_unit(unit, place, str(tmp_path)).ending == "done"
    assert run_unit(here.units[0], here.out).ending == "done"
    store, alone = open_store(place), weights(FolderStore(tmp_path / "out").folder / unit.name)
    assert {name: store.read(f"{unit.name}/{name}") for name in alone} == alone
    assert not any(store.names(f"{unit.name}/.kept/{number:04d}") for number in (1, 2))
    assert [one.state for one in standings(store, there.units)] == ["done", "missing"]
