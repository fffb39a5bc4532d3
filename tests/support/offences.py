"""Stand-ins for what checks reports of offences, and for bonds, where a test makes none."""

from runtime.frame.offence import Identification, ProvenOffence
from runtime.primitives.membership import MembershipProof


class Nobody:
    """Owns no key, and takes no report."""

    def check_proof(self, kind: bytes, key: bytes, proof: MembershipProof) -> Identification | None:
        return None

    def report_offence(self, reporter: bytes | None, offence: ProvenOffence) -> bool:
        return False

    def is_known_offence(self, offence: ProvenOffence) -> bool:
        return False


class BondsOf:
    """Bonds of these accounts and of no others."""

    def __init__(self, *accounts: bytes) -> None:
        self.accounts = accounts

    def is_bonded(self, who: bytes) -> bool:
        return who in self.accounts


NOBODY = Nobody()
