"""In what the pod templates of one workload may differ from region to region, as a person declares it. Pure."""

from __future__ import annotations

#: The registry of an image, but neither its name nor its version.
IMAGE_REGISTRY = "image-registry"
#: On which nodes the pods run.
NODE_SELECTOR = "node-selector"
#: Before the name of a variable of the environment.
ENVIRONMENT = "env:"


def is_declarable(word: str) -> bool:
    """Whether a word names something that may be declared to differ."""
    return word in (IMAGE_REGISTRY, NODE_SELECTOR) or (word.startswith(ENVIRONMENT) and word != ENVIRONMENT)
