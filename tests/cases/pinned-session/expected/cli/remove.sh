#!/usr/bin/env bash
# Removes the CloudFormation stack of this bundle, and with it the role, with bash and version 1 or 2 of the aws CLI.
#
#   bash cli/remove.sh [--yes]
#
# Shows account, region and stack, and asks before anything is done. Standard output stays empty.
#   --yes  does not ask; needed where there is no terminal
# Made by deputize; a change made here by hand is found by `deputize lint`.
set -euo pipefail

here=$(dirname -- "$0")
readonly here
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

# What else is on the role: CloudFormation takes its own things off first, the rest was put there by hand.
show_holders() {
  local held
  look_at_role
  if [[ $fate != there ]]; then
    return 0
  fi
  held=$(
    call iam list-attached-role-policies role.json --query 'AttachedPolicies[].[PolicyArn]' --output text
    call iam list-role-policies role.json --query 'PolicyNames[].[@]' --output text
    call iam list-instance-profiles-for-role role.json --query 'InstanceProfiles[].[Arn]' --output text
  )
  if [[ -n $held ]]; then
    say 'Still on the role; take it off by hand, then run this again:'
    clean <<<"$held" | sed 's/^/  /' >&2
  fi
}

no_stack() {
  say '  there is none'
  look_at_role
  if [[ ${role_tags%|*} == "$tenant|$vendor" ]]; then
    fail 5 "role of tenant $tenant: it is still in account $account; its stack is in another region," \
      'or it was made in another way than by a stack'
  fi
  say 'nothing to remove'
  exit 0
}

while (($#)); do
  case $1 in
    --yes) yes=yes ;;
    *) fail 2 "$1: there is no such option; usage: bash cli/remove.sh [--yes]" ;;
  esac
  shift
done
prepare stack.json role.json
identify
say "remove stack $stack with its role in account $account, region $region"
say "tenant $tenant ($tenant_name), vendor $vendor ($vendor_name)"
find_stack stack.json
if [[ -z $state ]]; then
  no_stack
fi
refuse_foreign
if [[ $state == *_IN_PROGRESS && $state != REVIEW_IN_PROGRESS ]]; then
  fail 5 "stack $stack: it is in state $state; wait until that has ended, then run this again"
fi
role=$role_arn
may_go_on 'Remove it?'
delete_stack "$token"
if [[ $state != DELETE_COMPLETE ]]; then
  show_holders
  fail 5 "stack $stack: it could not be removed and is in state $state"
fi
look_at_role
if [[ $fate == there && (-n $role || ${role_tags%|*} == "$tenant|$vendor") ]]; then
  fail 5 "stack $stack: it is gone, but a role of that name is still in account $account"
elif [[ $fate == unchecked ]]; then
  say 'the stack is gone; whether its role is could not be looked at (iam:GetRole was denied)'
else
  say "stack and role are gone: ${role:-it had made none}"
fi
say 'Sessions that were opened before may go on for up to 60 minutes; README.md says how to cut them off.'
