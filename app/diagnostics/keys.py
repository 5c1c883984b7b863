"""Can the key ring be used, and is there one where prices have to be signed?"""

from __future__ import annotations

from app.composition import find_key_ring, open_key_ring
from app.config.configuration import Configuration
from app.diagnostics.checks import Check, broken, ok, warning
from app.diagnostics.doctor_reasons import DoctorCode
from oracle.errors import KeyRingError

_NAME = "key ring"


def check_keys(configuration: Configuration) -> list[Check]:
    """Read the ring; the demo needs none."""
    path = find_key_ring(configuration)
    try:
        ring = open_key_ring(configuration)
    except KeyRingError as error:
        return [broken(_NAME, error.reason, "mend the file, or name another one with --key-ring")]
    if ring is not None:
        signing, *accepted = (key.id for key in ring.keys)
        also = f"; {accepted[0]} is still accepted" if accepted else ""
        return [ok(_NAME, f"{path}: {signing} signs{also}")]
    if configuration.is_demo:
        return []
    if configuration.oracle.redis_url is None:
        return [ok(_NAME, f"none yet: {path} is made when the first context is armed, to sign journals with")]
    missing = DoctorCode.KEY_RING_MISSING.because(path=str(path))
    return [
        warning(_NAME, missing, "give this program the publisher's ring with `sentinelaura keys import FILE`")
    ]
