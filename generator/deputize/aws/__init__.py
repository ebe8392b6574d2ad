"""The one door to AWS: the only room that imports boto3 and botocore, and the owner of the embedded AWS's process."""
