"""What the API server refuses in metadata: names, labels, annotations. Pure."""

import re
from collections.abc import Iterator

from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.status_errors import FieldProblem, bad_value, required

_SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_NAME_PART = re.compile(r"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")
_NAME_PART_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_LABEL_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
LONGEST_LABEL = 63
LARGEST_ANNOTATIONS_BYTES = 256 * 1024


def find_metadata_problems(value: JsonObject) -> Iterator[FieldProblem]:
    """Every problem of an object's own metadata."""
    metadata = value["metadata"]
    name = metadata.get("name", "")
    if not name:
        yield required("metadata.name", "name or generateName is required")
    elif not _SUBDOMAIN.match(name) or len(name) > 253:
        yield bad_value("metadata.name", name, _SUBDOMAIN_RULE)
    for key, text in (metadata.get("labels") or {}).items():
        yield from _key_problems("metadata.labels", key)
        if text and (not _NAME_PART.match(text) or len(text) > LONGEST_LABEL):
            yield bad_value("metadata.labels", text, _LABEL_VALUE_RULE)
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        yield from _key_problems("metadata.annotations", key.lower())
    if (
        sum(len(key.encode()) + len(text.encode()) for key, text in annotations.items())
        > LARGEST_ANNOTATIONS_BYTES
    ):
        message = f"Too long: may not be more than {LARGEST_ANNOTATIONS_BYTES} bytes"
        yield FieldProblem("FieldValueTooLong", "metadata.annotations", message)


def _key_problems(field: str, key: str) -> Iterator[FieldProblem]:
    """A qualified name: perhaps a domain and a slash, then a name."""
    domain, slash, name = key.rpartition("/")
    if slash and not _SUBDOMAIN.match(domain):
        yield bad_value(field, key, f"prefix part {_SUBDOMAIN_RULE}")
    if not _NAME_PART.match(name) or len(name) > LONGEST_LABEL:
        yield bad_value(field, key, _NAME_PART_RULE)
