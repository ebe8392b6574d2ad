from __future__ import annotations

import hcl2.version
import pytest

from deputize.checks import hcl
from deputize.model.values import Severity

GOOD = b'variable "a" {\n  type = string\n}\n'


def test_good_files_have_no_finding() -> None:
    """HCL passes, and files that are not Terraform's are not looked at."""
    assert hcl.parse_hcl({"terraform/main.tf": GOOD, "README.md": b"{{{", "terraform/empty.tf": b""}) == ()


def test_syntax_error_is_found_with_its_place() -> None:
    """A file that is no HCL is an error at the line and column where parsing stops."""
    (found,) = hcl.parse_hcl({"terraform/main.tf": GOOD, "terraform/bad.tf": b'variable "a" {\n  type = = string\n}\n'})
    assert (found.rule, found.severity, found.engine) == ("hcl-syntax", Severity.ERROR, "python-hcl2")
    assert (found.where, found.line, found.column) == ("terraform/bad.tf", 2, 10)


@pytest.mark.parametrize("data", [b"variable {", b"\xff", b'a = "${', b"x" + b"[" * 5000])
def test_what_is_no_hcl_is_an_error(data: bytes) -> None:
    """Text cut short, bytes that are no UTF-8 and endless nesting are one error each and no exception."""
    (found,) = hcl.parse_hcl({"main.tf": data})
    assert (found.rule, found.where) == ("hcl-syntax", "main.tf")


def test_version_is_python_hcl2s() -> None:
    """The version is the one that the engine gives of itself."""
    assert hcl.version() == hcl2.version.__version__
