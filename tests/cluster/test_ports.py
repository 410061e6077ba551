import socket

import pytest

from cluster.ports import RANGE, free_ports


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
