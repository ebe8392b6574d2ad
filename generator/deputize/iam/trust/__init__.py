"""What a trust policy means: who may assume a role, judged for one request or for all that can be made."""

from __future__ import annotations

from deputize.iam.trust.evaluate import Decision, evaluate_trust

__all__ = ["Decision", "evaluate_trust"]
