"""What the controller may ask of one cluster's API server: raw JSON in and out. Pure protocol.

Migration, watching and the tests speak to this protocol; `kube.py` is the one adapter to a real client
library. Objects are the API's own dictionaries: nothing is validated or dropped on the way, so a write that
landed never looks failed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol, TypedDict, Unpack

#: No query parameters; immutable, so that it can be a default.
NO_PARAMS: Mapping[str, str] = MappingProxyType({})

#: Asked at the last moment before a write's bytes leave, and never of a dry run. Raises: ControllerError where it may
#: not be sent any more; then nothing was sent.
Permission = Callable[[], None]


def always_permitted() -> None:
    """The permission of a write that nothing else has to allow."""


class WriteOptions(TypedDict, total=False):
    """What may be said of a write.

    dry_run: the server shall do everything but store it (`dryRun=All`), which needs neither arming nor `permission`.
    permission: asked as the bytes leave; without one nothing else has to allow it.
    """

    dry_run: bool
    permission: Permission


class DeleteOptions(WriteOptions, total=False):
    """What may be said of a deletion; it is one only of an object with this `uid` and `resource_version`, if given."""

    uid: str
    resource_version: str


class PatchType(StrEnum):
    """The Content-Type of a patch."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    APPLY = "application/apply-patch+yaml"


class KubeApi(Protocol):
    """One context's API server.

    `path` is relative to the server, as `paths.py` builds it. Every method raises only errors of
    `controller/errors.py`: ClusterError for what the server or the network did, NotArmed where a write was
    asked of an unarmed context. After ClusterUnreachable or ServerFailed the outcome of a write is UNKNOWN:
    read back, never retry blind.
    """

    @property
    def context(self) -> str:
        """The name of the kubeconfig context."""
        ...

    async def get(self, path: str, *, params: Mapping[str, str] = NO_PARAMS) -> dict[str, Any]:
        """Read one object, or one page of a list."""
        ...

    async def create(
        self, path: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        """POST to a collection. Raises: VersionConflict where the object exists."""
        ...

    async def replace(
        self, path: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        """PUT an object; with metadata.resourceVersion it is a compare-and-set."""
        ...

    async def patch(
        self, path: str, body: Any, patch_type: PatchType, **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        """PATCH an object. Raises: VersionConflict: a JSON Patch `test` failed."""
        ...

    async def apply(
        self, path: str, body: Any, manager: str, **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        """Apply the fields of `body` on the server, as `manager`, who takes over none of others.

        Raises: VersionConflict: others own some of the fields.
        """
        ...

    async def delete(self, path: str, **options: Unpack[DeleteOptions]) -> dict[str, Any]:
        """DELETE an object, given preconditions only if they still hold."""
        ...

    def watch(
        self, path: str, *, resource_version: str, params: Mapping[str, str] = NO_PARAMS
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield raw events `{"type", "object"}`, bookmarks included, until the server ends the watch.

        `params` may hold `timeoutSeconds`, after which the server is asked to end it.

        Raises: ResourceExpired on 410 in either form; ClusterUnreachable where the stream breaks or falls
        silent for longer than a healthy server could.
        """
        ...

    async def close(self) -> None:
        """Close the connections; may be called twice."""
        ...
