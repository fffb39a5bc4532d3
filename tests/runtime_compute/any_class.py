"""What holds for a job of any class: it is ordered, done, opened, and each leaf checked."""

from dataclasses import dataclass

from runtime.compute.classes import Result, Tree, Work, leaf_count, place_of
from runtime.compute.contents import chunks_of, commit, input_root
from runtime.compute.job import JobSpec, Terms
from runtime.compute.opening import prove_opening
from runtime.compute.receipt import Commitment
from runtime.compute.registry import job_spec
from runtime.compute.verify import verify_opening
from tests.runtime_compute.orders import JOB, PROVIDER, RANDOMNESS, SEGMENT


@dataclass(frozen=True)
class Ordered:
    """A job of any class with its input and its result."""

    work: Work
    spec: JobSpec
    content: bytes
    result: Result

    @property
    def commitment(self) -> Commitment:
        """Commit to the result."""
        return commit(self.work, JOB, SEGMENT, PROVIDER, self.result)

    @property
    def proof(self) -> bytes:
        """Open it."""
        return prove_opening(self.spec, self.commitment, RANDOMNESS, self.content, self.result)

    def verify(self, proof: bytes | None = None) -> None:
        """Check a proof, or the right one, as every importer does."""
        checked = self.proof if proof is None else proof
        verify_opening(self.spec, self.commitment, RANDOMNESS, checked)


def ordered(work: Work, content: bytes, result: Result | None = None) -> Ordered:
    """Order some work, and do it unless it is done."""
    terms = Terms(max_price=10**12, deadline=100)
    spec = job_spec(work, input_root(work, content), terms)
    return Ordered(work, spec, content, work.run(content) if result is None else result)


def every_leaf_agrees(job: Ordered) -> bool:
    """Whether each leaf of a result is what its chunks give."""
    contents = {
        Tree.INPUT: job.content,
        Tree.OUTPUT: job.result.output,
        Tree.AUXILIARY: job.result.auxiliary,
    }
    chunks = {tree: list(chunks_of(job.work, tree, held)) for tree, held in contents.items()}
    for leaf in range(leaf_count(job.work)):
        needed = [chunks[chunk.tree][chunk.index] for chunk in job.work.needs(leaf)]
        place = place_of(job.work, leaf)
        if job.work.recompute(leaf, needed).tobytes() != chunks[place.tree][place.index]:
            return False
    return True
