"""What `doctor` found, for programs."""

from __future__ import annotations

import json

from app.commands.doctor import checks_to_json
from app.diagnostics.checks import broken, ok, warning
from app.display_reasons import DisplayCode
from tests.controller.faults import unreachable


def test_a_check_that_failed_has_its_code_and_one_that_is_well_has_none() -> None:
    lost = unreachable("eu", "no route")
    checks = (
        broken("context eu", lost.reason, "mend it"),
        warning("display", DisplayCode.X_UNSET.because(), "get one"),
        ok("store", "up"),
    )
    first, second, well = json.loads(checks_to_json(checks))["checks"]
    assert first["detail"] == str(lost)
    assert first["reason"]["code"] == "connection_failed"
    assert first["reason"]["parameters"]["context"] == "eu"
    assert second["reason"]["code"] == "x_unset"
    assert (well["detail"], well["reason"]) == ("up", None)
