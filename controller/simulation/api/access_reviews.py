"""SelfSubjectAccessReview: may the caller do this? In the simulated fleet it may do everything. Pure."""

from controller.simulation.api.json_objects import JsonObject, get_path
from controller.simulation.api.resource_kinds import SELF_ACCESS_REVIEWS
from controller.simulation.api.status_errors import FieldProblem, invalid


def answer_review(review: JsonObject, denied: frozenset[tuple[str, str]]) -> JsonObject:
    """The review with its status.

    Args:
        denied: (verb, plural) pairs that the caller may not do.
    """
    attributes = get_path(review, "spec", "resourceAttributes")
    if attributes is None and get_path(review, "spec", "nonResourceAttributes") is None:
        problem = FieldProblem(
            "FieldValueInvalid", "spec.resourceAttributes",
            "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
        )  # fmt: skip
        raise invalid(SELF_ACCESS_REVIEWS, "", [problem])
    asked = (get_path(attributes, "verb", default=""), get_path(attributes, "resource", default=""))
    status: JsonObject = {"allowed": asked not in denied}
    if asked in denied:
        status["reason"] = f"the simulated cluster denies {asked[0]} on {asked[1]}"
    return {
        "kind": SELF_ACCESS_REVIEWS.kind, "apiVersion": SELF_ACCESS_REVIEWS.api_version,
        "metadata": review.get("metadata") or {}, "spec": review.get("spec") or {}, "status": status,
    }  # fmt: skip


def verb_of(method: str, has_name: bool, is_watch: bool) -> str:
    """The verb that authorization sees for an HTTP method."""
    if method == "GET":
        return "watch" if is_watch else ("get" if has_name else "list")
    return {"POST": "create", "PUT": "update", "PATCH": "patch"}.get(
        method, "delete" if has_name else "deletecollection"
    )
