"""Every format of the one list has its writer and its reader, and its files are those that the list names."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache

import pytest

from deputize.formats import WRITERS, render_texts
from deputize.formats.hosted import hosted_template
from deputize.model.format import (
    ACCESS,
    FORMATS,
    JSON,
    MANIFEST,
    MODULE_FOLDER,
    MODULE_README,
    PAGE,
    README,
    SIGNATURE,
    Format,
    access_policy,
    access_policy_number,
)
from deputize.model.hosting import template_url
from deputize.model.profiles import AccessStatement
from deputize.model.role import Role, build
from deputize.model.slots import slots_of
from deputize.model.spec import LOCALES, AccessSpec, Hosting, Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.read import READERS, normal_form

TENANT = Tenant("a-company", ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",), "A Company", "999988887777")
PLAIN = Vendor("acme", english("Acme"), (VendorAccount("aws", "111122223333"),))
# Statements of some 3,000 characters, of which one policy holds two.
MANY = tuple(
    AccessStatement(
        f"Part{number}", tuple(f"ec2:DescribeThing{number}x{at:03}" for at in range(100)), ("*",), english("Counts.")
    )
    for number in range(5)
)
VENDORS = {
    "plain": PLAIN,
    "hosted": replace(
        PLAIN,
        hosting=(
            Hosting(
                "aws",
                template_url(
                    "aws", "a-bucket", "us-east-1", "", hashlib.sha256(hosted_template(PLAIN, "aws")).hexdigest()
                ),
                "eu-west-1",
            ),
        ),
    ),
    "audit": replace(PLAIN, access=AccessSpec(profile="security-audit")),
    "many": replace(PLAIN, access=AccessSpec(profile="inventory", statements=MANY)),
    "inline": replace(PLAIN, access=AccessSpec(profile="inventory", delivery="inline")),
}
MENTIONED = re.compile(
    r"(?<![\w./%$-])[\w*-][\w.*-]*(?:/[\w.*-]+)*\.(?:json|yaml|txt|sh|tf|hcl|md|html|sig)(?![\w-])", re.ASCII
)


@cache
def role_of(vendor: str, locale: str = "en") -> Role:
    """The role of one case."""
    return build(VENDORS[vendor], slots_of(VENDORS[vendor], replace(TENANT, locale=locale)))


def test_every_format_has_a_writer_and_a_reader() -> None:
    """The list, the writers and the readers have the same names in the same order, and no other."""
    assert tuple(WRITERS) == tuple(READERS) == tuple(form.name for form in FORMATS)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_writer_writes_the_files_of_its_format(form: Format) -> None:
    """The main file is always there, every other path is some bundle's, and none is written that is not form."""
    written = [set(WRITERS[form.name](role_of(vendor))) for vendor in VENDORS]
    paths = set().union(*written)
    further = {path for path in paths if (access_policy_number(path) or 0) > 1}
    assert all(form.main in files for files in written)
    assert paths - further == {form.main, *form.others}
    assert bool(further) == (form is JSON)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_reader_needs_the_files_of_its_own_format_only(vendor: str) -> None:
    """What one writer wrote, its reader makes the role of without any other file of the bundle."""
    role = role_of(vendor)
    for name, read in READERS.items():
        files = {path: text.encode() for path, text in WRITERS[name](role).items()}
        assert normal_form(read(files, role.iam.delivery)) == normal_form(role.resolved()), name


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_bundle_is_its_formats_and_what_people_read(vendor: str) -> None:
    """Beside the files of its formats, which stand in the list's order, a bundle holds the four that are none."""
    texts = tuple(render_texts(role_of(vendor)))
    formats = [path for write in WRITERS.values() for path in write(role_of(vendor))]
    assert texts == (MANIFEST, PAGE, README, ACCESS, *formats)
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("vendor", VENDORS)
def test_every_file_that_a_page_names_is_there(vendor: str, locale: str) -> None:
    """What README, page and the module's README call a file is one of the bundle, or the signature beside it."""
    files = render_texts(role_of(vendor, locale))
    known = {*files, SIGNATURE}
    for page, folder in ((README, ""), (PAGE, ""), (MODULE_README, MODULE_FOLDER)):
        # `file://` stands before a path in commands; what follows another scheme is no file of ours.
        mentioned = set(MENTIONED.findall(files[page].replace("file://", " ")))
        assert len(mentioned) >= 2, page
        for name in mentioned:
            there = [path for path in known if fnmatchcase(path, name) or path == folder + name]
            assert there, (page, name)


def test_the_readme_names_every_access_policy() -> None:
    """A role of several policies has a command for each, with its own file."""
    files = render_texts(role_of("many"))
    numbers = [number for path in files if (number := access_policy_number(path)) is not None]
    assert len(numbers) >= 3
    assert all(f"file://{access_policy(number)}" in files[README] for number in numbers)
