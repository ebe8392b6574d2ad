"""A whole bundle: unchanged, the same role in every format, that role right, and every byte what we would write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

from deputize.bundle import compare, seal, tampered
from deputize.checks.made import differences, expectation_of, made_findings
from deputize.checks.opened import Opened, open_bundle, open_manifest, role_for
from deputize.checks.own import sample
from deputize.checks.own.rule import Hit, Rule
from deputize.checks.own.tenant import check_template
from deputize.formats import blueprint_of
from deputize.iam.role import IamRole
from deputize.model.expectations import Expectation, Expectations
from deputize.model.format import MANIFEST, README, ROLE_FILE, TEMPLATE
from deputize.model.role import TEMPLATE_VERSION
from deputize.model.spec import Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.values import Files, Finding, Severity

_BUNDLES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"
_NOTHING = Expectations()
_AGAIN = "render the bundle again, or ask the vendor for a new one"


def lint_bundle(files: Files, *, strict: bool = False, expectations: Expectations = _NOTHING) -> tuple[Finding, ...]:
    """What our own rules say of a bundle; with `strict` warnings are errors. Nothing is raised for what is wrong.

    expectations: the caller's; what the manifest says is only its claim.
    """
    opened = open_bundle(files)
    found = [finding for rule in BUNDLE_RULES for finding in rule.findings(opened, "", strict=strict)]
    claimed, own_account = Expectation(), None
    if opened.role is not None:
        claimed, own_account = expectation_of(opened.role), opened.role.slots.account_id
    said = replace(expectations, claimed=claimed, claimant=f"the bundle's {MANIFEST}")
    for where, role in _distinct(opened):
        found += (_strict(one) if strict else one for one in made_findings(role, said, where, own_account))
    if TEMPLATE in files:
        found += check_template(files[TEMPLATE].decode("utf-8", "replace"), TEMPLATE)
    return tuple(found)


def _strict(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.ERROR) if finding.severity is Severity.WARNING else finding


def is_our_render(files: Files) -> bool:
    """Whether the bundle is, byte for byte, what this deputize renders for its manifest: safe to hand to terraform."""
    opened = open_manifest(files)
    return opened.rendered is not None and not compare(files, opened.rendered)


def _distinct(opened: Opened) -> Iterator[tuple[str, IamRole]]:
    """Each role that some format creates, once, with the formats that create it."""
    by_role: dict[IamRole, list[str]] = {}
    for name, role in opened.roles:
        by_role.setdefault(role, []).append(name)
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
    for (first, one), (name, other) in zip(opened.roles, opened.roles[1:], strict=False):
        differing = [field.name for field in fields(IamRole) if getattr(one, field.name) != getattr(other, field.name)]
        if differing:
            yield Hit(f"{first} and {name} create different roles: {', '.join(differing)} differ", "formats")


def _not_as_asked(opened: Opened) -> Iterator[Hit]:
    if opened.role is None:
        return
    for where, role in _distinct(opened):
        if found := list(differences(role, opened.role)):
            yield Hit(f"differs from the role that the manifest asks for in {', '.join(found)}", where)


def _not_rendered(opened: Opened) -> Iterator[Hit]:
    if opened.manifest is None or opened.rendered is None:
        return
    said = {problem.where for problem in tampered(opened.manifest, opened.files)}
    for line in compare(opened.files, opened.rendered):
        path, _, how = line.partition(": ")
        if path not in said:
            yield Hit(f"{how}: not what deputize renders for this manifest", path)


def _other_version(opened: Opened) -> Iterator[Hit]:
    version = opened.manifest.template_version if opened.manifest is not None else TEMPLATE_VERSION
    if version != TEMPLATE_VERSION:
        what = f"template version {version}, this deputize has {TEMPLATE_VERSION}: its bytes cannot be compared"
        yield Hit(what, MANIFEST)


_VENDOR = Vendor("example", english("Example"), (VendorAccount("aws", sample.VENDOR_ACCOUNT),))


def _drafted() -> Files:
    role = role_for(_VENDOR, Tenant("a-company", (sample.EXTERNAL_ID,)))
    return blueprint_of(role).fill(role.slots.values())


def _good() -> Opened:
    return open_bundle(seal(_drafted()))


def _before_sealing(path: str, old: str, new: str) -> Callable[[], Opened]:
    """A case: one text replaced throughout a file, and the sums made to fit."""

    def case() -> Opened:
        files = _drafted()
        return open_bundle(seal({**files, path: files[path].replace(old.encode(), new.encode())}))

    return case


def _after_sealing(path: str, text: bytes) -> Callable[[], Opened]:
    """A case: a file replaced, and the sums left as they were."""
    return lambda: open_bundle({**seal(_drafted()), path: text})


BUNDLE_RULES: tuple[Rule[Opened], ...] = (
    Rule(
        id="bundle-manifest",
        severity=Severity.ERROR,
        title="The manifest is there and says who asks whom",
        why="Without it nobody can tell whom the bundle is for, nor compare it with anything.",
        mend=_AGAIN,
        reference=_BUNDLES,
        good=_good,
        bad=_after_sealing(MANIFEST, b"{}"),
        check=_manifest,
    ),
    Rule(
        id="bundle-tampered",
        severity=Severity.ERROR,
        title="No file was changed, added or removed after the bundle was made",
        why="What was changed by hand is not what the vendor asked for.",
        mend=_AGAIN,
        reference=_BUNDLES,
        good=_good,
        bad=_after_sealing(README, b"Trust me."),
        check=_tampered,
    ),
    Rule(
        id="bundle-unreadable",
        severity=Severity.ERROR,
        title="Every format can be read back",
        why="What is not understood cannot be judged.",
        mend=_AGAIN,
        reference=_BUNDLES,
        good=_good,
        bad=_after_sealing(TEMPLATE, b"Resources: []"),
        check=_unreadable,
    ),
    Rule(
        id="bundle-formats-differ",
        severity=Severity.ERROR,
        title="Every format creates the same role",
        why="What the customer reviewed in one format must be what is deployed with another.",
        mend=_AGAIN,
        reference=_BUNDLES,
        good=_good,
        bad=_before_sealing(ROLE_FILE, "3600", "7200"),
        check=_formats,
    ),
    Rule(
        id="bundle-role-differs",
        severity=Severity.ERROR,
        title="The role that the formats create is the one that the vendor asks for",
        why="What differs was changed by somebody else, whatever it is, and nobody agreed to it.",
        mend=_AGAIN,
        reference=_BUNDLES,
        good=_good,
        bad=_before_sealing(ROLE_FILE, "3600", "7200"),
        check=_not_as_asked,
    ),
    Rule(
        id="bundle-not-rendered",
        severity=Severity.ERROR,
        title="Every byte is what deputize renders for this vendor and tenant",
        why="Sums can be made to fit a change; the rendering cannot.",
        mend=_AGAIN,
        reference=_BUNDLES,
        good=_good,
        bad=_before_sealing(README, "deputize", "somebody"),
        check=_not_rendered,
    ),
    Rule(
        id="bundle-other-version",
        severity=Severity.ERROR,
        title="The bundle is of this deputize's template version",
        why="Only a bundle that is byte for byte what its manifest renders to is proved; another version's cannot be.",
        mend="render the bundle again, or use the deputize that made it",
        reference=_BUNDLES,
        good=_good,
        bad=_before_sealing(MANIFEST, f'"template_version": {TEMPLATE_VERSION}', f'"template_version": {2**31}'),
        check=_other_version,
    ),
)
