import pytest
import trio
from trio.testing import MockClock

from p2p.addresses import AddressBook
from p2p.dialing import Redial
from p2p.discovery import MAX_HEARD, MAX_HEARD_FROM_ONE, Discovery, DiscoveryParts
from p2p.exchange import MAX_PEERS_PER_RESPONSE, distance, is_plain, may_be_told, nearest
from p2p.messages import Status
from p2p.peers import PeerView
from p2p.requests import RequestFailed
from p2p.subnets import Scope, ip_of, scope_of, subnet_of

STATUS = Status(bytes(32), 7, b"\x07" * 32, 5, b"\x05" * 32)
FAR = "/ip4/203.0.114.9/tcp/1/p2p/far"


def public(number: int, subnet: int = 0) -> str:
    return f"/ip4/8.8.{subnet}.{number % 256}/tcp/{1 + number}/p2p/n{number}s{subnet}"


class Net:
    """A discovery and the peers around it."""

    def __init__(self, outbound: int = 4) -> None:
        self.views: list[PeerView] = []
        self.tried: list[str] = []
        self.asked: list[tuple[float, str]] = []
        self.answer: tuple[str, ...] | None = ()
        self.unwelcome: set[str] = set()
        self.rooms: list[float] = []
        self.book = AddressBook(None)
        self.discovery = Discovery(
            DiscoveryParts(
                self.book,
                self,
                self.ask,
                self.try_once,
                self.is_welcome,
                self.make_room,
                outbound,
                Redial(),
            )
        )

    def connected(self) -> tuple[PeerView, ...]:
        return tuple(self.views)

    ready = connected

    async def ask(self, peer: str, target: bytes) -> tuple[str, ...]:
        self.asked.append((trio.current_time(), peer))
        if self.answer is None:
            raise RequestFailed(peer)
        return self.answer

    def try_once(self, address: str) -> bool:
        self.tried.append(address)
        return True

    def is_welcome(self, peer: str) -> bool:
        return peer not in self.unwelcome

    def make_room(self) -> None:
        self.rooms.append(trio.current_time())

    def join(self, address: str, *, is_inbound: bool = False) -> None:
        peer = address.rpartition("/")[2]
        self.views.append(PeerView(peer, address, is_inbound, STATUS))


@pytest.fixture
def net() -> Net:
    return Net()


async def test_free_slots_are_filled_from_the_book_first(
    net: Net, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    net.book.remember([public(1, 1), public(2, 2)])
    net.discovery.hear("a", FAR, [public(3, 3), public(4, 4), public(5, 5)])
    nursery.start_soon(net.discovery.run)
    await trio.sleep(1)
    assert net.tried == [public(2, 2), public(1, 1), public(3, 3), public(4, 4)]


async def test_subnets_without_a_peer_of_ours_come_first(
    net: Net, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    net.join(public(1, 1))
    net.discovery.hear("a", FAR, [public(2, 1), public(3, 2), public(4, 2), public(5, 3)])
    nursery.start_soon(net.discovery.run)
    await trio.sleep(1)
    assert net.tried == [public(3, 2), public(5, 3), public(2, 1)]


async def test_connected_resting_and_unwelcome_peers_are_not_tried(
    net: Net, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    net.join(public(1, 1))
    net.unwelcome.add("n2s2")
    net.book.remember([public(1, 1), public(2, 2), public(3, 3)])
    net.discovery.failed(public(3, 3))
    nursery.start_soon(net.discovery.run)
    await trio.sleep(Redial().last_seconds - 1)
    assert net.tried == []
    await trio.sleep(Redial().first_seconds + 1)
    assert set(net.tried) == {public(3, 3)}


async def test_each_failure_makes_the_rest_longer_and_a_meeting_ends_it(
    net: Net, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    net.book.remember([public(1, 1)])
    for _ in range(20):
        net.discovery.failed(public(1, 1))
    nursery.start_soon(net.discovery.run)
    await trio.sleep(599)
    assert net.tried == []
    net.discovery.met("n1s1")
    await trio.sleep(6)
    assert net.tried


async def test_full_slots_need_nobody(
    net: Net, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    for number in range(4):
        net.join(public(number, number))
    net.join(public(9, 9), is_inbound=True)
    net.book.remember([public(8, 8)])
    nursery.start_soon(net.discovery.run)
    await trio.sleep(100)
    assert net.tried == []


async def test_a_peer_is_exchanged_now_and_then_if_others_are_known(
    net: Net, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    for number in range(4):
        net.join(public(number, number))
    nursery.start_soon(net.discovery.run)
    await trio.sleep(1000)
    assert net.rooms == []
    net.discovery.hear("a", FAR, [public(8, 8)])
    await trio.sleep(1000)
    assert len(net.rooms) == 2
    assert net.rooms[1] - net.rooms[0] == 600.0


async def test_a_random_peer_is_asked_now_and_then_and_what_it_tells_is_tried(
    net: Net, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    net.join(FAR)
    net.answer = (public(1, 1),)
    nursery.start_soon(net.discovery.run)
    await trio.sleep(100)
    assert net.asked == [(0.0, "far"), (60.0, "far")]
    assert set(net.tried) == {public(1, 1)}


async def test_a_peer_that_does_not_answer_harms_nobody(
    net: Net, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    net.join(FAR)
    net.answer = None
    nursery.start_soon(net.discovery.run)
    await trio.sleep(100)
    assert (len(net.asked), net.tried) == (2, [])


async def test_what_one_peer_tells_is_bounded_and_so_is_all(net: Net) -> None:
    net.discovery.hear("liar", FAR, map(public, range(1000)))
    assert len(net.discovery._heard) == MAX_HEARD_FROM_ONE
    for number in range(100):
        told = (public(each, number) for each in range(1000))
        net.discovery.hear(f"peer {number}", FAR, told)
    assert len(net.discovery._heard) == MAX_HEARD


async def test_an_address_that_is_not_plain_is_not_heard(net: Net) -> None:
    told = ["/dns4/example.org/tcp/1/p2p/a", "/ip4/8.8.8.8/tcp/1", "/ip4/10.0.0.1/tcp/1/p2p/a", ""]
    net.discovery.hear("a", FAR, told)
    assert net.discovery._heard == {}


async def test_who_asks_hears_of_met_peers_and_not_of_itself_or_our_lan(net: Net) -> None:
    net.book.remember([public(1), public(2), "/ip4/192.168.0.7/tcp/1/p2p/printer"])
    asker = PeerView("n1s0", public(1), True, STATUS)
    assert net.discovery.tell(asker, bytes(32)) == (public(2),)


def test_the_nearest_peers_are_told() -> None:
    addresses = [public(number) for number in range(50)]
    target = b"\x5a" * 32
    told = nearest(addresses, target)
    distances = [distance(address.rpartition("/")[2], target) for address in told]
    everyone = sorted(distance(address.rpartition("/")[2], target) for address in addresses)
    assert distances == everyone[:MAX_PEERS_PER_RESPONSE]


@pytest.mark.parametrize(
    ("address", "scope"),
    [
        ("/ip4/8.8.8.8/tcp/1", Scope.PUBLIC),
        ("/dns4/example.org/tcp/1", Scope.PUBLIC),
        ("/ip4/192.168.0.1/tcp/1", Scope.LAN),
        ("/ip6/fe80::1/tcp/1", Scope.LAN),
        ("/ip4/127.0.0.1/tcp/1", Scope.MACHINE),
        ("/ip6/::ffff:127.0.0.1/tcp/1", Scope.MACHINE),
    ],
)
def test_an_address_reaches_so_far(address: str, scope: Scope) -> None:
    assert scope_of(address) is scope
    tellers = ("/ip4/8.8.8.8/tcp/1", "/ip4/10.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/1")
    assert [may_be_told(address, to) for to in tellers] == [scope <= each for each in Scope]


@pytest.mark.parametrize(
    ("address", "subnet"),
    [
        ("/ip4/8.8.8.8/tcp/1", "8.8.8.0/24"),
        ("/ip6/2600:1:2:3:4::5/tcp/1", "2600:1:2:3::/64"),
        ("/ip6/::ffff:8.8.8.8/tcp/1", "8.8.8.0/24"),
        ("/dns4/example.org/tcp/1", "example.org"),
        ("/ip4/10.1.2.3/tcp/1", None),
        ("/ip6/::1/tcp/1", None),
    ],
)
def test_an_address_is_in_a_subnet(address: str, subnet: str | None) -> None:
    assert subnet_of(address) == subnet


def test_plain_addresses_are_told_from_others() -> None:
    assert is_plain("/ip6/2600::1/tcp/30333/p2p/abc")
    for address in ("/ip4/1.2.3.4/tcp/0/p2p/a", "/ip4/1.2.3.4/udp/1/p2p/a", "/ip4/1.2.3.4/tcp/1"):
        assert not is_plain(address)
    assert not is_plain("/ip4/1.2.3.4/tcp/1/p2p/" + "a" * 256)


def test_the_host_of_an_address_is_found() -> None:
    assert ip_of("/ip6/::1/tcp/30333") == "::1"
    assert ip_of("") == ""
