"""What `doctor` found, for programs."""

from __future__ import annotations

import json

from app.commands.doctor import checks_to_json
from app.diagnostics.checks import broken, ok, warning
from tests.controller.faults import unreachable


def test_a_check_that_a_cluster_failed_has_its_code_and_any_other_has_none() -> None:
    lost = unreachable("eu", "no route")
    checks = (
        broken("context eu", lost.reason, "mend it"),
        warning("display", "none", "get one"),
        ok("store", "up"),
    )
    first, *others = json.loads(checks_to_json(checks))["checks"]
    assert first["detail"] == str(lost)
    assert first["reason"]["code"] == "connection_failed"
    assert first["reason"]["parameters"]["context"] == "eu"
    assert [(check["detail"], check["reason"]) for check in others] == [("none", None), ("up", None)]
