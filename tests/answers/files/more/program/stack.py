"""A program that holds a template."""

TEMPLATE = """
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {AWS: '*'}, Action: sts:AssumeRole}]
"""
HOLDS = "PolicyDocument" in TEMPLATE, f"{TEMPLATE!r}: {len(TEMPLATE)}"
