"""How final blocks of sync are brought to the door: some at once, but not many bytes."""

from node.net.intake import AT_ONCE, AT_ONCE_BYTES, at_once
from p2p.messages import BlockData


def of_bytes(size: int) -> BlockData:
    return BlockData(b"", (bytes(size - size // 2),), (bytes(size // 2),))


def test_small_blocks_come_so_many_at_once() -> None:
    blocks = [of_bytes(10)] * (2 * AT_ONCE + 1)
    assert [len(some) for some in at_once(blocks)] == [AT_ONCE, AT_ONCE, 1]
    assert list(at_once(())) == []


def test_blocks_come_at_once_up_to_so_many_bytes() -> None:
    half, large = of_bytes(AT_ONCE_BYTES // 2), of_bytes(AT_ONCE_BYTES + 1)
    some = list(at_once([half, half, half, large, half]))
    assert some == [[half, half], [half], [large], [half]]
