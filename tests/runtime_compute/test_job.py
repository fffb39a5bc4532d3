"""What may be ordered, and what it costs in units."""

from dataclasses import replace
from typing import Any

import pytest

from runtime.compute.job import (
    BadSpec,
    DeclineReason,
    JobClass,
    JobSpec,
    LatencyClass,
    ProofType,
)
from runtime.compute.matmul import MatmulParams
from runtime.compute.registry import CLASSES, check_spec, definition_of, units, work_of
from runtime.primitives.scale import decode, encode
from tests.runtime_compute.orders import order

SPEC = order(24, 16, 8).spec


def test_a_kernel_is_named_by_its_definition() -> None:
    assert [
        definition_of(job_class).kernel_id.hex() for job_class in (JobClass.CANONICAL, *CLASSES)
    ] == [
        "e8bcd78a4c0ed8491e1b6dafbdbe167314e95daa6ed7860041912882cb74f629",
        "55bf611e61a3b41d8baa3b2113e1ec71c9fd472fa4f8eba17e86a0b713df4eb7",
        "cc2ed9c8081bc590f874573f36681d0f7a763f0398fcb0b1f68efc69b849ff36",
        "e41fd5b265b60c8e81073ae0bfd0c9761c4c643ef858159b2435a96bc4f8241a",
        "8340ce5ddd7170aaeb03b826663252b3e4ad857e248b09ed664a0b71d9d60e47",
        "89b9991197884e2d38fe3ff4014575d2e4fdefee939e9bfecb1ea6d488396c36",
    ]


@pytest.mark.parametrize(
    ("sides", "micro_cu"),
    [((1, 1, 1), 1), ((1000, 1000, 100), 1), ((1000, 1000, 101), 2), ((4096, 4096, 1024), 172)],
)
def test_units_are_products_rounded_up(sides: tuple[int, int, int], micro_cu: int) -> None:
    assert units(MatmulParams(*sides)) == micro_cu


def test_a_spec_survives_its_encoding_and_is_small() -> None:
    raw = encode(SPEC, JobSpec)
    assert decode(raw, JobSpec) == SPEC
    assert len(raw) == 132


def test_a_spec_as_the_sdk_writes_it_is_accepted() -> None:
    assert check_spec(SPEC) == MatmulParams(24, 16, 8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version: wanted 1, got 2"),
        ({"job_class": JobClass.CANONICAL}, "wanted a class that clients may order, got CANONICAL"),
        ({"kernel_id": bytes(32)}, f"kernel id: wanted {SPEC.kernel_id.hex()}, got {'00' * 32}"),
        ({"input_bytes": 319}, "input bytes: wanted 320, got 319"),
        ({"leaves": 7}, "leaves: wanted 6, got 7"),
        ({"leaf_bytes": 1024}, "leaf bytes: wanted 256, got 1024"),
        ({"max_units": 0}, "max units: wanted at least 1, got 0"),
        ({"audit_rate": 10**9 + 1}, "audit rate: wanted at most 1000000000, got 1000000001"),
        (
            {"params": bytes(11)},
            "wanted the parameters of matmul work: the input of 11 bytes ends inside a value",
        ),
        (
            {"params": encode(MatmulParams(0, 1, 1), MatmulParams)},
            "wanted 1 to 4096 rows, got 0",
        ),
        (
            {"params": encode(MatmulParams(1, 4097, 1), MatmulParams)},
            "wanted 1 to 4096 columns, got 4097",
        ),
        (
            {"params": encode(MatmulParams(4096, 4096, 4096), MatmulParams)},
            "wanted openings of at most 2097152 bytes, got 2144276: choose smaller sides",
        ),
    ],
)
def test_a_bad_spec_is_refused_with_its_reason(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadSpec) as caught:
        check_spec(replace(SPEC, **change))
    assert str(caught.value) == message


def test_the_largest_order_is_allowed() -> None:
    sizes = MatmulParams(4096, 4096, 4000)
    assert work_of(JobClass.MATMUL, encode(sizes, MatmulParams)) == sizes
    assert sizes.proof_bytes == 2095124


def test_indices_on_the_wire_stay() -> None:
    assert [kind.name for kind in JobClass] == [
        "CANONICAL",
        "MATMUL",
        "INFERENCE",
        "TRAINING",
        "RENDERING",
        "DATA",
    ]
    assert [kind.value for kind in JobClass] == list(range(6))
    assert [kind.name for kind in LatencyClass] == ["BATCH", "STANDARD", "FAST", "REALTIME"]
    assert [reason.name for reason in DeclineReason] == [
        "BAD_SPEC",
        "INPUT_UNAVAILABLE",
        "BAD_INPUT_SIZE",
        "BAD_INPUT_ROOT",
        "DEVICE_UNABLE",
        "BAD_INPUT",
        "DEGENERATE",
        "NO_ATTESTATION",
        "NO_SEALING_KEY",
    ]
    assert [proof.name for proof in ProofType] == ["SAMPLED", "ATTESTED", "WITNESSED"]
