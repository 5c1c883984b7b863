"""Why a file is not read, or a path not believed: all codes, and the sentences that they make."""

from __future__ import annotations

from oracle.foundation.reason import ReasonCode, Severity

_ERROR = Severity.ERROR


class TrustCode(ReasonCode):
    """Each member: its name for programs, how loudly it speaks, its sentence."""

    # a file
    FILE_UNREADABLE = "file_unreadable", _ERROR, "{path:whole} cannot be read: {error}"
    FILE_NOT_BELIEVED = "file_not_believed", _ERROR, "{path:whole} is not believed: {problem:whole}"
    NO_FILE = "file_no_file", _ERROR, "{path:whole} is not a file"
    FILE_EXPOSED = "file_exposed", _ERROR, "{path:whole} may be read by others; run: chmod 600 {path:shell}"
    FILE_TOO_LARGE = "file_too_large", _ERROR, "{path:whole} is larger than {most} bytes"

    # a path
    PATH_FOREIGN = "path_foreign", _ERROR, "{path:whole} belongs to another user, who could change it"
    PATH_WRITABLE = "path_writable", _ERROR, "others may write {path:whole}; run: chmod go-w {path:shell}"
    PATH_UNSEEN = "path_unseen", _ERROR, "{path:whole} cannot be looked at: {error}"
    LINK_CIRCLE = "link_circle", _ERROR, "{path:whole} is a circle of links"
    LINK_FOREIGN = (
        "link_foreign",
        _ERROR,
        "the link {path:whole} belongs to another user, who could change it",
    )
    LINK_SHARED = (
        "link_shared", _ERROR, "it is reached by a link into {path:whole}, which everybody may write",
    )  # fmt: skip
