"""How a finding of the preflight becomes the refusal that ends it. Pure."""

from __future__ import annotations

from typing import NoReturn

from controller.clusters.checks import CheckResult, Outcome
from controller.migration.protocol.errors import MigrationRefused
from controller.migration.protocol.record import MigrationRecord
from controller.reasons import Code
from oracle.foundation.reason import Parameter, Reason


class Refusing:
    """Turns findings into the one error that ends a preflight. `context`: of the cluster that they concern, if of one.

    What concerns the source is in the way of every target.
    """

    def __init__(self, draft: MigrationRecord, context: str | None = None) -> None:
        self._workload = str(draft.workload)
        self._context = context

    def always(self, code: Code, **parameters: Parameter) -> NoReturn:
        """Raises: MigrationRefused."""
        raise MigrationRefused(self._workload, code.because(**parameters), context=self._context)

    def when(self, condition: bool, code: Code, **parameters: Parameter) -> None:
        """Raises: MigrationRefused where the condition holds."""
        if condition:
            self.always(code, **parameters)

    def because_of(self, reason: Reason | None) -> None:
        """Raises: MigrationRefused where there is a reason."""
        if reason is not None:
            raise MigrationRefused(self._workload, reason, context=self._context)

    def unless_passed(self, result: CheckResult) -> None:
        """Raises: MigrationRefused where the check failed, or could not be made."""
        if result.outcome is not Outcome.PASSED:
            self.because_of(result.reason)
