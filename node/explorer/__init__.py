"""The block explorer: one static page, and the feed of decoded heads that it shows."""
