# What deploy.sh and remove.sh share: both read it in. By itself it does nothing.
# Made by deputize; a change made here by hand is found by `deputize lint`.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # what is set elsewhere, or used elsewhere, is so in the script that reads this in
# shellcheck disable=SC2016,SC1003  # names may look like code: they are text
set -euo pipefail
umask 077

readonly tenant='a-company'
readonly tenant_name='a-company'
readonly vendor='example'
readonly vendor_name='Example Costs'
readonly vendor_account='111122223333'
readonly agreed_account=''
readonly partition='aws'
readonly stack='example-a-company'

# The template is UTF-8, whatever the locale; no pager and no prompt of the aws CLI comes between.
export AWS_CLI_FILE_ENCODING=UTF-8 PYTHONUTF8=1 AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off
# Version 1 of the aws CLI knows only the second name.
if [[ -n ${AWS_REGION-} ]]; then
  export AWS_DEFAULT_REGION=$AWS_REGION
fi

yes=no
unexecuted=no
watching=no

# No text of AWS's moves the cursor: of what controls a terminal, only tab and line end pass.
say() {
  printf '%s\n' "$*" | LC_ALL=C tr -d '\000-\010\013-\037\177' >&2
}

# fail CODE WORD...: codes are those of the deputize command. 2 usage, 3 input, 5 AWS, 7 would replace, 130 stopped.
fail() {
  local code=$1
  shift
  say "error: $*"
  exit "$code"
}

# Foreign text for a terminal: printable, and no access key in it.
clean() {
  LC_ALL=C tr -cd '\t\n -~' | LC_ALL=C sed -E 's/(AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}/[access key]/g'
}

# Ends with what the aws CLI said on its standard error.
refused() {
  # AWS's message may repeat the signed request with the session token in it, so none of it is shown.
  if grep -q Signature "$work/said"; then
    fail 5 'AWS credentials: AWS refused the signature made with them;' \
      "check the secret access key and this computer's clock"
  fi
  clean <"$work/said" | sed -e '/^[[:space:]]*$/d' -e 's/^/error: /' >&2
  if grep -q AccessDenied "$work/said"; then
    say 'json/deployer-policy.json lists all that whoever runs this must be allowed to do.'
  fi
  exit 5
}

# call SERVICE OPERATION INPUT ARGUMENT...: INPUT is a JSON file in $work.
call() {
  local service=$1 operation=$2 input=$3
  shift 3
  aws "$service" "$operation" --cli-input-json "file://$work/$input" "$@" 2>"$work/said" </dev/null || refused
}

# On the way out, whichever: what deploy.sh planned and did not execute goes.
leave() {
  local code=$?
  set +e
  if [[ $watching == yes ]]; then
    say "AWS goes on with stack $stack by itself; run this again to see what became of it."
  fi
  if [[ $unexecuted == yes ]]; then
    undo >/dev/null
  fi
  rm -rf -- "$work"
  exit "$code"
}

# prepare FILE...: copies of the bundle's files at a path that the aws CLI takes as it is: in the bundle's own, ~ and $
# would be replaced.
prepare() {
  local file
  if [[ $yes != yes && ! -t 0 ]]; then
    fail 2 '--yes: is missing, and there is no terminal to ask on'
  fi
  command -v aws >/dev/null || fail 5 'aws: the aws CLI is not there; install version 1 or 2 of it'
  token=deputize-$(date +%s)-$$
  work=$(mktemp -d)
  readonly token work
  trap leave EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  [[ $work != *\$* ]] || fail 2 "TMPDIR: '$work' has a \$; choose another folder"
  for file in "$@"; do
    { cat <"$here/$file" >"$work/${file##*/}"; } 2>/dev/null || fail 3 "$file: cannot be read; the bundle is not whole"
  done
}

# Which account and region these are; only the tenant's own will do.
identify() {
  local found
  region=${AWS_DEFAULT_REGION-}
  if [[ -z $region ]]; then
    region=$(aws configure get region 2>/dev/null </dev/null) || region=''
  fi
  if [[ ! $region =~ ^[a-z0-9-]+$ ]]; then
    fail 5 'AWS region: none is chosen, or none that is one; export AWS_REGION, as in: export AWS_REGION=''us-east-1'
  fi
  case $region in
'us-gov-'* | 'cn-'* | 'eusc-'*)
      fail 5 "AWS region: $region is in another partition, the bundle is for $partition" ;;
    *) ;;
  esac
  found=$(aws sts get-caller-identity --query "join('|', [Account, Arn])" --output text 2>"$work/said" </dev/null) ||
    refused
  account=${found%%|*}
  if [[ ! $found =~ ^[0-9]{12}\|arn:$partition: ]]; then
    fail 5 "AWS account: it is not in partition $partition, for which the bundle is; use another --profile"
  fi
  if [[ $account == "$vendor_account" ]]; then
    fail 5 "account $account: it is the vendor's own; use credentials of the tenant's account"
  fi
  if [[ -n $agreed_account && $account != "$agreed_account" ]]; then
    fail 5 "account $account: the bundle is for account $agreed_account; use credentials of that one"
  fi
  readonly region account
}

# find_stack INPUT: what there is. `state` is empty when there is nothing; `ours` is yes or no.
find_stack() {
  local found query part parts
  state='' ours=no role_arn=''
  query="Stacks[0].Tags[?Key=='deputize:tenant'].Value | [0]"
  query="Stacks[0].StackStatus, Stacks[0].StackId, not_null(Stacks[0].ParentId, ''),
    join(',', not_null(Stacks[0].Parameters[].ParameterKey, [''])), not_null($query, ''), not_null(${query/tenant/vendor}, '')"
  for part in RoleArn RoleName TemplateVersion Tenant Vendor; do
    query+=", not_null(Stacks[0].Outputs[?OutputKey=='$part'].OutputValue | [0], '')"
  done
  if ! found=$(aws cloudformation describe-stacks --cli-input-json "file://$work/$1" \
    --query "join('|', [$query, '.'])" --output text 2>"$work/said" </dev/null); then
    grep -q 'does not exist' "$work/said" || refused
    return 0
  fi
  IFS='|' read -r -a parts <<<"$found"
  # With exactly so many parts, none has a | in it: each is what it says. Ours have no other characters than these.
  if [[ $found == *[!A-Za-z0-9_+=,.@:/\|-]* || ${parts[11]-} != . || -n ${parts[12]+more} ]]; then
    state=unreadable
    return 0
  fi
  mean "${parts[1]}"
  state=${parts[0]} keys=${parts[3]} role_arn=${parts[6]} role_name=${parts[7]}
  if [[ -n ${parts[2]} ]]; then
    fail 5 "stack $stack: it belongs to stack ${parts[2]}; change that one"
  fi
  if [[ $role_name =~ ^[A-Za-z0-9_+=,.@-]+$ ]]; then
    printf '{"RoleName": "%s"}\n' "$role_name" >"$work/role.json"
  fi
  if [[ ${parts[4]} == "$tenant" && ${parts[5]} == "$vendor" ]]; then
    ours=yes
  elif [[ $state == REVIEW_IN_PROGRESS ]]; then
    under_review
  elif [[ -z ${parts[4]}${parts[5]} && ${parts[9]} == "$tenant" && ${parts[10]} == "$vendor" && -n ${parts[8]} ]]; then
    one_click "${parts[8]}"
  fi
}

# one_click VERSION: the link cannot set a stack's tags, and outputs alone prove nothing: the stack must hold the role
# that has our tags with the same values, its policies under their names in our template, and nothing else.
one_click() {
  local found policies='^(AccessPolicy[1-9][0-9]*/AWS::IAM::(Managed)?Policy/ )*$' others
  found=$(call cloudformation describe-stack-resources id.json --output text --query "join(' ', sort(StackResources[].join(
    '/', [LogicalResourceId, ResourceType, (ResourceType=='AWS::IAM::Role' && PhysicalResourceId) || ''])))")
  others=${found%"Role/AWS::IAM::Role/$role_name"}
  if [[ -z $role_name || $others == "$found" || ! $others =~ $policies ]]; then
    return 0
  fi
  look_at_role
  if [[ $fate == unchecked ]]; then
    refused
  fi
  if [[ $role_tags == "$tenant|$vendor|$1" ]]; then
    ours=yes
  fi
}

# The role in role.json: `fate` is there, gone or unchecked; `role_tags` are ours on it.
look_at_role() {
  local query="Role.Tags[?Key=='deputize:tenant'].Value | [0]"
  query="not_null($query, ''), not_null(${query/tenant/vendor}, ''), not_null(${query/tenant/template-version}, '')"
  fate=there role_tags=''
  if role_tags=$(aws iam get-role --cli-input-json "file://$work/role.json" --query "join('|', [$query])" \
    --output text 2>"$work/said" </dev/null); then
    return 0
  fi
  if grep -q NoSuchEntity "$work/said"; then
    fate=gone
  elif grep -q AccessDenied "$work/said"; then
    fate=unchecked
  else
    refused
  fi
}

# mean STACK_ID: id.json is of that stack from now on; by its ID it is found when it is gone, too.
mean() {
  local own=${1#"arn:$partition:cloudformation:$region:$account:stack/$stack/"}
  if [[ ! $own =~ ^[A-Za-z0-9-]+$ ]]; then
    fail 5 "stack $stack: CloudFormation gave an ID for it that is none"
  fi
  printf '{"StackName": "%s"}\n' "$1" >"$work/id.json"
}

# The shell that a change set makes for a stack that is not there yet has no tags; its change sets have.
under_review() {
  local names name found query="Tags[?Key=='deputize:tenant'].Value | [0]"
  query="not_null($query, ''), not_null(${query/tenant/vendor}, '')"
  names=$(call cloudformation list-change-sets stack.json --query 'Summaries[].ChangeSetName' --output text)
  for name in $names; do
    ours=no
    [[ $name =~ ^[A-Za-z0-9-]+$ ]] || return 0
    found=$(call cloudformation describe-change-set stack.json --change-set-name "$name" \
      --query "join('|', [$query])" --output text)
    [[ $found == "$tenant|$vendor" ]] || return 0
    ours=yes
  done
}

refuse_foreign() {
  if [[ $ours != yes ]]; then
    fail 5 "stack $stack: there is one of that name in account $account, region $region," \
      "which was not made for tenant $tenant of vendor $vendor; choose another region"
  fi
}

# may_go_on QUESTION: on a terminal asks; elsewhere --yes was given, or the script would have ended.
may_go_on() {
  local answer=''
  if [[ $yes == yes ]]; then
    return 0
  fi
  printf '%s [y/N] ' "$1" >&2
  read -r answer || true
  if [[ ! $answer =~ ^[yY]([eE][sS])?$ ]]; then
    say 'nothing was changed'
    exit 130
  fi
}

pause() {
  if ((SECONDS > 3600)); then
    fail 5 "stack $stack: AWS is still at work after an hour; look at its events, and run this again later"
  fi
  sleep 1
}

# follow TOKEN: tells the events of the operation with that token until it has ended; `state` is then the stack's, and
# `reasons` is what AWS said of failures. As JSON, a reason is one line.
follow() {
  local events own status resource why row told=0
  watching=yes state='' reasons=''
  SECONDS=0
  while :; do
    events=$(call cloudformation describe-stack-events id.json --no-paginate --output text \
      --query "reverse(StackEvents[?ClientRequestToken=='$1'].[(PhysicalResourceId==StackId && 'stack') || 'part',
        ResourceStatus, LogicalResourceId, to_string([not_null(ResourceStatusReason, ResourceStatus)])])" | clean)
    row=0
    while IFS=$'\t' read -r own status resource why; do
      row=$((row + 1))
      if ((row <= told)) || [[ -z $status ]]; then
        continue
      fi
      told=$row
      say "  $resource: $status"
      if [[ $status == *_FAILED && $why != *cancelled* ]]; then
        why=${why#??}
        why=${why%??}
        reasons+=$why
        say "error: $resource: $why"
      fi
      if [[ $own == stack && $status =~ _(COMPLETE|FAILED)$ ]]; then
        state=$status
      fi
    done <<<"$events"
    if [[ -n $state ]]; then
      break
    fi
    pause
  done
  watching=no
}

# delete_stack TOKEN: deletes the stack in id.json; `state` is then what became of it.
delete_stack() {
  call cloudformation delete-stack id.json --client-request-token "$1"
  follow "$1"
}
