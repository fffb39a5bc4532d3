"""`starminer wallet`: the accounts of a person on this machine, in files that wallets open."""
