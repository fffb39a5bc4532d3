"""Every decoder that outsiders can reach: a value and back, any bytes or the named error."""
