"""Makes up for what the emulator does differently from AWS in a deployment, and prints the URLs of the API's
two functions and of the console."""

import json
import os

import boto3

BUCKET = "muster-files-000000000000"


def limits_are_numbers() -> None:
    """Sets limits again as numbers. A parameter of a template is text, and AWS turns it into a number where a property needs
    one. The emulator keeps the text, and then no queue calls its function."""
    functions = boto3.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        if limit := mapping.get("ScalingConfig", {}).get("MaximumConcurrency"):
            functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": int(limit)})


def calls_are_allowed_by_name() -> None:
    """Grants two permissions that AWS does not have. For a batch of messages AWS asks for SendMessage, and for a batch of
    statements for what each one does; the emulator asks for permissions with the names of these calls."""
    roles = boto3.client("iam")
    for role in roles.list_roles()["Roles"]:
        name = role["RoleName"]
        for policy in roles.list_role_policies(RoleName=name)["PolicyNames"]:
            document = roles.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for statement in list(document["Statement"]):
                if "sqs:SendMessage" in statement["Action"]:
                    document["Statement"].append({**statement, "Action": "sqs:SendMessageBatch"})
                if "dynamodb:PartiQLInsert" in statement["Action"]:
                    batch = {"Effect": "Allow", "Action": "dynamodb:BatchExecuteStatement", "Resource": "*"}
                    document["Statement"].append(batch)
            roles.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))


def urls() -> list[str]:
    """The outputs are https://ID.lambda-url.REGION.on.aws/, which the emulator serves under a path of its own. Pages have
    absolute links, so the console stays at its own host, which the emulator knows too if a client asks it for that."""
    stack = boto3.client("cloudformation").describe_stacks(StackName="muster")["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    ids = [outputs[name].removeprefix("https://").split(".")[0] for name in ["UploadUrl", "StatusUrl"]]
    api = [f"{os.environ['AWS_ENDPOINT_URL']}/_aws/lambda-url/{function}" for function in ids]
    return [*api, outputs["ConsoleUrl"]]


limits_are_numbers()
calls_are_allowed_by_name()
# The emulator speaks plain HTTP, which the bucket's policy refuses, as it should.
boto3.client("s3").delete_bucket_policy(Bucket=BUCKET)
print(*urls())
