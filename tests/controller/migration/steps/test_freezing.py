"""What freezing takes from an autoscaler comes back as it was, and no patch lands on a newer object."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from controller.migration.steps.freezing import (
    Patch,
    build_freeze,
    build_seal,
    build_thaw,
    decode_bounds,
    find_owner,
    is_frozen_by,
    read_bounds,
    restore,
)
from controller.simulation.api.json_patch import apply_json_patch

BEHAVIORS = [
    None,
    {},
    {"scaleUp": {"stabilizationWindowSeconds": 3}},
    {"scaleDown": {"selectPolicy": "Disabled"}},
]


def build(behavior: Any = None, annotations: Any = None) -> dict[str, Any]:
    metadata = {"name": "own", "uid": "u-1", "resourceVersion": "7"}
    spec: dict[str, Any] = {"minReplicas": 3, "maxReplicas": 9}
    if behavior is not None:
        spec["behavior"] = behavior
    if annotations is not None:
        metadata["annotations"] = annotations
    return {"metadata": metadata, "spec": spec}


def apply(body: dict[str, Any], patch: Patch) -> dict[str, Any]:
    patched: dict[str, Any] = apply_json_patch(deepcopy(body), patch)
    return patched


@pytest.mark.parametrize("annotations", [None, {"team": "shop"}])
@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_what_is_frozen_and_thawed_is_as_it_was(behavior: Any, annotations: Any) -> None:
    body = build(behavior, annotations)
    bounds = decode_bounds(read_bounds(body).encode())
    frozen = apply(body, build_freeze(body, "m-1"))
    assert is_frozen_by(frozen, "m-1")
    assert not is_frozen_by(frozen, "m-2")
    assert frozen["spec"]["minReplicas"] == 1
    assert [frozen["spec"]["behavior"][policy]["selectPolicy"] for policy in ("scaleUp", "scaleDown")] == [
        "Disabled"
    ] * 2
    thawed = apply(frozen, build_thaw(frozen, bounds))
    assert thawed["spec"] == body["spec"] == restore(frozen, bounds)["spec"]
    assert thawed["metadata"]["annotations"] == (annotations or {})


def test_what_the_server_fills_in_of_a_policy_does_not_count_as_somebody_elses_change() -> None:
    body = build()
    frozen = apply(body, build_freeze(body, "m-1"))
    frozen["spec"]["behavior"]["scaleUp"] |= {"stabilizationWindowSeconds": 0, "policies": []}
    assert apply(frozen, build_thaw(frozen, read_bounds(body)))["spec"] == body["spec"]


@pytest.mark.parametrize("change", [{"minReplicas": 5}, {"behavior": {"scaleUp": {"selectPolicy": "Max"}}}])
def test_what_its_owner_changed_since_stays(change: dict[str, Any]) -> None:
    body = build()
    frozen = apply(body, build_freeze(body, "m-1"))
    frozen["spec"] |= change
    thawed = apply(frozen, build_thaw(frozen, read_bounds(body)))
    assert thawed["spec"] == frozen["spec"] == restore(frozen, read_bounds(body))["spec"]
    assert not is_frozen_by(thawed, "m-1")


def test_every_patch_tests_which_object_it_was_made_for() -> None:
    body = build()
    for patch in (build_freeze(body, "m"), build_seal(body, "m"), build_thaw(body, read_bounds(body))):
        tested = {one["path"]: one["value"] for one in patch if one["op"] == "test"}
        assert tested == {"/metadata/uid": "u-1", "/metadata/resourceVersion": "7"}


@pytest.mark.parametrize(
    "text", ["", "7", "[]", "{}", '{"uid":7,"minimum":1,"behavior":null}', '{"uid":"u","minimum":-1,"behavior":null}',
             '{"uid":"u","minimum":"1","behavior":null}', '{"uid":"u","minimum":1,"behavior":[]}', "[" * 100_000],
)  # fmt: skip
def test_a_note_that_is_none_is_not_understood(text: str) -> None:
    with pytest.raises(ValueError, match="no bounds"):
        decode_bounds(text)


def test_who_would_set_it_back_is_named() -> None:
    body = build()
    assert find_owner(body) is None
    body["metadata"]["annotations"] = {"meta.helm.sh/release-name": "shop"}
    assert find_owner(body) is None, "Helm writes once"
    body["metadata"]["ownerReferences"] = [{"kind": "ScaledObject", "name": "by-queue"}]
    assert find_owner(body) == "ScaledObject by-queue"
