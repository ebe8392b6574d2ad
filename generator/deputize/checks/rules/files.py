"""What lint itself finds of the files that it is given, beside what is in them: no rule looks for it."""

from __future__ import annotations

from deputize.checks.rule import RuleEntry
from deputize.model.values import Severity

_QUOTAS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
_TEMPLATES = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html"
_NESTED = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html"
_THIRD_PARTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"

NOT_UNDERSTOOD = RuleEntry(
    id="file-not-understood",
    severity=Severity.ERROR,
    title="A file that is given, or says that it is a template or policy, can be read whole",
    why="What is not understood may let anybody assume a role, so nothing passes unread.",
    mend="write it as the message says, or leave the file out",
    reference=_TEMPLATES,
    suppressible=None,
)
TOO_LARGE = RuleEntry(
    id="file-too-large",
    severity=Severity.NOTE,
    title="A file in a folder is small enough to be a template",
    why="CloudFormation takes no template of more than 1 MB, so a larger file is not read.",
    mend="leave it out with --exclude",
    reference=_QUOTAS,
)
NOT_JUDGED = RuleEntry(
    id="file-not-judged",
    severity=Severity.WARNING,
    title="Everything that a file leads to is judged with it (an error with `--require judged`)",
    why="Terraform, a macro or a nested stack may make or change roles, and nobody has looked at them.",
    mend="lint what it leads to as well",
    reference=_NESTED,
    suppressible=None,
)
UNUSED = RuleEntry(
    id="suppression-unused",
    severity=Severity.WARNING,
    title="Each suppression hides a finding",
    why="One that hides nothing today may hide a role that anybody may assume tomorrow.",
    mend="remove it",
    reference=_THIRD_PARTY,
)

FILE_ENTRIES = (NOT_UNDERSTOOD, TOO_LARGE, NOT_JUDGED, UNUSED)
