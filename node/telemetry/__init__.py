"""Telling a server of the operator's choice how the node is, in the messages of Substrate."""
