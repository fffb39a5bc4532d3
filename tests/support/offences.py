"""Stand-ins for what reports of offences are checked with, where a test makes none."""

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


NOBODY = Nobody()
