"""Queries on a GPU: one block of threads a chunk."""

from __future__ import annotations

import numpy as np

from consensus.compute.cuda_gpu import Gpu, Kernel
from runtime.compute.classes import Result, Tree
from runtime.compute.data import Data
from runtime.compute.reference import Int64s

ANSWER_CHUNKS = Kernel("answer_chunks", "PPP")


def run_data(gpu: Gpu, work: Data, content: bytes) -> Result:
    """Answer a job's query for every chunk."""
    table, words = work.table(content), device_query(work)
    answered = np.empty(work.content_bytes(Tree.OUTPUT), np.uint8)
    with gpu.memory(table.nbytes, words.nbytes, answered.nbytes) as (chunks, query, out):
        gpu.upload(chunks, table)
        gpu.upload(query, words)
        gpu.launch(ANSWER_CHUNKS, (work.chunks, 1), chunks, query, out)
        gpu.download(answered, out)
    return Result(answered.tobytes())


def device_query(work: Data) -> Int64s:
    """Lay out a query as kernels/data.cu reads it."""
    query = work.query
    width = query.width if query.width < 2**63 else query.width - 2**64
    head = (
        *(query.operation.value, work.columns, query.value, query.key),
        *(query.groups, len(query.conditions), query.answer_words, query.low, width),
    )
    rows = [(one.column, one.comparison.value, one.bound) for one in query.conditions]
    return np.array([*head, *(word for row in rows for word in row)], np.int64)
