"""The one-click template: one for each vendor and partition, the same bytes for every tenant."""

from __future__ import annotations

from functools import lru_cache

from deputize.formats.cloudformation import template_text
from deputize.model.role import build
from deputize.model.slots import hosted_slots
from deputize.model.spec import Vendor


@lru_cache(maxsize=64)
def hosted_template(vendor: Vendor, partition: str) -> bytes:
    """The template that every quick-create link of `vendor` in `partition` opens; it holds no tenant's text.

    Where the vendor hosts it does not enter it. Raises InputError as :func:`deputize.model.role.build` does.
    """
    return template_text(build(vendor, hosted_slots(partition))).encode()
