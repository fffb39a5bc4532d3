"""The kernel drops what the weather says, and nothing else."""

import socket

import pytest

from tests.cluster.weather import Weather, address_of, attach, program_of

pytestmark = pytest.mark.skipif(
    not hasattr(socket, "AF_NETLINK"), reason="socket filters are Linux's"
)

ELSEWHERE = "127.0.0.1"


def arrived(weather: Weather, source: str, count: int) -> int:
    """Return how many of `count` datagrams from a source reach a socket in this weather."""
    with (
        socket.socket(type=socket.SOCK_DGRAM) as receiver,
        socket.socket(type=socket.SOCK_DGRAM) as sender,
    ):
        attach(receiver, program_of(weather))
        receiver.bind((address_of(0), 0))
        receiver.setblocking(False)
        sender.bind((source, 0))
        found = 0
        for _ in range(count):
            sender.sendto(b"x", receiver.getsockname())
            try:
                receiver.recv(1)
            except BlockingIOError:
                continue
            found += 1
        return found


@pytest.mark.parametrize(
    ("weather", "source", "expected"),
    [
        (Weather(), address_of(1), 10),
        (Weather(loss=1.0), address_of(1), 0),
        (Weather(loss=1.0), ELSEWHERE, 10),
        (Weather(cut=(1, 3)), address_of(1), 0),
        (Weather(cut=(1, 3)), address_of(2), 10),
        (Weather(cut=(1, 3)), address_of(3), 0),
        (Weather(cut=(1, 3)), ELSEWHERE, 10),
    ],
)
def test_what_comes_from_members_is_lost_or_cut(
    weather: Weather, source: str, expected: int
) -> None:
    assert arrived(weather, source, 10) == expected


def test_a_fifth_is_a_fifth() -> None:
    # five standard deviations of 2,000 draws are 4.5 per cent
    assert 0.755 < arrived(Weather(loss=0.2), address_of(1), 2000) / 2000 < 0.845


def test_tcp_connections_inherit_the_weather_and_outlive_it() -> None:
    with socket.socket() as listener, socket.socket() as client:
        attach(listener, program_of(Weather()))
        listener.bind((address_of(0), 0))
        listener.listen()
        client.bind((address_of(1), 0))
        client.connect(listener.getsockname())
        accepted, _ = listener.accept()
        with accepted:
            attach(accepted, program_of(Weather(cut=(1,))))
            client.sendall(b"late")
            accepted.settimeout(0.05)
            with pytest.raises(TimeoutError):
                accepted.recv(4)
            attach(accepted, program_of(Weather()))
            accepted.settimeout(20)
            assert accepted.recv(4) == b"late"
