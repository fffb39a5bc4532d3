"""What other implementations compute, and we must too."""
