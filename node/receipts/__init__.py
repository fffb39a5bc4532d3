"""Work receipts in the node: checked on arrival, kept for authors, checked again in blocks."""
