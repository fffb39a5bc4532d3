"""Private jobs: their leaves are checked like others, and roots and openings give nothing away."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from runtime.compute.classes import Tree
from runtime.compute.contents import (
    WrongPayloadRoot,
    check_input,
    check_output,
    chunks_of,
    commit,
    input_key,
    input_root,
    result_key,
)
from runtime.compute.job import BadSpec, ProofType
from runtime.compute.matmul import MatmulParams, pack_input, pack_output
from runtime.compute.merkle import leaf_hash
from runtime.compute.opening import OpenedTree, OpeningProof, decode_proof, prove_opening
from runtime.compute.private import (
    HEADER_BYTES,
    BadEnvelope,
    InputHeader,
    input_name,
    opened_input,
    output_name,
    sealable_input,
    witness_name,
)
from runtime.compute.registry import check_spec
from runtime.compute.verify import (
    BadInputPath,
    BadOpeningEncoding,
    BadOutputPath,
    BadReceipt,
    WrongLeaf,
    WrongLeaves,
    verify_opening,
)
from runtime.primitives.scale import encode
from tests.runtime_compute.networks import perceptron
from tests.runtime_compute.orders import JOB, PROVIDER, RANDOMNESS, order
from tests.runtime_compute.private_orders import (
    OTHER_SECRET,
    REPLY_KEY,
    SECRET,
    PrivateOrder,
    private_order,
    private_product,
)

ORDER = private_product()
COMMITMENT, SAMPLE = ORDER.commitment(), ORDER.sample()
HEADER = InputHeader(JOB, PROVIDER, REPLY_KEY, SECRET)


def verify(sample: bytes, of: PrivateOrder = ORDER) -> None:
    verify_opening(of.spec, of.commitment(), RANDOMNESS, sample)


@settings(max_examples=20, deadline=None)
@given(some.integers(1, 80), some.integers(1, 80), some.integers(1, 40))
def test_a_sample_of_any_shape_is_what_its_witness_recomputes(rows: int, columns: int, n: int):
    private = private_product(rows, columns, n)
    sample = private.sample()
    verify(sample, private)
    read = decode_proof(private.work, sample, is_private=True)
    assert read.encode() == sample


def test_classes_with_auxiliary_content_are_salted_in_all_three_trees() -> None:
    private = private_order(*perceptron(40, (32, 24, 16)))
    verify(private.sample(), private)
    trees = decode_proof(private.work, private.sample(), is_private=True).trees
    assert set(trees) == set(Tree)
    assert all(tree.salts for tree in trees.values())


def test_whoever_guesses_the_content_cannot_tell_by_its_root() -> None:
    work, content = ORDER.work, ORDER.content
    roots = {input_root(work, content, secret) for secret in (None, SECRET, OTHER_SECRET)}
    assert len(roots) == 3
    results = [
        commit(work, JOB, 0, PROVIDER, ORDER.result, secret=secret).out_root
        for secret in (None, SECRET, OTHER_SECRET)
    ]
    assert len(set(results)) == 3


def test_a_witness_cannot_tell_a_leaf_beside_those_that_it_was_shown() -> None:
    """It knows the key of the tree, the content it guesses, and every salt in the sample."""
    work = ORDER.work
    trees = decode_proof(work, SAMPLE, is_private=True).trees
    for tree, content, key in (
        (Tree.INPUT, ORDER.content, input_key(work)),
        (Tree.OUTPUT, ORDER.result.output, result_key(work, Tree.OUTPUT, COMMITMENT)),
    ):
        opened = trees[tree]
        beside = {opened.path[at : at + 32] for at in range(0, len(opened.path), 32)}
        salts = opened.salts or b""
        known = [b"", *(salts[at : at + 32] for at in range(0, len(salts), 32))]
        guesses = {
            leaf_hash(key, salt + chunk)
            for chunk in chunks_of(work, tree, content)
            for salt in known
        }
        assert not beside & guesses


def test_nobody_proves_a_private_job_without_its_salts() -> None:
    public = replace(ORDER.spec, proof=ProofType.SAMPLED, reply_key=None)
    proof = prove_opening(public, COMMITMENT, RANDOMNESS, ORDER.content, ORDER.result)
    with pytest.raises(BadOpeningEncoding):
        verify(proof)


def spoilt(tree: Tree, salts: bytes) -> bytes:
    trees = dict(decode_proof(ORDER.work, SAMPLE, is_private=True).trees)
    trees[tree] = replace(trees[tree], salts=salts)
    return OpeningProof(trees).encode()


def salts_of(tree: Tree) -> bytes:
    opened: OpenedTree = decode_proof(ORDER.work, SAMPLE, is_private=True).trees[tree]
    assert opened.salts is not None
    return opened.salts


@pytest.mark.parametrize(
    ("tree", "change", "error"),
    [
        (Tree.OUTPUT, lambda salts: bytes([salts[0] ^ 1]) + salts[1:], BadOutputPath),
        (Tree.INPUT, lambda salts: bytes([salts[0] ^ 1]) + salts[1:], BadInputPath),
        (Tree.OUTPUT, lambda salts: salts[32:] + salts[:32], BadOutputPath),
        (Tree.OUTPUT, lambda salts: salts[:-1], WrongLeaves),
        (Tree.OUTPUT, lambda salts: salts + bytes(32), WrongLeaves),
        (Tree.INPUT, lambda salts: b"", WrongLeaves),
    ],
)
def test_spoilt_salts_are_named(tree: Tree, change, error: type[BadReceipt]) -> None:
    with pytest.raises(error):
        verify(spoilt(tree, change(salts_of(tree))))


def test_a_sample_cut_anywhere_is_refused() -> None:
    for length in range(0, len(SAMPLE), 997):
        with pytest.raises(BadOpeningEncoding):
            verify(SAMPLE[:length])


def test_an_output_opens_with_the_secret_of_its_job_only() -> None:
    output = ORDER.result.output
    check_output(ORDER.work, COMMITMENT, output, SECRET)
    for secret in (None, OTHER_SECRET):
        with pytest.raises(WrongPayloadRoot):
            check_output(ORDER.work, COMMITMENT, output, secret)
        with pytest.raises(WrongPayloadRoot):
            check_input(ORDER.work, ORDER.spec.input_root, ORDER.content, secret)


# ---------------------------------------------------------------------------------------- attacks


@pytest.mark.parametrize(("job", "provider"), [(JOB + 1, PROVIDER), (JOB, b"e" * 32)])
def test_another_provider_or_job_cannot_use_a_copied_commitment(job: int, provider: bytes) -> None:
    """Whoever copies roots cannot open them: they are of keys with another provider and job."""
    for honest, copy_sample in ((ORDER, SAMPLE), (None, order(130, 90, 33).proof())):
        spec = ORDER.spec if honest else order(130, 90, 33).spec
        original = COMMITMENT if honest else order(130, 90, 33).commitment()
        copied = replace(original, job=job, provider=provider)
        with pytest.raises(BadReceipt):
            verify_opening(spec, copied, RANDOMNESS, copy_sample)


def test_whoever_copies_an_output_must_have_read_it_to_commit_to_it() -> None:
    """The bytes of a served output give another root under the copier's key: it must hash them."""
    public = order(130, 90, 33)
    copier = commit(public.sizes, JOB, 0, b"e" * 32, public.result())
    assert copier.out_root != public.commitment().out_root


def test_a_private_output_gives_its_copier_nothing_to_commit_to() -> None:
    """Only the sealed box and the root are public; without the secret the root is out of reach."""
    stolen = commit(ORDER.work, JOB, 0, b"e" * 32, ORDER.result, secret=OTHER_SECRET)
    spec = ORDER.spec
    held = (stolen, RANDOMNESS, ORDER.content, ORDER.result)
    sample = prove_opening(spec, *held, secret=OTHER_SECRET)
    with pytest.raises(BadInputPath):
        verify_opening(spec, stolen, RANDOMNESS, sample)


@pytest.mark.parametrize("is_private", [False, True])
def test_an_answer_that_was_computed_before_the_input_was_known_is_caught(is_private: bool) -> None:
    earlier = order(130, 90, 33, seed=2)
    answer = earlier.result()
    if is_private:
        private = replace(ORDER, result=answer)
        with pytest.raises(WrongLeaf):
            verify_opening(ORDER.spec, private.commitment(), RANDOMNESS, private.sample())
    else:
        public = order(130, 90, 33)
        with pytest.raises(WrongLeaf):
            verify_opening(
                public.spec, public.commitment(earlier.c), RANDOMNESS, public.proof(earlier.c)
            )


def test_a_commitment_to_an_answer_of_zeros_is_caught() -> None:
    zeros = pack_output(np.zeros((130, 90), np.int32))
    lazy = replace(ORDER, result=replace(ORDER.result, output=zeros))
    with pytest.raises(WrongLeaf):
        verify_opening(ORDER.spec, lazy.commitment(), RANDOMNESS, lazy.sample())


# -------------------------------------------------------------------------------------- envelopes


@given(some.binary(max_size=300))
def test_an_input_comes_back_with_its_secret(content: bytes) -> None:
    assert opened_input(HEADER, sealable_input(HEADER, content)) == (SECRET, content)


@pytest.mark.parametrize("change", [{"job": 8}, {"provider": b"e" * 32}, {"reply_key": b"q" * 32}])
def test_an_input_that_was_sealed_for_another_job_is_refused(change: dict[str, Any]) -> None:
    plain = sealable_input(replace(HEADER, **change), b"the content")
    with pytest.raises(BadEnvelope, match="sealed for another job: wanted") as refusal:
        opened_input(HEADER, plain)
    assert next(iter(change)) in str(refusal.value)
    assert "the content" not in str(refusal.value)


@pytest.mark.parametrize("length", [0, 1, HEADER_BYTES - 1])
def test_an_envelope_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(BadEnvelope, match=f"wanted a header of {HEADER_BYTES} bytes"):
        opened_input(HEADER, sealable_input(HEADER, b"")[:length])


def test_names_of_sealed_things_differ() -> None:
    names = [
        input_name(JOB, PROVIDER),
        input_name(JOB + 1, PROVIDER),
        input_name(JOB, REPLY_KEY),
        output_name(COMMITMENT),
        output_name(replace(COMMITMENT, job=8)),
        witness_name(COMMITMENT, RANDOMNESS, PROVIDER),
        witness_name(COMMITMENT, PROVIDER, PROVIDER),
        witness_name(COMMITMENT, RANDOMNESS, REPLY_KEY),
    ]
    assert len(set(names)) == len(names)


# ------------------------------------------------------------------------------------------ specs


@pytest.mark.parametrize(
    ("proof", "reply_key", "message"),
    [
        (ProofType.SAMPLED, REPLY_KEY, "private job: wanted WITNESSED or ATTESTED, got SAMPLED"),
        (ProofType.WITNESSED, None, "public job: wanted SAMPLED or ATTESTED, got WITNESSED"),
    ],
)
def test_a_proof_that_does_not_fit_is_refused(
    proof: ProofType, reply_key: bytes | None, message: str
) -> None:
    spec = replace(ORDER.spec, proof=proof, reply_key=reply_key)
    with pytest.raises(BadSpec, match=message):
        check_spec(spec)


def test_a_private_job_is_not_audited_in_full() -> None:
    assert ORDER.spec.audit_rate == 0
    with pytest.raises(BadSpec, match="audit rate of a private job: wanted 0, got 1"):
        check_spec(replace(ORDER.spec, audit_rate=1))


def test_a_private_spec_is_small() -> None:
    assert ORDER.spec.is_private
    assert len(encode(ORDER.spec, type(ORDER.spec))) == 164
    assert isinstance(check_spec(ORDER.spec), MatmulParams)
    assert pack_input(order(130, 90, 33).a, order(130, 90, 33).b) == ORDER.content
