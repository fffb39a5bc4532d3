"""The transaction pool: valid extrinsics that wait for a block, in the order a block wants them."""
