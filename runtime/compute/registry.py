"""The classes that clients may order, and what holds for a job of any of them."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.compute.classes import Definition, Tree, Work, leaf_bytes, leaf_count
from runtime.compute.data import Data
from runtime.compute.gas import MAX_OPENING_GAS, opening_gas
from runtime.compute.inference import InferenceParams
from runtime.compute.job import (
    MACS_PER_UNIT,
    MAX_CONTENT_BYTES,
    MAX_PROOF_BYTES,
    PERBILL,
    SPEC_VERSION,
    BadSpec,
    JobClass,
    JobSpec,
    ProofType,
    Terms,
)
from runtime.compute.matmul import MatmulParams
from runtime.compute.rendering import Rendering
from runtime.compute.shares import CANONICAL
from runtime.compute.training import TrainingParams
from runtime.primitives.scale import DecodeError, decode, encode

CLASSES: Mapping[JobClass, type[Work]] = {
    work.job_class: work
    for work in (MatmulParams, InferenceParams, TrainingParams, Rendering, Data)
}
"""Every class that may be ordered, by its number on the wire."""
PUBLIC_PROOFS = (ProofType.SAMPLED, ProofType.ATTESTED)
"""Every importer can check what everybody may see: nobody need be believed."""
PRIVATE_PROOFS = (ProofType.WITNESSED, ProofType.ATTESTED)
"""A sample that every importer recomputes is one that everybody reads."""


def definition_of(job_class: JobClass) -> Definition:
    """Return what a class computes.

    Raises:
        BadSpec: the class is not defined yet.
    """
    return CANONICAL if job_class is JobClass.CANONICAL else _class(job_class).definition


def work_of(job_class: JobClass, params: bytes) -> Work:
    """Decode the parameters of a job and check their limits.

    Raises:
        BadSpec: the class takes no orders, or the parameters are not of it or too large.
    """
    kind = _class(job_class)
    try:
        work: Work = decode(params, kind)
    except DecodeError as error:
        name = job_class.name.lower()
        raise BadSpec(f"wanted the parameters of {name} work: {error}") from error
    check_limits(work)
    return work


def check_limits(work: Work) -> None:
    """Check the limits of a class, and those of all.

    Raises:
        BadSpec: with the field, what it wanted and what came.
    """
    work.check_limits()
    for tree in Tree:
        if (size := work.content_bytes(tree)) > MAX_CONTENT_BYTES:
            raise BadSpec(f"wanted at most {MAX_CONTENT_BYTES} {tree.value} bytes, got {size}")
    if (largest := work.proof_bytes) > MAX_PROOF_BYTES:
        raise BadSpec(
            f"wanted openings of at most {MAX_PROOF_BYTES} bytes, got {largest}: "
            "choose smaller sides"
        )
    if (dearest := opening_gas(work)) > MAX_OPENING_GAS:
        raise BadSpec(f"wanted openings of at most {MAX_OPENING_GAS} ns to check, got {dearest}")


def units(work: Work) -> int:
    """Meter a job in micro-CU, rounded up, at least 1, from its parameters alone."""
    return max(1, -(-work.operations // MACS_PER_UNIT))


def job_spec(work: Work, input_root: bytes, terms: Terms) -> JobSpec:
    """Write the order for some work: what follows from it, and the client's terms.

    A full audit reads all of a job, so private jobs have none.
    """
    return JobSpec(
        version=SPEC_VERSION,
        job_class=work.job_class,
        kernel_id=work.definition.kernel_id,
        params=encode(work, type(work)),
        input_root=input_root,
        input_bytes=work.content_bytes(Tree.INPUT),
        leaves=leaf_count(work),
        leaf_bytes=leaf_bytes(work),
        market=terms.market,
        latency=terms.latency,
        max_units=units(work),
        max_price=terms.max_price,
        deadline=terms.deadline,
        audit_rate=0 if terms.reply_key is not None else terms.audit_rate,
        proof=terms.proof,
        reply_key=terms.reply_key,
    )


def check_spec(spec: JobSpec) -> Work:
    """Check that a job can be run, metered and checked; return its work.

    Raises:
        BadSpec: with the field, what it wanted and what came.
    """
    work = work_of(spec.job_class, spec.params)
    wanted = (
        ("version", SPEC_VERSION, spec.version),
        ("kernel id", work.definition.kernel_id.hex(), spec.kernel_id.hex()),
        ("input bytes", work.content_bytes(Tree.INPUT), spec.input_bytes),
        ("leaves", leaf_count(work), spec.leaves),
        ("leaf bytes", leaf_bytes(work), spec.leaf_bytes),
    )
    for name, want, got in wanted:
        if want != got:
            raise BadSpec(f"{name}: wanted {want}, got {got}")
    if spec.max_units < (needed := units(work)):
        raise BadSpec(f"max units: wanted at least {needed}, got {spec.max_units}")
    if spec.audit_rate > PERBILL:
        raise BadSpec(f"audit rate: wanted at most {PERBILL}, got {spec.audit_rate}")
    if spec.proof not in (allowed := PRIVATE_PROOFS if spec.is_private else PUBLIC_PROOFS):
        kind = "private" if spec.is_private else "public"
        names = " or ".join(proof.name for proof in allowed)
        raise BadSpec(f"proof of a {kind} job: wanted {names}, got {spec.proof.name}")
    if spec.is_private and spec.audit_rate:
        raise BadSpec(f"audit rate of a private job: wanted 0, got {spec.audit_rate}")
    return work


def _class(job_class: JobClass) -> type[Work]:
    if job_class not in CLASSES:
        raise BadSpec(f"wanted a class that clients may order, got {job_class.name}")
    return CLASSES[job_class]
