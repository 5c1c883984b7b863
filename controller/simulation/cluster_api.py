"""The Kubernetes API of one simulated cluster: a request in, an answer out. Pure: time is the model's.

Everything but the wire: paths, verbs, refusals, dry runs. `api_server` adds sockets, tokens and watches' streaming.
"""

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.access_reviews import answer_review, verb_of
from controller.simulation.api.discovery import find_discovery
from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.lists import ListPages, select_objects
from controller.simulation.api.requests import ApiRequest, ApiResponse, Target, parse_target
from controller.simulation.api.scale import to_scale
from controller.simulation.api.status_errors import (
    ApiError,
    forbidden,
    method_not_allowed,
    not_found,
    unknown_path,
)
from controller.simulation.api.watches import WatchCursor
from controller.simulation.cluster_model import ClusterModel
from controller.simulation.object_writer import ObjectWriter


class ClusterApi:
    """Answers requests to one cluster. Not thread-safe; the caller advances the model's time before each request."""

    def __init__(self, model: ClusterModel, server_version: str) -> None:
        self.model = model
        self.denied: frozenset[tuple[str, str]] = frozenset()
        """(verb, plural) pairs that are refused with 403, for tests of missing permissions."""
        self._pages = ListPages(model.state.store)
        self._server_version = server_version
        self._writer = ObjectWriter(model)

    def handle(self, request: ApiRequest) -> ApiResponse:
        """Answer anything but a watch; refusals are answers with a Status body."""
        try:
            return find_discovery(request.path, self._server_version) or self._dispatch(request)
        except ApiError as error:
            return ApiResponse(error.code, error.to_status())

    def forget_changes(self) -> None:
        """Lose what watches resume from, as a server's restart does; unfinished lists go on."""
        self.model.state.store.forget_changes()

    def compact(self) -> None:
        """Drop the old versions of all objects, as the store's compaction does: unfinished lists end with 410."""
        self._pages.forget_moments()

    def is_watch(self, request: ApiRequest) -> bool:
        return request.method == "GET" and request.is_true("watch")

    def open_watch(self, request: ApiRequest) -> WatchCursor:
        """Raises ApiError where the request cannot be watched."""
        target = parse_target(request.path)
        self._authorize(request, target)
        query = dict(request.query)
        if target.name:
            query["fieldSelector"] = f"metadata.name={target.name}"
        return WatchCursor(self.model.state.store, target, query)

    def _dispatch(self, request: ApiRequest) -> ApiResponse:
        target = parse_target(request.path)
        self._authorize(request, target)
        if target.kind is kinds.SELF_ACCESS_REVIEWS:
            if request.method != "POST":
                raise method_not_allowed(target.kind)
            return ApiResponse(201, answer_review(request.parse_body(), self.denied))
        if target.subresource:
            return self._on_subresource(request, target)
        return self._on_object(request, target) if target.name else self._on_collection(request, target)

    def _on_collection(self, request: ApiRequest, target: Target) -> ApiResponse:
        if request.method == "GET":
            return ApiResponse(200, self._pages.list_objects(target, request.query))
        if request.method == "POST" and target.namespace is not None:
            return ApiResponse(201, self._writer.create(request, target))
        if request.method == "DELETE" and target.namespace is not None:
            doomed = select_objects(self.model.state.store, target, request.query)
            body = self._pages.list_objects(target, request.query)
            for one in doomed:
                self._writer.delete(request, target, one)
            return ApiResponse(200, body)
        raise method_not_allowed(target.kind)

    def _on_object(self, request: ApiRequest, target: Target) -> ApiResponse:
        if request.method == "PATCH":
            return self._writer.patch(request, target)
        value = self._find(target)
        if request.method == "GET":
            return ApiResponse(200, value)
        if request.method == "PUT":
            return ApiResponse(200, self._writer.replace(request, target, value))
        if request.method == "DELETE":
            return ApiResponse(200, self._writer.delete(request, target, value))
        raise method_not_allowed(target.kind)

    def _on_subresource(self, request: ApiRequest, target: Target) -> ApiResponse:
        value = self._find(target)
        served = (target.kind.has_status, "status"), (target.kind.has_scale, "scale")
        if (True, target.subresource) not in served:
            raise unknown_path()
        if request.method == "GET":
            return ApiResponse(200, to_scale(value) if target.subresource == "scale" else value)
        if request.method == "PUT":
            return ApiResponse(200, self._writer.replace(request, target, value))
        if request.method == "PATCH":
            return self._writer.patch(request, target)
        raise method_not_allowed(target.kind)

    def _find(self, target: Target) -> JsonObject:
        value = self.model.state.store.get(target.kind, target.namespace or "", target.name)
        if value is None:
            raise not_found(target.kind, target.name)
        return value

    def _authorize(self, request: ApiRequest, target: Target) -> None:
        verb = verb_of(request.method, bool(target.name), self.is_watch(request))
        plural = f"{target.kind.plural}/{target.subresource}" if target.subresource else target.kind.plural
        if (verb, plural) in self.denied:
            where = f' in the namespace "{target.namespace}"' if target.namespace else " at the cluster scope"
            group = target.kind.group
            why = f'User "simulated" cannot {verb} resource "{plural}" in API group "{group}"{where}'
            raise forbidden(target.kind, target.name, why)
