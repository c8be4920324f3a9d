"""No test reaches out."""

import socket

import pytest
import requests


def test_a_socket_to_another_machine_is_refused() -> None:
    with pytest.raises(RuntimeError, match="a test tried to reach"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_a_library_that_opens_one_is_refused_as_well() -> None:
    with pytest.raises(RuntimeError, match="a test tried to reach"):
        requests.get("http://[2001:db8::1]/", timeout=1)


def test_no_name_server_is_asked() -> None:
    with pytest.raises(socket.gaierror, match="no test asks"):
        socket.getaddrinfo("paper.example.org", 443)
    assert socket.getaddrinfo("localhost", 80)


def test_loopback_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()
