"""The rules about a whole bundle: unchanged, the same role in every format, and every byte what we would write."""

from __future__ import annotations

from collections.abc import Iterator

from deputize.bundle import compare, tampered
from deputize.checks.made import differences
from deputize.checks.opened import Opened
from deputize.checks.rule import BundleExample, Hit, Rule
from deputize.iam.role import IamRole
from deputize.model.format import FORMATS, MANIFEST, README, ROLE_FILE, TEMPLATE
from deputize.model.role import TEMPLATE_VERSION
from deputize.model.values import Severity
from deputize.read import normal_form

_BUNDLES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"
_AGAIN = "render the bundle again, or ask the vendor for a new one"


def distinct_roles(opened: Opened) -> Iterator[tuple[str, IamRole]]:
    """Each role that some format creates, once, with the formats that create it."""
    by_role = opened.formats_by_role
    for role, names in by_role.items():
        yield "role" if len(by_role) == 1 else f"role of {' and '.join(names)}", role


def _manifest(opened: Opened) -> Iterator[Hit]:
    for problem in opened.problems:
        yield Hit(f"{problem.what}{f' ({problem.mend})' if problem.mend else ''}", problem.where)


def _tampered(opened: Opened) -> Iterator[Hit]:
    if opened.manifest is not None:
        for problem in tampered(opened.manifest, opened.files):
            yield Hit(problem.what, problem.where)


def _unreadable(opened: Opened) -> Iterator[Hit]:
    for problem in opened.unreadable:
        yield Hit(problem.what, problem.where)


def _formats(opened: Opened) -> Iterator[Hit]:
    # Where the manifest says what is asked for, each format is held against that.
    if opened.role is not None:
        return
    for (first, one), (name, other) in zip(opened.roles, opened.roles[1:], strict=False):
        if differing := list(differences(one, other)):
            yield Hit(f"{first} and {name} create different roles: they differ in {', '.join(differing)}", "formats")


def _not_as_asked(opened: Opened) -> Iterator[Hit]:
    if opened.role is None:
        return
    asked = opened.role.resolved()
    for where, role in distinct_roles(opened):
        if found := list(differences(role, asked)):
            yield Hit(f"differs from the role that the manifest asks for in {', '.join(found)}", where)


def _not_rendered(opened: Opened) -> Iterator[Hit]:
    if opened.manifest is None or opened.rendered is None:
        return
    said = {problem.where for problem in tampered(opened.manifest, opened.files)}
    folders = set(_faulty_folders(opened))
    for line in compare(opened.files, opened.rendered):
        path, _, how = line.partition(": ")
        # The sums differ with whatever else does.
        is_said = path in said or path.partition("/")[0] in folders or (path == MANIFEST and folders)
        if not is_said:
            yield Hit(f"{how}: not what deputize renders for this manifest", path)


def _faulty_folders(opened: Opened) -> Iterator[str]:
    """The folders of the formats that cannot be read, or create another role than is asked for."""
    roles, asked = dict(opened.roles), None if opened.role is None else normal_form(opened.role.resolved())
    for one in FORMATS:
        made = roles.get(one.name)
        if made is None or (asked is not None and made != asked):
            yield one.main.partition("/")[0]


def _other_version(opened: Opened) -> Iterator[Hit]:
    version = opened.manifest.template_version if opened.manifest is not None else TEMPLATE_VERSION
    if version != TEMPLATE_VERSION:
        what = f"template version {version}, this deputize has {TEMPLATE_VERSION}: its bytes cannot be compared"
        yield Hit(what, MANIFEST)


BUNDLE_RULES: tuple[Rule[Opened], ...] = (
    Rule(
        id="bundle-manifest",
        severity=Severity.ERROR,
        title="The manifest is there and says who asks whom",
        why="Without it nobody can tell whom the bundle is for, nor compare it with anything.",
        mend=_AGAIN,
        reference=_BUNDLES,
        example=BundleExample(MANIFEST, "", "{}", sealed=False),
        check=_manifest,
    ),
    Rule(
        id="bundle-tampered",
        severity=Severity.ERROR,
        title="No file was changed, added or removed after the bundle was made",
        why="What was changed by hand is not what the vendor asked for.",
        mend=_AGAIN,
        reference=_BUNDLES,
        example=BundleExample(README, "", "Trust me.", sealed=False),
        check=_tampered,
    ),
    Rule(
        id="bundle-unreadable",
        severity=Severity.ERROR,
        title="Every format can be read back",
        why="What is not understood cannot be judged.",
        mend=_AGAIN,
        reference=_BUNDLES,
        example=BundleExample(TEMPLATE, "", "Resources: []"),
        check=_unreadable,
    ),
    Rule(
        id="bundle-formats-differ",
        severity=Severity.ERROR,
        title="Every format creates the same role",
        why="What the customer reviewed in one format must be what is deployed with another.",
        mend=_AGAIN,
        reference=_BUNDLES,
        example=BundleExample(ROLE_FILE, "3600", "7200", has_manifest=False),
        check=_formats,
    ),
    Rule(
        id="bundle-role-differs",
        severity=Severity.ERROR,
        title="The role that the formats create is the one that the vendor asks for",
        why="What differs was changed by somebody else, whatever it is, and nobody agreed to it.",
        mend=_AGAIN,
        reference=_BUNDLES,
        example=BundleExample(ROLE_FILE, "3600", "7200"),
        check=_not_as_asked,
    ),
    Rule(
        id="bundle-not-rendered",
        severity=Severity.ERROR,
        title="Every byte is what deputize renders for this vendor and tenant",
        why="Sums can be made to fit a change; the rendering cannot.",
        mend=_AGAIN,
        reference=_BUNDLES,
        example=BundleExample(README, "deputize", "somebody"),
        check=_not_rendered,
    ),
    Rule(
        id="bundle-other-version",
        severity=Severity.ERROR,
        title="The bundle is of this deputize's template version",
        why="Only a bundle that is byte for byte what its manifest renders to is proved; another version's cannot be.",
        mend="render the bundle again, or use the deputize that made it",
        reference=_BUNDLES,
        example=BundleExample(MANIFEST, f'"template_version": {TEMPLATE_VERSION}', f'"template_version": {2**31}'),
        check=_other_version,
    ),
)
