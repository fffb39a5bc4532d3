"""The economy's books, kept from events alone: who was paid what, and why."""
