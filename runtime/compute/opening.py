"""The opening proof: the sampled leaves of a result and all that is needed to recompute them.

A provider makes it once the challenge is known; whoever imports the block checks it with nothing
but the job, the commitment and the randomness (`verify`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from runtime.compute.challenge import challenge
from runtime.compute.job import MAX_PROOF_BYTES, JobSpec, MatmulParams, check_spec
from runtime.compute.matmul import bands_of, input_tree, output_key, output_tree, tiles_of
from runtime.compute.receipt import Commitment
from runtime.compute.reference import Int8s, Int32s
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded

_Part = Annotated[bytes, Bounded(MAX_PROOF_BYTES)]


@dataclass(frozen=True, slots=True)
class OpeningProof:
    """Every part is its items one after the other, in ascending order of index, each once."""

    tiles: _Part
    """The sampled output leaves, 256 bytes each."""
    output_path: _Part
    """Hashes beside them, 32 bytes each (`merkle`)."""
    a_bands: _Part
    """Bands of A that the sampled tiles need, 8 x inner bytes each."""
    b_bands: _Part
    """Bands of the transpose of B that they need."""
    input_path: _Part
    """Hashes beside those bands in the input tree."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Which leaves and bands a challenge asks for."""

    leaves: tuple[int, ...]
    a_bands: tuple[int, ...]
    b_bands: tuple[int, ...]
    across: int
    """Tiles in one row of tiles."""

    @property
    def operands(self) -> tuple[tuple[int, int], ...]:
        """For each leaf, the places of its two bands among those opened."""
        a_places = {band: place for place, band in enumerate(self.a_bands)}
        b_places = {band: place for place, band in enumerate(self.b_bands)}
        return tuple(
            (a_places[leaf // self.across], b_places[leaf % self.across]) for leaf in self.leaves
        )


def sample_of(sizes: MatmulParams, commitment: Commitment, randomness: bytes) -> Sample:
    """Draw the leaves that must be opened, and list the bands that they are products of."""
    leaves, across = challenge(commitment.hash, randomness, sizes.leaves), sizes.bands_across
    return Sample(
        leaves=leaves,
        a_bands=tuple(sorted({leaf // across for leaf in leaves})),
        b_bands=tuple(sorted({leaf % across for leaf in leaves})),
        across=across,
    )


def prove_opening(
    spec: JobSpec,
    commitment: Commitment,
    randomness: bytes,
    operands: tuple[Int8s, Int8s],
    c: Int32s,
) -> bytes:
    """Answer the challenge for a committed product C of the operands A and B.

    Costs a hash of every leaf of both trees. A wrong C gives a proof that fails.
    """
    sizes, (a, b) = check_spec(spec), operands
    sample = sample_of(sizes, commitment, randomness)
    b_places = (sizes.bands_down + band for band in sample.b_bands)
    output = output_tree(c, output_key(commitment)).prove(sample.leaves)
    inputs = input_tree(a, b).prove((*sample.a_bands, *b_places))
    proof = OpeningProof(
        tiles=_picked(tiles_of(c), sample.leaves),
        output_path=b"".join(output),
        a_bands=_picked(bands_of(a), sample.a_bands),
        b_bands=_picked(bands_of(b.T), sample.b_bands),
        input_path=b"".join(inputs),
    )
    return encode(proof, OpeningProof)


def _picked(blocks: Int8s | Int32s, indices: Sequence[int]) -> bytes:
    return blocks[list(indices)].tobytes()
