#!/usr/bin/env bash
# Creates or updates the CloudFormation stack of this bundle, with bash and version 1 or 2 of the aws CLI.
#
#   bash cli/deploy.sh [--yes] [--allow-replace] [CHOICES.json]
#
# Shows account, region and change, and asks before anything is done. Standard output is the role's ARN and nothing else.
#   --yes            does not ask; needed where there is no terminal
#   --allow-replace  lets the change replace or remove what is there
#   CHOICES.json     parameters of the template in CloudFormation's own form: RoleName, Path, PermissionsBoundary
#                    [{"ParameterKey": "RoleName", "ParameterValue": "another-name"}]
#                    A choice that is not given keeps the stack's value, or takes the template's default.
# Made by deputize; a change made here by hand is found by `deputize lint`.
set -euo pipefail

here=$(dirname -- "$0")
readonly here
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

allow_replace=no
choices=''

usage() {
  fail 2 "$1; usage: bash cli/deploy.sh [--yes] [--allow-replace] [CHOICES.json]"
}

# A change set that was not executed goes, and so does the shell of a stack made for it.
undo() {
  local made=''
  if [[ $kind == CREATE ]]; then
    made=$(quietly describe-change-set stack.json --query StackId --output text)
  fi
  if [[ -n $made ]]; then
    (
      mean "$made"
      discard_shell
    )
  else
    quietly delete-change-set stack.json
  fi
}

# What went wrong is what is told, even when cleaning up fails for the same reason.
quietly() {
  local operation=$1 input=$2
  shift 2
  if [[ $operation == *-change-set ]]; then
    set -- --change-set-name "$token" "$@"
  fi
  aws cloudformation "$operation" --cli-input-json "file://$work/$input" "$@" 2>/dev/null </dev/null
}

# The shell takes its change sets with it: without them, nobody could say whose it is. Until it is gone, the next
# deployment would find a stack that is being deleted.
discard_shell() {
  local left=REVIEW_IN_PROGRESS
  SECONDS=0
  while [[ $left == *_IN_PROGRESS ]] && ((SECONDS < 60)); do
    left=$(quietly describe-stacks id.json --query 'Stacks[0].StackStatus' --output text)
    if [[ $left == REVIEW_IN_PROGRESS ]]; then
      quietly delete-stack id.json
    fi
  done
}

# joined LIST LIST: two JSON lists as one.
joined() {
  local first=${1#*\[} second=${2#*\[}
  first=${first%\]*}
  second=${second%\]*}
  if [[ -n ${first//[[:space:]]/} && -n ${second//[[:space:]]/} ]]; then
    first+=,
  fi
  printf '[%s%s]\n' "$first" "$second"
}

# What the customer chose now: a list of parameters, judged by AWS.
read_choices() {
  given='[]'
  if [[ -n $choices ]]; then
    { given=$(cat <"$choices"); } 2>/dev/null || fail 3 "$choices: cannot be read; name a file that is there"
  fi
  case ${given//[[:space:]]/} in
    '['*']') ;;
    *) fail 3 "$choices: is no list; give [{\"ParameterKey\": \"RoleName\", \"ParameterValue\": \"another-name\"}]" ;;
  esac
}

# Parameters and tags of the stack as it is to be: what is there, what is given, and ours.
merge() {
  local kept='[]' own='[]' key tags
  if [[ $kind == UPDATE ]]; then
    for key in RoleName Path PermissionsBoundary; do
      case ${given//[[:space:]]/} in
        *"\"ParameterKey\":\"$key\""*) continue ;;
        *) ;;
      esac
      if [[ ",$keys," == *",$key,"* ]]; then
        kept=$(joined "$kept" "[{\"ParameterKey\": \"$key\", \"UsePreviousValue\": true}]")
      fi
    done
    own=$(call cloudformation describe-stacks id.json --output json \
      --query "Stacks[0].Tags[?!starts_with(Key, 'aws:') && !starts_with(Key, 'deputize:')]")
    own=${own/#null/[]}
  fi
  tags=$(cat <"$work/tags.json")
  joined "$kept" "$given" >"$work/parameters.json"
  joined "$own" "$tags" >"$work/all-tags.json"
}

# A stack whose creation failed holds nothing that could be updated: it makes room for the new one.
clear_failed() {
  say "stack $stack: its creation failed before (state $state); it is deleted first"
  may_go_on 'Delete it?'
  delete_stack "$token-0"
  if [[ $state != DELETE_COMPLETE ]]; then
    fail 5 "stack $stack: it could not be deleted and is in state $state; cli/remove.sh says what holds it"
  fi
}

# What is to be done with a stack in that state: `kind` of change set.
choose_kind() {
  kind=CREATE
  if [[ -z $state ]]; then
    return 0
  fi
  refuse_foreign
  case $state in
    REVIEW_IN_PROGRESS) ;;
    CREATE_COMPLETE | UPDATE_COMPLETE | UPDATE_ROLLBACK_COMPLETE | IMPORT_COMPLETE | IMPORT_ROLLBACK_COMPLETE)
      kind=UPDATE
      ;;
    *_IN_PROGRESS) fail 5 "stack $stack: it is in state $state; wait until that has ended, then run this again" ;;
    CREATE_FAILED | ROLLBACK_COMPLETE | ROLLBACK_FAILED) clear_failed ;;
    DELETE_FAILED) fail 5 "stack $stack: its removal was held up; cli/remove.sh tries again and says what holds it" ;;
    *) fail 5 "stack $stack: it is in state $state; look at it in the CloudFormation console" ;;
  esac
}

# Asks CloudFormation for a change set; `changes` is empty when there is nothing to change.
plan() {
  local input=stack.json made status why
  set -- --change-set-name "$token" --change-set-type "$kind" --capabilities CAPABILITY_NAMED_IAM \
    --description 'deputize: template version 1' \
    --template-body "file://$work/role.yaml" --tags "file://$work/all-tags.json"
  if [[ $(<"$work/parameters.json") != '[]' ]]; then
    set -- "$@" --parameters "file://$work/parameters.json"
  fi
  # By its ID: another stack may have taken the name since.
  if [[ $kind == UPDATE ]]; then
    input=id.json
  fi
  unexecuted=yes
  SECONDS=0
  call cloudformation create-change-set "$input" "$@" --query '{StackName: StackId, ChangeSetName: Id}' \
    --output json >"$work/plan.json"
  while :; do
    changes=$(call cloudformation describe-change-set plan.json --output text \
      --query "[[[StackId, Status, to_string([StatusReason])]], (Changes || [''])[].ResourceChange.[Action,
        LogicalResourceId, ResourceType, not_null(Replacement, '-')]][]" | clean)
    IFS=$'\t' read -r made status why <<<"$changes"
    case $status/$why in
      CREATE_COMPLETE/*) break ;;
      FAILED/*"didn't contain changes"* | FAILED/*'No updates are to be performed'*)
        changes=''
        break
        ;;
      FAILED/*) fail 5 "stack $stack: CloudFormation could not plan it: $why" ;;
      *) pause ;;
    esac
  done
  mean "$made"
}

# Every resource that would change; refused when one would go away and nobody said that it may.
show_plan() {
  local action resource type replacement lost=no loss
  while IFS=$'\t' read -r action resource type replacement; do
    # Each page of a long answer begins with the change set itself.
    if [[ $action == arn:* ]]; then
      continue
    fi
    loss=''
    if [[ $action/$replacement =~ ^(Remove|Dynamic)/|/(True|Conditional)$ ]]; then
      lost=yes
      loss=' - replaces or removes what is there'
    fi
    say "  $action $resource ($type)$loss"
  done <<<"$changes"
  if [[ $lost == yes && $allow_replace != yes ]]; then
    fail 7 "stack $stack: the change would replace or remove what is there; --allow-replace lets it"
  fi
}

# parts_of TEMPLATE NAME: of a template that deputize made. NAME.may gets the actions of its policies and the AWS managed
# ones by their ARN, NAME.who all that it says of who may enter.
parts_of() {
  local line part=other
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line#"${line%%[![:space:]]*}"}
    # A text never begins a line as a key does, whatever stands in it: an external ID may have slashes and colons.
    case $line in
      '#'*) continue ;;
      AssumeRolePolicyDocument:*) part='who' ;;
      ManagedPolicyArns:*) part=may ;;
      Tags:* | Outputs:*) part=other ;;
      *) ;;
    esac
    case $part/$line in
      who/*) printf '%s\n' "$line" >&3 ;;
      may/ManagedPolicyArns:* | may/'- !Ref'*) ;;
      other/Action:* | may/Action:*) part=may ;;
      may/'- "'*)
        line=${line#???}
        printf '%s\n' "${line%?}"
        ;;
      *) part=other ;;
    esac
  done <"$1" 3>"$work/$2.who" | LC_ALL=C sort -u >"$work/$2.may"
}

# What the update lets the role do that it may not do now, and the other way round, as far as the two templates show it.
show_access() {
  local one
  if [[ $kind != UPDATE ]]; then
    return 0
  fi
  if ! aws cloudformation get-template --cli-input-json "file://$work/id.json" --template-stage Original \
    --query TemplateBody --output text >"$work/raw.yaml" 2>/dev/null </dev/null; then
    : >"$work/raw.yaml"
  fi
  clean <"$work/raw.yaml" >"$work/old.yaml"
  parts_of "$work/old.yaml" old
  parts_of "$work/role.yaml" new
  if [[ ! -s $work/old.may ]]; then
    say '  permissions: not compared, for those of the stack that is there could not be read'
    return 0
  fi
  if [[ $(<"$work/old.may") == "$(<"$work/new.may")" ]]; then
    say '  permissions: none comes, none goes'
  fi
  LC_ALL=C comm -13 "$work/old.may" "$work/new.may" >"$work/comes"
  LC_ALL=C comm -23 "$work/old.may" "$work/new.may" >"$work/goes"
  while IFS= read -r one; do
    say "  permission comes: $one"
  done <"$work/comes"
  while IFS= read -r one; do
    say "  permission goes: $one"
  done <"$work/goes"
  if [[ $(<"$work/old.who") == "$(<"$work/new.who")" ]]; then
    say '  who may enter: as before'
  else
    say '  who may enter: written otherwise than before; read AssumeRolePolicyDocument in cloudformation/role.yaml'
  fi
  say '  Compared are the lists of actions in both templates, a wildcard as it is written. Not seen: resources, and what'
  say '  was changed outside CloudFormation.'
}

execute() {
  call cloudformation execute-change-set plan.json --client-request-token "$token"
  unexecuted=no
  follow "$token"
  if [[ $state =~ ^(CREATE|UPDATE)_COMPLETE$ ]]; then
    # What describes the stack may lag behind its events for a moment.
    while :; do
      find_stack id.json
      [[ $state == *_IN_PROGRESS ]] || return 0
      pause
    done
  fi
  if [[ $reasons == *'already exists'* ]]; then
    say 'choose another RoleName, or the region in which the stack of that role already is'
  fi
  if [[ $kind == UPDATE ]]; then
    fail 5 "stack $stack: the update failed; it is in state $state"
  fi
  delete_stack "$token-1"
  if [[ $state == DELETE_COMPLETE ]]; then
    fail 5 "stack $stack: the creation failed; the new stack was removed again"
  fi
  fail 5 "stack $stack: the creation failed, and the stack is left in state $state; cli/remove.sh removes it"
}

report() {
  if [[ $role_arn != "arn:$partition:iam::$account:role/"* ]]; then
    fail 5 "stack $stack: it has no output RoleArn; its template was changed outside deputize"
  fi
  say "Give this ARN to the vendor ($vendor_name):"
  printf '%s\n' "$role_arn"
}

while (($#)); do
  case $1 in
    --yes) yes=yes ;;
    --allow-replace) allow_replace=yes ;;
    -*) usage "$1: there is no such option; write ./$1 for a file" ;;
    *)
      [[ -z $choices ]] || usage "$1: one file of choices is enough"
      [[ -n $1 ]] || usage 'the name of the file is empty'
      choices=$1
      ;;
  esac
  shift
done
read_choices
prepare stack.json tags.json role.json ../cloudformation/role.yaml
identify
say "stack $stack in account $account, region $region:"
say "read-only access for $vendor_name ($vendor), on behalf of tenant $tenant ($tenant_name). Not you? Stop."
find_stack stack.json
choose_kind
merge
plan
if [[ -n $changes ]]; then
  show_plan
  show_access
  may_go_on 'Deploy this?'
  execute
else
  say '  nothing to change'
fi
report
