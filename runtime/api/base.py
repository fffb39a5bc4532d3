"""The base of every runtime API."""

from __future__ import annotations

from typing import ClassVar

from runtime.api.question import Question


class Api:
    """The base of a runtime API: each public method of a subclass is a call."""

    api_version: ClassVar[int]

    def __init__(self, question: Question) -> None:
        self._question = question
