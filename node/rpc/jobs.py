"""The jobs namespace: clients' jobs on the best block, decoded."""

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.errors import invalid_params
from node.rpc.registry import method
from node.rpc.values import Hex, maybe_hex, to_hex
from node.rpc.views import JobView, Work

MAX_LISTED = 200
"""Entries of one list: two screens of a table, some 100 kB."""

DEFAULT_LISTED = 50
"""What a list holds when the caller does not say."""


class JobStepJson(msgspec.Struct, frozen=True):
    """A state and the block that brought it."""

    state: str
    block: int


class JobJson(msgspec.Struct, frozen=True, rename="camel"):
    """A job; amounts are decimal strings in planck, units are micro-CU, accounts are SS58."""

    id: str
    kind: str
    state: str
    client: str
    provider: str | None
    units: int
    max_price: str
    price: str | None
    refunded: str | None
    input_root: str
    output_root: str | None
    deadline: int
    steps: list[JobStepJson]


class CaseJson(msgspec.Struct, frozen=True, rename="camel"):
    """An open case against a job: what is disputed of its result, and whose turn it is until when.

    The bond is a decimal string in planck; level 0 is a leaf.
    """

    case: int
    kind: str
    challenger: str
    provider: str
    bond: str
    content: str
    level: int
    index: int
    turn: str
    deadline: int


class JobsNamespace:
    """What buyers of work ask."""

    def __init__(self, work: Work, addresses: Addresses) -> None:
        self._work = work
        self._addresses = addresses

    @method("jobs_get")
    def get(self, id: Hex) -> JobJson | None:
        """Return a job with all its steps."""
        job = self._work.job(id)
        return None if job is None else job_json(job, self._addresses)

    @method("jobs_list")
    def list_newest(self, limit: int = DEFAULT_LISTED) -> list[JobJson]:
        """Return the newest jobs first."""
        return [job_json(job, self._addresses) for job in self._work.jobs(checked_limit(limit))]

    @method("jobs_cases")
    def cases(self, id: Hex) -> list[CaseJson]:
        """Return the disputes and the challenges of availability of a job that are not decided."""
        return [
            CaseJson(
                case=case.number,
                kind=case.kind,
                challenger=self._addresses.encode(case.challenger),
                provider=self._addresses.encode(case.provider),
                bond=str(case.bond),
                content=case.content,
                level=case.level,
                index=case.index,
                turn=case.turn,
                deadline=case.deadline,
            )
            for case in self._work.cases(id)
        ]


def job_json(job: JobView, addresses: Addresses) -> JobJson:
    """Show a job."""
    return JobJson(
        id=to_hex(job.id),
        kind=job.kind,
        state=job.state,
        client=addresses.encode(job.client),
        provider=addresses.encode_maybe(job.provider),
        units=job.units,
        max_price=str(job.max_price),
        price=amount(job.price),
        refunded=amount(job.refunded),
        input_root=to_hex(job.input_root),
        output_root=maybe_hex(job.output_root),
        deadline=job.deadline,
        steps=[JobStepJson(step.state, step.block) for step in job.steps],
    )


def amount(planck: int | None) -> str | None:
    """Show an amount exactly, or null."""
    return None if planck is None else str(planck)


def checked_limit(limit: int) -> int:
    """Return the length of a list that a caller asked for.

    Raises RpcError.
    """
    if not 0 < limit <= MAX_LISTED:
        raise invalid_params(f"wanted a limit of 1 to {MAX_LISTED}, got {limit}")
    return limit
