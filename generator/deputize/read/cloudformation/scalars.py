"""What CloudFormation makes of a scalar: a text always; numbers and booleans without quotes become one.

YAML there is YAML 1.1: a number that begins with 0 is octal, so an account ID without quotes may become another number.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
"""

from __future__ import annotations

import re

from deputize.read.source import Node

_SPECIAL = re.compile(r"[-+.0-9~].*|null|true|false|yes|no|on|off|", re.ASCII | re.IGNORECASE)
_OCTAL = re.compile(r"0[0-7_]+", re.ASCII)
_WHOLE = re.compile(r"[1-9][0-9]*(_[0-9_]*)?", re.ASCII)
_HEX = re.compile(r"0x[0-9a-fA-F_]+", re.ASCII)
_MAX_DIGITS = 64  # far more than any number in a template has
_NOTHING = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}


def scalar(node: Node) -> str | None:
    """The text that a scalar comes to; None for one without a value."""
    text = node.value
    if not isinstance(text, str) or not node.plain or _SPECIAL.fullmatch(text) is None:
        return text if isinstance(text, str) else None
    if text in _NOTHING:
        return None
    if text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if len(text) <= _MAX_DIGITS:
        for pattern, base in ((_OCTAL, 8), (_HEX, 16), (_WHOLE, 10)):
            if pattern.fullmatch(text):
                return str(int(text.replace("_", ""), base))
    return text
