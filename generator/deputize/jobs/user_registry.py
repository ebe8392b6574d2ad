"""The registry that a user means: the one that was named, else the one in the user's data folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from deputize.registry import Registry, default_location, is_there, open_registry


@dataclass(frozen=True, slots=True)
class UserRegistry:
    """Which registry a command is about, by its path or URL. who: whom its log will name."""

    location: str
    who: str
    named: bool = True

    @classmethod
    def of(cls, named: str | None, environ: Mapping[str, str], who: str) -> Self:
        """The registry that `--registry` names, else the user's own."""
        return cls(named or default_location(environ), who, named is not None)

    @property
    def there(self) -> bool:
        """Whether it need not be made first."""
        return is_there(self.location)

    def open(self, *, create: bool = False) -> Registry:
        """The registry, open; raises as `open_registry`."""
        return open_registry(self.location, who=self.who, create=create)
