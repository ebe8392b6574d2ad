"""`deputize lint` beside cfn-lint: one small template in one process, and a thousand different ones as commands.

The ratio of one template is of processor time: both run in this thread (cfn-lint without its helper process), and other
programs' turns do not count.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deputize.jobs.lint.file import Judging, lint_content
from deputize.tools.cfn_lint_helper import judge

ROUNDS, REPEATS = 15, 20
FEW, MANY = 10, 1000

# What many a vendor hands out, but that each of a thousand is different.
TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: Lets Example Corp {number} read this account's inventory.
Parameters:
  ExternalId:
    Type: String
    Description: The external ID that Example Corp {number} shows you.
    AllowedPattern: ^[A-Za-z0-9-]{{8,64}}$
  RoleName:
    Type: String
    Default: ExampleCorpReader{number}
Resources:
  Role{number}:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref RoleName
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Sub arn:${{AWS::Partition}}:iam::{account:012d}:root
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                sts:ExternalId: !Ref ExternalId
      ManagedPolicyArns:
        - !Sub arn:${{AWS::Partition}}:iam::aws:policy/SecurityAudit
      Policies:
        - PolicyName: Inventory
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: ["ec2:Describe*", "s3:ListAllMyBuckets", "tag:GetResources"]
                Resource: "*"
Outputs:
  RoleArn:
    Value: !GetAtt Role{number}.Arn
"""

# The process says what it and the processes that it waited for took at most, in KiB.
SNIPPET = """\
import resource, sys
from deputize.cli.app import app
app(sys.argv[1:], standalone_mode=False)
peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(max(peaks), file=sys.stderr)
"""


def figures(scratch: Path) -> dict[str, float]:
    """Own rules beside cfn-lint; all engines on many templates beside cfn-lint's command; memory on many and few."""
    few, many = templates(scratch, FEW), templates(scratch, MANY)
    memory_few, _ = run_lint(few)
    memory_many, ours = run_lint(many)
    theirs = run_cfn_lint(many)
    return {
        **one_template(),
        "lint_1000_vs_cfnlint_cli": ours / theirs,
        "lint_1000_s": ours,
        "lint_rss_1000_vs_10": memory_many / memory_few,
        "lint_rss_10_mb": memory_few / 1024,
    }


def one_template() -> dict[str, float]:
    """Own rules on one template against cfn-lint's, both warm and in turns."""
    text = template(0)
    content, judging = text.encode(), Judging(engines=("own",))

    def own() -> None:
        for _ in range(REPEATS):
            lint_content(content, "template", judging, named=True)

    times: dict[str, list[float]] = {"own": [], "cfn-lint": []}
    for number in range(ROUNDS + 1):
        own_seconds = seconds(own) / REPEATS
        their_seconds = seconds(lambda: judge(text, "us-east-1"))
        if number:
            times["own"].append(own_seconds)
            times["cfn-lint"].append(their_seconds)
    ratio = statistics.median(a / b for a, b in zip(times["own"], times["cfn-lint"], strict=True))
    return {"lint_own_vs_cfnlint": ratio, "lint_own_ms": statistics.median(times["own"]) * 1e3}


def seconds(job: Callable[[], object]) -> float:
    """The processor time that `job` takes."""
    started = time.process_time()
    job()
    return time.process_time() - started


def template(number: int) -> str:
    """One of many different templates."""
    return TEMPLATE.format(number=number, account=111122223333 + number)


def templates(scratch: Path, count: int) -> Path:
    """A folder with so many of them."""
    folder = scratch / f"templates-{count}"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04}.yaml").write_text(template(number))
    return folder


def run_lint(folder: Path) -> tuple[int, float]:
    """(peak memory in KiB, seconds) of one `deputize lint` of a folder with every engine."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", SNIPPET, "lint", str(folder)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return int(done.stderr.split()[-1]), time.perf_counter() - started


def run_cfn_lint(folder: Path) -> float:
    """Seconds of cfn-lint's own command on the same files, in one call."""
    files = sorted(map(str, folder.iterdir()))
    program = Path(sys.executable).with_name("cfn-lint")
    started = time.perf_counter()
    subprocess.run([program, *files], check=True, stdout=subprocess.DEVNULL, env={**os.environ, "HOME": str(folder)})
    return time.perf_counter() - started
