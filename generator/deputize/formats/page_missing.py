"""The vendor's texts that a customer will not find in the language of the page, so that `render` can say which."""

from __future__ import annotations

from collections.abc import Iterator

from deputize.model.role import Role
from deputize.model.text import Localized
from deputize.model.values import Finding, Severity

_NAMES = {"en": "English", "ja": "Japanese"}


def missing_texts(role: Role) -> tuple[Finding, ...]:
    """A note for each text of the vendor that is not there in the tenant's locale; the page shows it in another.

    The page holds every language, but only the tenant's own is what it opens in. Rule `text-missing`.
    """
    locale = role.slots.locale
    return tuple(
        Finding(
            rule="text-missing",
            severity=Severity.NOTE,
            where=where,
            message=f"has no {_NAMES[locale]} text, so the page shows the {_other(text)} one in its place and says so",
            mend=f"add the {_NAMES[locale]} one: {_both(text, locale)}",
        )
        for where, text in _texts(role)
        if not dict(text.texts).get(locale)
    )


def _texts(role: Role) -> Iterator[tuple[str, Localized]]:
    """Each text of the vendor's own once, with its place in vendor.yaml; profiles have theirs in every language."""
    access = role.vendor.access
    yield "vendor: name", role.vendor.name
    for choice in access.managed_policies:
        yield f"vendor: access.managed_policies: {choice.name}", choice.reason
    for statement in access.statements:
        yield f"vendor: access.statements: {statement.sid}", statement.reason
    for secret in access.allow_secrets:
        yield f"vendor: access.allow_secrets: {secret.action}", secret.reason


def _both(text: Localized, missing: str) -> str:
    """How vendor.yaml writes a text in several languages."""
    return f"{{{', '.join(f'{locale}: ...' for locale in (*dict(text.texts), missing))}}}"


def _other(text: Localized) -> str:
    shown = text.get("en")
    return next(_NAMES[locale] for locale, one in text.texts if one == shown)
