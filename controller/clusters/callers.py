"""Who calls a Service in its own cluster, as far as the pod templates of other Deployments name it. Pure.

What a program reads from a ConfigMap, a Secret or another namespace is not seen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from controller.clusters.json_reading import as_list, as_mapping, as_text

#: A name of the cluster's DNS in a text, with what shows it to be one where it is a single word.
_HOST = re.compile(r"(//|@)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(:\d+)?")


def find_callers(
    deployments: Iterable[object], services: Set[str], namespace: str, name: str
) -> dict[str, tuple[str, ...]]:
    """Return which other Deployments than `name` name one of these Services: Service -> their names, sorted."""
    found: dict[str, set[str]] = {}
    for body in map(as_mapping, deployments):
        caller = as_text(as_mapping(body.get("metadata")).get("name"))
        if caller is None or caller == name:
            continue
        template = as_mapping(as_mapping(body.get("spec")).get("template"))
        for text in _iterate_texts(as_mapping(template.get("spec"))):
            for service in _find_named(text, services, namespace):
                found.setdefault(service, set()).add(caller)
    return {service: tuple(sorted(found[service])) for service in sorted(found)}


def is_service_name(name: object, services: Set[str], namespace: str) -> bool:
    """Whether a text names one of the Services of a namespace, alone or as a name of the cluster's DNS."""
    if not isinstance(name, str):
        return False
    service, _, rest = name.partition(".")
    return service in services and rest.partition(".")[0] in ("", namespace)


def _iterate_texts(pod: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the containers of a pod are told when they start."""
    for kind in ("initContainers", "containers"):
        for container in map(as_mapping, as_list(pod.get(kind))):
            told = [*as_list(container.get("command")), *as_list(container.get("args"))]
            told += [as_mapping(variable).get("value") for variable in as_list(container.get("env"))]
            yield from (text for text in told if isinstance(text, str))


def _find_named(text: str, services: Set[str], namespace: str) -> Iterator[str]:
    for before, host, port in _HOST.findall(text):
        is_address = bool(before or port) or "." in host or host == text
        if is_address and is_service_name(host, services, namespace):
            yield host.partition(".")[0]
