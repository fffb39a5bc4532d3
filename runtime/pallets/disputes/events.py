"""What the disputes pallet announces, and why it refuses."""

from __future__ import annotations

from runtime.compute.bisection import Node
from runtime.frame import PalletError, event
from runtime.pallets.disputes.records import Kind, Verdict
from runtime.primitives.types import U32, U64, AccountId, Balance


@event
class CaseOpened:
    """Somebody says that a committed segment is wrong or not served; the bond is on hold."""

    case: U64
    kind: Kind
    challenger: AccountId
    provider: AccountId
    job: U64
    segment: U32
    bond: Balance


@event
class NodesShown:
    """The provider showed the hashes below the disputed node."""

    case: U64
    node: Node


@event
class NodePicked:
    """The challenger pointed at the node that differs from its own."""

    case: U64
    node: Node


@event
class CaseClosed:
    """A case was decided.

    `slashed` is what the provider lost of its bond, `paid` what it received of the challenger's,
    `burned` what was burned of that; the challenger has the rest back.
    """

    case: U64
    job: U64
    segment: U32
    verdict: Verdict
    slashed: Balance
    paid: Balance
    burned: Balance


EVENTS = (CaseOpened, NodesShown, NodePicked, CaseClosed)


class Error(PalletError):
    """Why the pallet refused a call."""

    NOTHING_TO_JUDGE = 0, "There is no such committed segment, or it failed."
    WINDOW_CLOSED = 1, "The time in which the segment could be disputed is over."
    NO_SUCH_CONTENT = 2, "Jobs of this class have no such content."
    NO_SUCH_LEAF = 3, "The result has fewer leaves."
    UNKNOWN_CASE = 4, "There is no such case, or it is decided."
    NOT_PROVIDER = 5, "Only the provider of the segment, or the key of its node, may do this."
    NOT_CHALLENGER = 6, "Only the account that opened the case may do this."
    WRONG_TURN = 7, "It is not this side's turn."
    TOO_LATE = 8, "The turn has run out."
    MOOT = 9, "The segment failed already, or was forgotten."
    WRONG_HASHES = 10, "The hashes do not fold up to the disputed node."
    NO_SUCH_NODE = 11, "Fewer hashes were shown."
    TOO_MANY_CASES = 12, "Too many cases are open."
    NOT_DEMANDED = 13, "No case demands this leaf now."
    PRIVATE = 14, "The job is private: opening a leaf would show it to everybody."
