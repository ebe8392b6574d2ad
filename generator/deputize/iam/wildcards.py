"""AWS's wildcards: `*` is any run of characters, `?` any one; matched in steps that grow no faster than the texts.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

_PARTS = 6  # arn:partition:service:region:account:resource


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` stands for all of `text`, case and all."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    at = here = resume = 0
    star = -1
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume, at = at, here, at + 1
        elif at < len(pattern) and pattern[at] in ("?", text[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            # The last star takes one character more.
            resume, at = resume + 1, star + 1
            here = resume
        else:
            return False
    return not pattern[at:].strip("*")


def arn_matches(pattern: str, arn: str) -> bool:
    """Whether each of the six parts of `pattern` stands for that part of `arn`; false for what is no ARN.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    patterns, parts = pattern.split(":", _PARTS - 1), arn.split(":", _PARTS - 1)
    return len(patterns) == len(parts) == _PARTS and all(map(matches, patterns, parts))


def resource_matches(pattern: str, resource: str) -> bool:
    """Whether a policy's Resource stands for the ARN `resource`, or for `*`: an action that has no resource.

    A Resource with fewer than six parts stands for every value of the others:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    missing = _PARTS - 1 - pattern.count(":")
    return pattern == "*" or arn_matches(pattern + ":*" * missing, resource)
