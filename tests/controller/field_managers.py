"""Other programs that manage fields of an object, as server-side apply lets them: they take over what others own."""

from __future__ import annotations

import json
from typing import Any

from controller.simulation.api.requests import ApiRequest
from controller.simulation.cluster_api import ClusterApi


def take_over(api: ClusterApi, path: str, body: dict[str, Any], manager: str) -> None:
    """Apply the fields of `body` as `manager`, by force."""
    answer = api.handle(
        ApiRequest(
            "PATCH",
            path,
            {"fieldManager": manager, "force": "true"},
            json.dumps(body).encode(),
            "application/apply-patch+yaml",
        )
    )
    assert answer.code == 200, answer
