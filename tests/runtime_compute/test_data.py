"""The data class: equal to the plain queries on any table, its limits, and its openings."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from runtime.compute.classes import Result, Tree, leaf_count
from runtime.compute.contents import commit, input_root, is_degenerate
from runtime.compute.data import Data
from runtime.compute.job import BadSpec, JobClass, Terms
from runtime.compute.opening import OpenedTree, OpeningProof, decode_proof, prove_opening
from runtime.compute.registry import check_limits, job_spec, units, work_of
from runtime.compute.tables import NOTHING, Comparison, Condition, Operation, Query
from runtime.compute.verify import BadInputPath, DegenerateWork, WrongLeaf, verify_opening
from runtime.primitives.scale import encode
from tests.runtime_compute.orders import PROVIDER, RANDOMNESS
from tests.runtime_compute.plain_query import answer
from tests.runtime_compute.queries import any_table, any_work

QUERY = Query(Operation.SUMMARY, value=1, key=0, groups=5)
WORK = Data(rows=50_000, columns=2, query=QUERY)
CHANCE = np.random.default_rng(3)
TABLE = CHANCE.integers(0, 7, (WORK.chunks, 2, 256)).astype("<i8").tobytes()
ANSWER = WORK.run(TABLE)


def verify(result: Result, table: bytes = TABLE, proof: bytes = b"") -> None:
    spec = job_spec(WORK, input_root(WORK, table), Terms(max_price=10**12, deadline=100))
    commitment = commit(WORK, 7, 0, PROVIDER, result)
    proof = proof or prove_opening(spec, commitment, RANDOMNESS, table, result)
    verify_opening(spec, commitment, RANDOMNESS, proof)
    assert len(proof) <= WORK.proof_bytes


@pytest.mark.parametrize("operation", Operation)
@given(chance=some.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_any_query_about_any_table_is_answered_as_row_by_row(
    operation: Operation, chance: Random
) -> None:
    work = any_work(chance, operation)
    check_limits(work)
    table = any_table(chance, work)
    chunks = work.table(table)
    exact = [answer(work.query, list(zip(*chunk.tolist(), strict=True))) for chunk in chunks]
    assert work.answered(work.run(table).output).tolist() == exact


@given(chance=some.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_parameters_come_back_from_their_bytes(chance: Random) -> None:
    work = any_work(chance, Operation.SUMMARY)
    params = encode(work, Data)
    assert len(params) <= 128
    assert work_of(JobClass.DATA, params) == work


def test_the_longest_parameters_fit() -> None:
    conditions = tuple(Condition(5, Comparison.AT_LEAST, NOTHING) for _ in range(4))
    query = Query(Operation.HISTOGRAM, 5, 5, NOTHING, 2**64 - 1, 1024, conditions)
    assert len(encode(Data(2**32 - 1, 6, query), Data)) <= 128


def test_an_honest_answer_is_accepted() -> None:
    verify(ANSWER)


def test_a_wrong_count_in_every_chunk_is_caught() -> None:
    words = WORK.answered(ANSWER.output).copy()
    words[:, 2] += 1
    with pytest.raises(WrongLeaf, match=r"^wanted \d+ at \(2,\) of leaf \d+, got \d+$"):
        verify(Result(words.astype("<i8").tobytes()))


def test_an_answer_about_another_table_is_caught() -> None:
    other = np.frombuffer(TABLE, "<i8").copy()
    other[::7] += 1
    with pytest.raises(WrongLeaf):
        verify(WORK.run(other.astype("<i8").tobytes()))


def test_chunks_of_another_table_are_caught() -> None:
    spec = job_spec(WORK, input_root(WORK, TABLE), Terms(max_price=10**12, deadline=100))
    commitment = commit(WORK, 7, 0, PROVIDER, ANSWER)
    proof = prove_opening(spec, commitment, RANDOMNESS, TABLE, ANSWER)
    trees = dict(decode_proof(WORK, proof).trees)
    (chunks,) = trees[Tree.INPUT].sections
    trees[Tree.INPUT] = OpenedTree((bytes(len(chunks)),), trees[Tree.INPUT].path)
    with pytest.raises(BadInputPath):
        verify(ANSWER, proof=OpeningProof(trees).encode())


@pytest.mark.parametrize("cell", [0, NOTHING])
def test_a_table_of_nothing_is_degenerate(cell: int) -> None:
    table = np.full(2 * 256 * WORK.chunks, cell, "<i8").tobytes()
    result = WORK.run(table)
    assert is_degenerate(WORK, result)
    with pytest.raises(DegenerateWork):
        verify(result, table)


def test_a_condition_that_selects_one_row_is_not_degenerate() -> None:
    rare = replace(WORK, query=Query(Operation.FILTER, conditions=(rare_condition(),)))
    cells = np.frombuffer(TABLE, "<i8").copy()
    cells[12345] = 99
    result = rare.run(cells.tobytes())
    assert rare.answered(result.output)[:, 1].sum() <= 1
    assert not is_degenerate(rare, result)


def rare_condition() -> Condition:
    return Condition(0, Comparison.EQUAL, 99)


def test_a_device_that_errs_is_found_out() -> None:
    assert WORK.is_result(TABLE, ANSWER, seed=11)
    words = WORK.answered(ANSWER.output).copy()
    words[::2, 3] ^= 1
    assert not WORK.is_result(TABLE, Result(words.astype("<i8").tobytes()), seed=11)


def test_the_price_follows_from_the_parameters_alone() -> None:
    assert leaf_count(WORK) == WORK.chunks == 196
    assert WORK.operations == 196 * (256 * 3 + 22) * 1024
    assert units(WORK) == 2
    assert units(replace(WORK, rows=5_000_000)) == 159
    sort = replace(WORK, query=Query(Operation.SORT))
    assert WORK.operations < sort.operations


@pytest.mark.parametrize(
    ("work", "what"),
    [
        (replace(WORK, rows=0), "wanted 1 to 4294967295 rows, got 0"),
        (replace(WORK, columns=0), "wanted 1 to 6 columns, got 0"),
        (replace(WORK, columns=7), "wanted 1 to 6 columns, got 7"),
        (replace(WORK, query=replace(QUERY, groups=0)), "wanted 1 to 256 groups, got 0"),
        (replace(WORK, query=replace(QUERY, groups=257)), "wanted 1 to 256 groups, got 257"),
        (replace(WORK, query=Query(Operation.FILTER, groups=1)), "wanted 0 to 0 groups, got 1"),
        (
            replace(WORK, query=Query(Operation.HISTOGRAM, groups=1025)),
            "wanted 1 to 1024 groups, got 1025",
        ),
        (
            replace(WORK, query=Query(Operation.HISTOGRAM, groups=9, width=0)),
            "wanted 1 to 18446744073709551615 as bin width, got 0",
        ),
        (replace(WORK, query=replace(QUERY, value=2)), "wanted 0 to 1 as value column, got 2"),
        (replace(WORK, query=replace(QUERY, key=2)), "wanted 0 to 1 as key column, got 2"),
        (
            replace(WORK, query=replace(QUERY, conditions=(Condition(2, Comparison.EQUAL, 0),))),
            "wanted 0 to 1 as column of a condition, got 2",
        ),
        (replace(WORK, rows=2**24), "wanted at most 67108864 input bytes, got 268435456"),
    ],
)
def test_what_cannot_be_run_or_checked_is_refused(work: Data, what: str) -> None:
    with pytest.raises(BadSpec) as caught:
        check_limits(work)
    assert str(caught.value) == what
