"""The embedded queue server finds its program and a place that its socket fits into."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from redis import Redis

from newsletter.standalone import embedded_redis
from newsletter.standalone.errors import CannotStart


def test_without_a_server_on_the_path_the_packaged_one_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    server = embedded_redis.find(tmp_path)
    assert server.program.endswith("valkey-server")
    server.make_folders()
    with subprocess.Popen(server.command, stdout=subprocess.DEVNULL) as process:
        server.wait()
        client = Redis.from_url(server.url)
        assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
        assert client.config_get("port") == {"port": "0"}
        client.close()
        process.terminate()
    server.clean_up()
    assert not server.socket.exists()


def test_a_deep_folder_gets_its_socket_in_a_short_closed_one(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    server = embedded_redis.find(deep)
    assert len(os.fsencode(server.socket)) <= embedded_redis.LONGEST_SOCKET_PATH
    server.make_folders()
    assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
    server.clean_up()
    assert not server.socket.parent.exists()
    assert server.data.is_dir()


def test_two_folders_have_two_sockets(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    assert embedded_redis.find(deep / "a").socket != embedded_redis.find(deep / "b").socket


def test_a_link_planted_in_the_place_of_the_folder_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    server = embedded_redis.find(tmp_path / ("x" * 100))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    server.socket.parent.symlink_to(elsewhere)
    with pytest.raises(CannotStart, match="belongs to another user"):
        server.make_folders()


def test_a_server_that_never_answers_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(embedded_redis, "START_SECONDS", 0.1)
    server = embedded_redis.find(tmp_path)
    with pytest.raises(CannotStart, match="does not answer"):
        server.wait()
