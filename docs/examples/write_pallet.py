"""Write a pallet, and use it from a program: a guest book that every account may sign once.

The chain runs in this process, with the pallet beside those of StarMiner. A pallet of a chain that
others run comes with a release: docs/howto/upgrade.md.

python docs/examples/write_pallet.py
"""

from typing import Annotated

from cli.sdk import Devnet, DispatchError, Keypair, connect, devnet, entry
from runtime.config import ChainConfig
from runtime.construct import Runtime
from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    ensure,
    ensure_signed,
    event,
)
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, AccountId
from runtime.versions import Version

GUEST_BOOK = 200
"""The pallet's index: nothing else of the chain has it."""

Words = Annotated[bytes, Bounded(64)]


@event
class Signed:
    """An account has signed the book."""

    who: AccountId
    words: Words


class Error(PalletError):
    """Why the book was not signed."""

    SIGNED_BEFORE = 0, "Every account signs once."


class GuestBook(Pallet):
    """A book of words, one entry for each account. Invariant: `guests` counts the entries."""

    events = (Signed,)
    errors = Error

    entries: Map[AccountId, Words] = Map()
    """What each account wrote."""
    guests: Value[U32] = Value(default=0)
    """How many have signed."""

    def __init__(self, context: Context) -> None:
        """Stand in the runtime under a name and an index."""
        super().__init__(context, index=GUEST_BOOK, name="GuestBook")

    @call(0, weight=Weight(reads=2, writes=2))
    def sign(self, origin: Origin, words: Words) -> None:
        """Write into the book. Any account may, once; it costs the fee."""
        who = ensure_signed(origin)
        ensure(who not in self.entries, Error.SIGNED_BEFORE)
        self.entries[who] = words
        self.guests += 1
        self.deposit(Signed(who, words))


def make(context: Context, config: ChainConfig) -> Runtime:
    """Return the runtime of StarMiner with the guest book."""
    runtime = Runtime(context, config)
    runtime.add(GuestBook(context))
    return runtime


VERSIONS = {1: Version(make)}


def main(chain: Devnet) -> None:
    """Have Alice sign the book, twice."""
    alice = Keypair.from_uri("//Alice")
    with connect(chain.url, versions=VERSIONS) as client:
        receipt = client.submit(client.call(GuestBook.sign, b"was here"), alice)
        print(receipt.the(Signed).words.decode(), "in block", receipt.block_number)
        print("guests:", client.query(entry(GuestBook.guests)))
        try:
            client.submit(client.call(GuestBook.sign, b"was here again"), alice)
        except DispatchError as error:
            if error.kind is not Error.SIGNED_BEFORE:
                raise
            print("refused:", error.docs)


if __name__ == "__main__":
    with devnet(versions=VERSIONS) as made:
        main(made)
