"""What the node tells its peers and takes from them: blocks, votes, receipts, transactions."""
