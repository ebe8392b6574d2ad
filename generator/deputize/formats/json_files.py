"""Plain JSON: the policies, and the rest of the role in the form that `aws iam create-role --cli-input-json` takes."""

from __future__ import annotations

from deputize.formats.languages import json_text
from deputize.iam.role import IamRole
from deputize.model.deployer import deployer_policy
from deputize.model.format import DEPLOYER_POLICY, MANAGED_POLICY_ARNS, ROLE_FILE, TRUST_POLICY, access_policy
from deputize.model.role import Role


def render_json(role: Role) -> dict[str, str]:
    """The files as {path: text}; the customer's choices stand at their defaults.

    The ARNs of AWS managed policies are a file of their own: the aws CLI refuses unknown keys in role.json.
    """
    made = role.resolved()
    documents: dict[str, object] = {TRUST_POLICY: made.trust.to_json()}
    for number, policy in enumerate(made.policies, 1):
        documents[access_policy(number)] = policy.document.to_json()
    documents[ROLE_FILE] = _create_role(made)
    if made.managed_arns:
        documents[MANAGED_POLICY_ARNS] = list(made.managed_arns)
    documents[DEPLOYER_POLICY] = deployer_policy(role).to_json()
    return {path: f"{json_text(document)}\n" for path, document in documents.items()}


def _create_role(role: IamRole) -> dict[str, object]:
    boundary = {} if role.boundary is None else {"PermissionsBoundary": role.boundary}
    return {
        "RoleName": role.name,
        "Path": role.path,
        "Description": role.description,
        "MaxSessionDuration": role.max_session,
        **boundary,
        "Tags": [{"Key": key, "Value": value} for key, value in role.tags],
    }
