"""The economy on the real runtime: real pallets and blocks; only devices and wishes are made up."""
