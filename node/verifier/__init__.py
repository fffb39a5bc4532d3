"""Checks of many signatures at once: in processes of their own, or inline."""
