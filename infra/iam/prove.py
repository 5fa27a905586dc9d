"""Proves least privilege with fakecloud: every step of a story works with the template's roles, and fails when a permission
that it needs is taken away. See README.md."""

import argparse
import collections
import fnmatch
import json
import re
import sys
import time
import urllib.error
import urllib.request

from botocore import xform_name
from botocore.exceptions import ClientError
from stack import ALSO, STACK, Stack
from story import Denied, Failed, Story

# AWS's own policy with which Lambda may poll a queue.
POLLS = "AWSLambdaSQSQueueExecutionRole"


def statements(stack, function):
    """A role's own permissions, one action and one resource each, and the name of the policy that will hold them."""
    iam, role, found = stack.admin("iam"), stack.functions[function].role, []
    listed = lambda value: value if isinstance(value, list) else [value]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    for name in names:
        for one in listed(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]):
            for action in listed(one["Action"]):
                for resource in listed(one["Resource"]):
                    found.append({**one, "Action": action, "Resource": resource})
    for name in names[1:]:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    return names[0], found


def allow(stack, function, name, permissions):
    """Gives the role exactly these permissions, under the names that fakecloud has for them."""
    spelled = [{**one, "Action": [one["Action"], *ALSO.get(one["Action"], [])]} for one in permissions]
    stack.admin("iam").put_role_policy(
        RoleName=stack.functions[function].role, PolicyName=name,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": spelled}))


def clear(stack):
    """Removes what a story left behind."""
    for logical, url in stack.resources.items():
        if logical.endswith(("Queue", "DeadLetters")):
            stack.admin("sqs").purge_queue(QueueUrl=url)
    tables, table = stack.admin("dynamodb"), stack.resources["TasksTable"]
    for item in tables.scan(TableName=table)["Items"]:
        tables.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})


def short(resource):
    name = resource.split(":", 5)[-1].removeprefix("table/")
    return name.replace(f"{STACK}-files-", "").lstrip("0123456789/") or "the bucket"


def tell(stack, number, wanted=None):
    story = Story(stack, number, wanted)
    try:
        story.tell()
    except Denied as step:
        return f"denied in: {step}"
    except Failed as why:
        return f"failed: {why}"
    finally:
        clear(stack)
    return "worked"


def signatures(stack):
    """Tries what no role may do: send a wrong signature, or a request without TLS."""
    function = stack.functions["upload"]
    key, secret, token = function.credentials
    launched = json.loads(function.request("POST", "/imports", {"file": {"name": "a.csv", "size": 6}})[2])["upload"]
    url, headers = launched["url"], launched["headers"]
    longer = {**headers, "content-length": "7"}
    bucket, plain = stack.resources["Files"], f"http://127.0.0.1:{stack.port}"

    def put(url, headers=headers, body=b"email\n"):
        return lambda: urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PUT")).status

    def read(secret, endpoint=None):
        client = stack.client("s3", (key, secret, token), endpoint)
        return lambda: client.put_object(Bucket=bucket, Key="uploads/x", Body=b"")["ResponseMetadata"]["HTTPStatusCode"]

    for what, wanted, call in (
        ("a role's own secret", "200", read(secret)),
        ("another secret", "SignatureDoesNotMatch", read(secret[::-1])),
        ("a role's own secret, without TLS (the bucket's policy)", "AccessDenied", read(secret, plain)),
        ("a presigned URL for another object", "SignatureDoesNotMatch", put(url.replace("/uploads/", "/reports/"))),
        ("a presigned URL, good for longer", "SignatureDoesNotMatch", put(url.replace("Expires=", "Expires=9"))),
        ("a presigned URL, and another type", "SignatureDoesNotMatch", put(url, {**headers, "content-type": "text/html"})),
        ("a presigned URL, and a longer file", "SignatureDoesNotMatch", put(url, longer, b"email\n\n")),
        ("a presigned URL as it is", "200", put(url)),
    ):
        try:
            found = str(call())
        except urllib.error.HTTPError as error:
            found = error.read().decode().partition("<Code>")[2].partition("</Code>")[0]
        except ClientError as error:
            found = error.response["Error"]["Code"]
        yield what, found, found.startswith(wanted)


def attempt(stack, function, action, arn):
    """Makes the call that a permission is for, with a role's credentials. True if it is denied; None for an unknown action."""
    service, operation = action.split(":")
    if service == "dynamodb":
        table, _, index = arn.split("table/")[1].partition("/index/")
        key = {"pk": {"S": "x"}}
        query = {"KeyConditionExpression": "pk = :x", "ExpressionAttributeValues": {":x": {"S": "x"}}}
        arguments = {
            "GetItem": {"TableName": table, "Key": key},
            "PutItem": {"TableName": table, "Item": key},
            "UpdateItem": {"TableName": table, "Key": key},
            "Query": {"TableName": table, **query, **({"IndexName": index} if index else {})},
            "BatchGetItem": {"RequestItems": {table: {"Keys": [key]}}},
            "BatchWriteItem": {"RequestItems": {table: [{"PutRequest": {"Item": key}}]}},
            "PartiQLInsert": {"Statement": f"INSERT INTO \"{table}\" VALUE {{'pk': 'x'}}"},
            "PartiQLUpdate": {"Statement": f"UPDATE \"{table}\" SET a=1 WHERE pk='x'"},
            "PartiQLDelete": {"Statement": f"DELETE FROM \"{table}\" WHERE pk='x'"},
        }.get(operation)
        operation = "ExecuteStatement" if operation.startswith("PartiQL") else operation
    elif service == "s3":
        bucket, _, key = arn.split(":::")[1].partition("/")
        arguments = {"Bucket": bucket} if operation == "ListBucket" else {"Bucket": bucket, "Key": key.replace("*", "x")}
        arguments.update({"UploadId": "x"} if operation in ("AbortMultipartUpload", "ListMultipartUploadParts") else {})
        operation = {"ListBucket": "ListObjectsV2", "ListMultipartUploadParts": "ListParts"}.get(operation, operation)
    elif service == "sqs":
        url = stack.admin("sqs").get_queue_url(QueueName=arn.split(":")[-1])["QueueUrl"]
        arguments = {
            "SendMessage": {"QueueUrl": url, "MessageBody": "x"},
            "ChangeMessageVisibility": {"QueueUrl": url, "ReceiptHandle": "x", "VisibilityTimeout": 1},
        }.get(operation)
    else:
        return None
    if arguments is None:
        return None
    client = stack.client(service, stack.functions[function].credentials)
    try:
        getattr(client, xform_name(operation))(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return False


def others(stack, granted):
    """Lets each role try what other roles may do and it may not."""
    everything = {(one["Action"], one["Resource"]) for _, permissions in granted.values() for one in permissions}
    for function, (_, permissions) in granted.items():
        own = [(one["Action"], one["Resource"]) for one in permissions]
        covers = lambda action, arn: any(action == a and fnmatch.fnmatchcase(arn, r) for a, r in own)
        foreign = sorted(one for one in everything if not covers(*one))
        tried = {one: attempt(stack, function, *one) for one in foreign}
        yield function, tried


def row(*cells):
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def head(*cells):
    row(*cells)
    row(*("---" for _ in cells))


def proofs(stack, only):
    """Prints the proofs with policies enforced. True if all of them hold."""
    granted = {function: statements(stack, function) for function in stack.functions}
    for function, (name, permissions) in granted.items():
        allow(stack, function, name, permissions)
    began = time.time()
    outcome, denied = tell(stack, 1), list(stack.denied())
    holds = outcome == "worked" and not denied
    print(f"The story {outcome}, in {time.time() - began:.0f} s; {len(denied)} calls were denied {denied or ''}\n")

    head("what is asked with", "answer", "as it has to be")
    for what, found, good in signatures(stack):
        holds &= good
        row(what, found, "yes" if good else "NO")

    print("\nEach role tries what the other roles may and it may not:\n")
    head("function", "tried", "denied", "not denied")
    for function, tried in others(stack, granted):
        through = [f"{action} {short(arn)}" for (action, arn), denied in tried.items() if denied is False]
        made = [denied for denied in tried.values() if denied is not None]
        holds &= not through
        row(function, len(made), sum(made), ", ".join(through) or "none")
    clear(stack)

    print("\nThe story with one permission taken away:\n")
    head("function", "taken away", "the story")
    outcomes = []

    def trial(function, title, wanted):
        outcome = tell(stack, len(outcomes) + 2, wanted)
        outcomes.append("went on" if outcome == "worked" else outcome)
        row(function, title, outcomes[-1])

    for function, (name, permissions) in granted.items():
        role = stack.functions[function].role
        for taken in permissions:
            title = f"{taken['Action']} {short(taken['Resource'])}"
            if only not in f"{function} {title}":
                continue
            allow(stack, function, name, [one for one in permissions if one is not taken])
            spelled = [taken["Action"], *ALSO.get(taken["Action"], [])]
            trial(function, title, lambda who, action, resource: (
                who == role and action in spelled and fnmatch.fnmatchcase(resource, taken["Resource"])))
            allow(stack, function, name, permissions)
        if function in {mapping[2].name for mapping in stack.mappings} and only in f"{function} {POLLS}":
            # SAM gives this policy to functions that a queue calls and that have no role in the template.
            managed = {"RoleName": role, "PolicyArn": f"arn:aws:iam::aws:policy/service-role/{POLLS}"}
            stack.admin("iam").detach_role_policy(**managed)
            trial(function, POLLS, lambda who, action, _: who == role and action == "sqs:ReceiveMessage")
            stack.admin("iam").attach_role_policy(**managed)
    kinds = collections.Counter(re.match("denied|failed|went on", outcome)[0] for outcome in outcomes)
    print("\n" + ", ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items())))
    outcome = tell(stack, len(outcomes) + 2)
    print(f"With everything given back, the story {outcome}.")
    return holds and outcome == "worked" and "failed" not in kinds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fakecloud", default="fakecloud", help="the program")
    parser.add_argument("--binaries", default="target/debug", help="the folder of the functions' binaries")
    parser.add_argument("--template", default="infra/template.yaml")
    parser.add_argument("--folder", default="target/iam", help="where logs are kept")
    parser.add_argument("--only", default="", help="take away only what has this in its name")
    args = parser.parse_args()

    print("The policies as they are in the template; what fakecloud would deny of the story (--iam soft):\n")
    stack = Stack(args.fakecloud, "soft", args.template, args.binaries, args.folder)
    try:
        outcome = tell(stack, 0)
        holds = outcome == "worked"
        print(f"The story {outcome}.\n")
        aws = {spelled: action for action, others in ALSO.items() for spelled in others}
        roles = {function.role: name for name, function in stack.functions.items()}
        head("function", "what fakecloud asks for", "what AWS asks for")
        for role, action in sorted({(roles[role], action) for role, action, _ in stack.denied()}):
            holds &= action in aws
            row(role, action, aws.get(action, "NOT ALLOWED"))
    finally:
        stack.stop()

    print("\nEnforced (--iam strict), with fakecloud's names beside AWS's in the policies:\n")
    stack = Stack(args.fakecloud, "strict", args.template, args.binaries, args.folder)
    try:
        holds &= proofs(stack, args.only)
    finally:
        stack.stop()
    print("Everything is as it has to be." if holds else "NOT everything is as it has to be.")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
