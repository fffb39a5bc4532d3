"""A toy runtime for pool tests: an extrinsic is text, `sender nonce priority [longevity]`."""

from dataclasses import dataclass, field

from node.pool.pool import TransactionPool
from node.pool.validity import Source
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import U64_MAX
from runtime.validity import Invalid, InvalidTransaction, ValidTransaction


def xt(sender: str, nonce: int, priority: int = 1, longevity: int = U64_MAX) -> bytes:
    return f"{sender} {nonce} {priority} {longevity}".encode()


def xh(sender: str, nonce: int, priority: int = 1, longevity: int = U64_MAX) -> bytes:
    return blake2_256(xt(sender, nonce, priority, longevity))


def tag(sender: str, nonce: int) -> bytes:
    return f"{sender} {nonce}".encode()


@dataclass
class ToyValidator:
    """Knows the next nonce of each account; judges as the real runtime does."""

    nonces: dict[str, int] = field(default_factory=dict)
    refuse: dict[bytes, Invalid] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)

    def validate(self, raw: bytes, source: Source) -> ValidTransaction:
        self.asked.append(raw)
        if raw in self.refuse:
            raise InvalidTransaction(self.refuse[raw])
        if self.sender(raw) is None:
            raise InvalidTransaction(Invalid.CALL)
        sender, nonce, priority, longevity = raw.decode().split()
        expected = self.nonces.get(sender, 0)
        if int(nonce) < expected:
            raise InvalidTransaction(Invalid.STALE)
        requires = (tag(sender, int(nonce) - 1),) if int(nonce) > expected else ()
        provides = (tag(sender, int(nonce)),)
        return ValidTransaction(int(priority), requires, provides, int(longevity), True)

    def sender(self, raw: bytes) -> bytes | None:
        words = raw.split()
        return words[0] if len(words) == 4 else None

    def apply(self, *raws: bytes) -> None:
        for raw in raws:
            sender, nonce, *_ = raw.decode().split()
            self.nonces[sender] = int(nonce) + 1


def in_order(pool: TransactionPool) -> list[bytes]:
    return [entry.raw for entry in pool.ready()]


def waiting(pool: TransactionPool) -> list[bytes]:
    return sorted(entry.raw for entry in pool.future())
