"""What those ask who propose a change of the economy."""

from __future__ import annotations

from runtime.api.base import Api
from runtime.pallets.parameters import ParameterView
from runtime.terms.parameter import Parameter, ParameterValue


class ParametersApi(Api):
    """The numbers that referenda move."""

    api_version = 1

    def parameters(self) -> tuple[ParameterView, ...]:
        """Return every parameter: its value, its bounds, and when it can be set again."""
        return self._question.runtime.parameters.views()

    def parameter(self, key: Parameter) -> ParameterValue:
        """Return the value of a parameter."""
        return self._question.runtime.parameters.get(key)
