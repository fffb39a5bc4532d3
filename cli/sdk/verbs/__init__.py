"""What a client does, by domain: a verb is one call of a pallet, or a question and its answer."""
