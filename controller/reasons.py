"""Every refusal, hold and failure of the controller as a code with its sentence. Pure.

The only place where these sentences are written. A refusal is the plan's or a rule's answer to "may this move
happen?"; how a reason is made, shown and encoded stands in `oracle/reason.py`.
"""

from __future__ import annotations

from oracle.reason import ReasonCode, Severity


class Code(ReasonCode):
    """The controller's reasons, by the part that gives them."""

    SAME_CLUSTER = "same_cluster", Severity.INFO, "source and target are the same cluster"
    NOT_CHEAPER = (
        "not_cheaper",
        Severity.INFO,
        "the target is not cheaper: {target_usd_per_day:usd} a day against {source_usd_per_day:usd} here",
    )

    # history: what stands against keeping it, and what is wrong with what was kept
    HISTORY_BEGINS_ANEW = (
        "history_begins_anew",
        Severity.WARNING,
        "The history {path} cannot be opened ({error}): it begins anew with each start and stands in memory only. "
        "Migrations go on; make its folder writable to keep it",
    )
    HISTORY_NOT_WRITTEN = (
        "history_not_written",
        Severity.WARNING,
        "The history {path} cannot be written ({error}); what happens is kept in memory and written later. "
        "Migrations go on; make room or check the file's permissions",
    )
    HISTORY_BUSY = (
        "history_busy",
        Severity.WARNING,
        "The history {path} is held by another process for {seconds:duration}; what happens is kept in memory and "
        "written later. Migrations go on; look for a window that hangs",
    )
    HISTORY_SET_ASIDE = (
        "history_set_aside",
        Severity.WARNING,
        "The history was set aside as {name}, and a new one was begun: {why}",
    )
    HISTORY_DAMAGED = "history_damaged", Severity.ERROR, "the file is damaged ({error})"
    HISTORY_NEWER = (
        "history_newer",
        Severity.WARNING,
        "a newer version of this program wrote it (format {found}; this one knows {known}), so it is left alone",
    )
    HISTORY_KEY_EXPOSED = (
        "history_key_exposed",
        Severity.WARNING,
        "others may read its key {path}, so that its entries would prove nothing; run chmod 600 on it, or delete it "
        "to have a new one made",
    )
    HISTORY_KEY_UNREADABLE = (
        "history_key_unreadable",
        Severity.WARNING,
        "its key {path} is not one; restore it, or delete it to have a new one made",
    )
    LEDGER_ANCHOR_FORGED = (
        "ledger_anchor_forged",
        Severity.ERROR,
        "the anchor that stands for what came before entry {sequence} was changed, or another key signed it",
    )
    LEDGER_ENTRIES_MISSING = (
        "ledger_entries_missing",
        Severity.ERROR,
        "something was removed or put in before entry {sequence}: entry {expected} should stand there",
    )
    LEDGER_ENTRY_CHANGED = (
        "ledger_entry_changed",
        Severity.ERROR,
        "entry {sequence} was changed, put in or moved after it was written",
    )
    LEDGER_NEWEST_MISSING = (
        "ledger_newest_missing",
        Severity.ERROR,
        "the newest entries are missing: it ends with entry {last}, but entry {expected} was written",
    )
    LEDGER_HEAD_FORGED = (
        "ledger_head_forged",
        Severity.ERROR,
        "the signature over its newest entry does not fit: it was changed, or another key signed it",
    )
    LEDGER_HEAD_UNKNOWN = (
        "ledger_head_unknown",
        Severity.ERROR,
        "it does not hold the entry that was noted ({head}): an older copy stands in its place, it was begun anew, or "
        "the entry was pruned since",
    )
    OLD_LEDGER_BROKEN = (
        "old_ledger_broken",
        Severity.WARNING,
        "line {line} does not fit its hash chain: something was changed, removed or put in there",
    )
