"""The AWS session of a run, made from what the user chose."""

from __future__ import annotations

from deputize.aws.client import Session
from deputize.model.aws_options import AwsOptions
from deputize.version import __version__


def aws_session(aws: AwsOptions) -> Session:
    """A session as these options say. Raises ServiceError for a profile that is not there."""
    return Session(aws, __version__)
