"""CloudFormation templates of any origin -> roles and policies with file, line and column."""
