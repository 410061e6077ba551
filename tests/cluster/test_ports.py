import socket

import pytest

from cadvlm.errors import InputError
from cluster.ports import RANGE, free_ports, refuse_taken_port


def test_ports_are_different_and_free():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        assert port in RANGE
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))


def test_a_port_in_use_is_not_offered(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setattr("cluster.ports.RANGE", range(port, port + 1))
        with pytest.raises(OSError, match="fewer than 1 free"):
            free_ports(1)


def test_a_taken_port_is_refused_and_a_free_one_is_not():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=str(port)):
            refuse_taken_port("127.0.0.1", port)
    refuse_taken_port("127.0.0.1", port)
