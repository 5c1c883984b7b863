"""Tool tips that show foreign text as it is. Qt guesses from the text whether a tool tip is rich, and has no setting.

Every tool tip of the window passes here: a name such as `<img src=file:///etc/passwd>` would be read and drawn.
"""

from __future__ import annotations

#: No sign, and no place where a line may break; Qt takes nothing that has it for mark-up.
_WORD_JOINER = "\N{WORD JOINER}"


def plain_tip(text: str) -> str:
    """Return a text that Qt shows as it stands, whatever it looks like."""
    return text.replace("<", "<" + _WORD_JOINER).replace("&", "&" + _WORD_JOINER)
