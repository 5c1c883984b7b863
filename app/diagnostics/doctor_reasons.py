"""What `doctor` finds that nothing else would say: all codes, and the sentences that they make."""

from __future__ import annotations

from oracle.foundation.reason import ReasonCode, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


class DoctorCode(ReasonCode):
    """Each member: its name for programs, how loudly it speaks, its sentence."""

    NO_GRAPHICS = "doctor_no_graphics", _ERROR, "{error:whole}"
    GRAPHICS_SLOW = "doctor_graphics_slow", _WARNING, "{renderer} draws on the processor"

    # prices
    PRICES_PLAN_ONLY = (
        "doctor_prices_plan_only",
        _WARNING,
        "{file:whole} is a recording: it moves no real cluster",
    )
    PRICES_EXPIRED = (
        "doctor_prices_expired",
        _ERROR,
        "{covered:whole}, live: 0 prices hold now, each for {seconds:.0f} s once confirmed",
    )

    SERVICE_SLOW = (
        "doctor_service_slow", _WARNING, "no answer of {hosts:list} within {seconds:duration}; it may still come",
    )  # fmt: skip

    # the key ring
    KEY_RING_MISSING = (
        "doctor_key_ring_missing",
        _WARNING,
        "there is none at {path:whole}: prices on a shared Redis are shown, and no real cluster is changed on them",
    )

    # the price store
    STORE_SILENT = "doctor_store_silent", _ERROR, "no answer"
    STORE_NOT_DURABLE = "doctor_store_not_durable", _WARNING, "{location}, not durable"
    STORE_CLOCK_AHEAD = (
        "doctor_store_clock_ahead", _WARNING, "{location}: its clock is {seconds:.0f} s ahead of ours",
    )  # fmt: skip
    STORE_CLOCK_BEHIND = (
        "doctor_store_clock_behind", _WARNING, "{location}: its clock is {seconds:.0f} s behind ours",
    )  # fmt: skip

    # clusters
    NO_PRICE_WITHOUT = "doctor_no_price_without", _WARNING, "{place}: no price without {missing:whole}"
    LABELS_UNREAD = (
        "doctor_labels_unread",
        _WARNING,
        "{count:of label} may say how nodes are bought, with a meaning that is not known: {labels:list}",
    )
    LABELS_DISAGREE = (
        "doctor_labels_disagree",
        _WARNING,
        "{count:of label} contradict each other about how nodes are bought: {labels:list}",
    )
    CANNOT_OBSERVE = "doctor_cannot_observe", _ERROR, "{place} cannot be seen: may not {rights:whole}"
    CANNOT_FOLLOW = "doctor_cannot_follow", _WARNING, "{place} is seen with delay: may not {rights:whole}"
    CANNOT_LEAVE = (
        "doctor_cannot_leave", _WARNING, "nothing can be moved away from {place}: may not {rights:whole}",
    )  # fmt: skip
    CANNOT_ARRIVE = (
        "doctor_cannot_arrive",
        _WARNING,
        "nothing can be moved to {place}: may not {rights:whole}",
    )
    CANNOT_FIND = "doctor_cannot_find", _WARNING, "may not {rights:whole}"
    CLOCK_DIFFERS = "doctor_clock_differs", _WARNING, "our clock differs by {seconds:+.0f} s"
