"""The stack of infra/template.yaml on fakecloud, and its functions as processes that have only their role's credentials.

fakecloud runs functions in containers only. So this plays Lambda: it hands events to the real binaries through the runtime
API, and polls the queues as the event source mappings of the deployed stack say.
"""

import json
import os
import queue
import re
import socket
import subprocess
import threading
import time
import urllib.request
import uuid
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

REGION, STACK = "us-east-1", "muster"
# The SAM transform asks for it.
os.environ["AWS_DEFAULT_REGION"] = REGION
# Where AWS asks for the action on the left, fakecloud asks for the names of the API calls on the right.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
ALSO = {
    "s3:GetObject": ["s3:HeadObject"],
    "s3:PutObject": ["s3:CreateMultipartUpload", "s3:UploadPart", "s3:CompleteMultipartUpload"],
    "s3:ListBucket": ["s3:ListObjectsV2"],
    "s3:ListMultipartUploadParts": ["s3:ListParts"],
    "sqs:SendMessage": ["sqs:SendMessageBatch"],
}


class Server(BaseHTTPRequestHandler):
    """An HTTP server on loopback, on a port of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @classmethod
    def start(cls, **attributes):
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (cls,), attributes))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server.server_port

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def answer(self, status, headers=(), body=b""):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        length = dict((name.lower(), value) for name, value in headers).get("content-length")
        self.send_header("content-length", length if self.command == "HEAD" and length else str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Tls(Server):
    """Takes the place of a TLS terminator: fakecloud knows by a header that a request came over TLS, and the
    bucket's policy refuses every other. And it answers for a missing object as S3 does, where fakecloud always says 404:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"""

    def forward(self):
        body = self.body()
        upstream = HTTPConnection("127.0.0.1", self.upstream, timeout=120)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "content-length", "transfer-encoding", "expect"):
                upstream.putheader(name, value)
        upstream.putheader("content-length", str(len(body)))
        upstream.putheader("x-forwarded-proto", "https")
        upstream.endheaders(body)
        response = upstream.getresponse()
        if response.status == 404 and self.command in ("GET", "HEAD") and not self.stack.may_list(self.headers):
            self.answer(403)
        else:
            self.answer(response.status, response.getheaders(), response.read())
        upstream.close()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward


class Runtime(Server):
    """The runtime API of one function, https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

    def do_GET(self):
        event, deadline, future = self.events.get()
        if future is None:
            return self.answer(500)
        request = str(uuid.uuid4())
        self.waiting[request] = future
        headers = {
            "lambda-runtime-aws-request-id": request,
            "lambda-runtime-deadline-ms": str(int(deadline * 1000)),
            "lambda-runtime-invoked-function-arn": self.arn,
        }
        self.answer(200, headers.items(), json.dumps(event).encode())

    def do_POST(self):
        body, path = self.body(), self.path.split("/")
        future = self.waiting.pop(path[-2], None)
        if future:
            future.put((path[-1] == "response", json.loads(body or b"null")))
        self.answer(202)


class Function:
    """A function's process."""

    def __init__(self, stack, name, config, binary):
        self.stack, self.name, self.timeout = stack, name, config["Timeout"]
        self.role = config["Role"].split("/")[-1]
        self.events, arn = queue.Queue(), config["FunctionArn"]
        port = Runtime.start(events=self.events, waiting={}, arn=arn)
        # The template lets only Lambda assume the role. Here this account plays Lambda.
        account = config["Role"].split(":")[4]
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        stack.admin("iam").update_assume_role_policy(RoleName=self.role, PolicyDocument=trust)
        assumed = stack.admin("sts").assume_role(RoleArn=config["Role"], RoleSessionName=name)["Credentials"]
        self.credentials = assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"]
        self.bucket = stack.client("s3", self.credentials)
        environment = {
            **config["Environment"]["Variables"],
            "RUST_LOG": "warn",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config["MemorySize"]),
            "AWS_LAMBDA_LOG_GROUP_NAME": "log",
            "AWS_LAMBDA_LOG_STREAM_NAME": "log",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": stack.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            **dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), self.credentials)),
        }
        log = open(os.path.join(stack.folder, f"{name}.log"), "w")
        self.process = subprocess.Popen([binary], env=environment, stdout=log, stderr=log)
        stack.processes.append(self.process)

    def invoke(self, event, seconds=None):
        """The function's answer; None when it fails."""
        future = queue.Queue()
        self.events.put((event, time.time() + (seconds or self.timeout), future))
        for _ in range(600):
            try:
                worked, answer = future.get(timeout=0.1)
                return answer if worked else None
            except queue.Empty:
                if self.process.poll() is not None:
                    raise RuntimeError(f"{self.name} ended; see its log in {self.stack.folder}") from None
        raise RuntimeError(f"{self.name} does not answer")

    def request(self, method, path, body=None, seconds=None):
        """The answer of its function URL: status, headers, body."""
        path, _, query = path.partition("?")
        http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "proof"}
        answer = self.invoke({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": {},
            "requestContext": {"http": http, "stage": "$default", "timeEpoch": int(time.time() * 1000)},
            "body": None if body is None else json.dumps(body), "isBase64Encoded": False,
        }, seconds)
        if answer is None:
            return 502, {}, f"{self.name} failed"
        return answer["statusCode"], answer.get("headers", {}), answer.get("body") or ""


class NoPolicies:
    """The template names no managed policy by its name."""

    def load(self):
        return {}


class Stack:
    """fakecloud, with the template deployed and the functions running."""

    def __init__(self, program, mode, template, binaries, folder):
        self.folder, self.processes, self.admins, self.functions = folder, [], {}, {}
        os.makedirs(folder, exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = os.path.join(folder, f"fakecloud-{mode}.log")
        command = [program, "--addr", f"127.0.0.1:{self.port}", "--iam", mode, "--verify-sigv4", "--log-level", "warn"]
        out = open(self.log, "w")
        self.processes.append(subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, "NO_COLOR": "1"}))
        self.read, self.denials = 0, []
        self.url = f"http://127.0.0.1:{Tls.start(upstream=self.port, stack=self)}"
        try:
            self.wait_for_port()
            self.deploy(template)
            self.start(template, binaries)
        except BaseException:
            self.stop()
            raise

    def wait_for_port(self):
        for _ in range(300):
            try:
                return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_fakecloud/health", timeout=2).read()
            except OSError as error:
                if hasattr(error, "code"):
                    return None
                time.sleep(0.1)
        raise RuntimeError(f"fakecloud does not start; see {self.log}")

    def client(self, service, credentials, endpoint=None):
        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
        return boto3.Session(region_name=REGION).client(
            service, endpoint_url=endpoint or self.url, config=config, **dict(zip(names, credentials)))

    def admin(self, service):
        """A client of whoever deploys: fakecloud neither checks nor restricts the key `test`."""
        if service not in self.admins:
            self.admins[service] = self.client(service, ("test", "test"))
        return self.admins[service]

    def may_list(self, headers):
        """Whether the role that signed this may list the bucket."""
        for function in self.functions.values():
            if function.credentials[0] in headers.get("authorization", ""):
                try:
                    function.bucket.list_objects_v2(Bucket=self.resources["Files"], MaxKeys=1)
                except ClientError:
                    return False
        return True

    def deploy(self, template):
        """Deploys the template as SAM transforms it. No code is uploaded, and only this script reads the queues."""
        source = yaml_parse(open(template).read())
        for resource in source["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = {"Bucket": "code", "Key": "code.zip"}
        made = transform(source, {}, NoPolicies())
        for resource in made["Resources"].values():
            if resource["Type"] == "AWS::Lambda::EventSourceMapping":
                resource["Properties"]["Enabled"] = False
            if resource["Type"] == "AWS::Events::Rule":
                resource["Properties"]["State"] = "DISABLED"
            if resource["Type"] == "AWS::Lambda::Function":
                resource["Properties"]["Code"] = {"ZipFile": "none"}
        formation = self.admin("cloudformation")
        formation.create_stack(
            StackName=STACK, TemplateBody=json.dumps(made), Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"])
        while True:
            status = formation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
            if status == "CREATE_COMPLETE":
                break
            if "IN_PROGRESS" not in status:
                raise RuntimeError(f"the stack is {status}; see {self.log}")
            time.sleep(0.2)
        found = formation.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
        self.resources = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}

    def start(self, template, binaries):
        functions, self.mappings = self.admin("lambda"), []
        for logical, resource in yaml_parse(open(template).read())["Resources"].items():
            if resource["Type"] != "AWS::Serverless::Function":
                continue
            name = resource["Metadata"]["BuildProperties"]["Binary"]
            config = functions.get_function_configuration(FunctionName=self.resources[logical])
            function = self.functions[name] = Function(self, name, config, os.path.join(binaries, name))
            polled = functions.list_event_source_mappings(FunctionName=config["FunctionName"])["EventSourceMappings"]
            for mapping in polled:
                # Lambda polls with the function's own role.
                poller = self.client("sqs", function.credentials)
                url = self.admin("sqs").get_queue_url(QueueName=mapping["EventSourceArn"].split(":")[-1])["QueueUrl"]
                self.mappings.append((url, mapping["EventSourceArn"], function, mapping["BatchSize"], poller))

    def poll(self, but=()):
        """One turn of all event source mappings, except those of these queues. True if there was a message."""
        worked = False
        for url, arn, function, size, poller in self.mappings:
            if url.split("/")[-1] in but:
                continue
            try:
                received = poller.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=size, AttributeNames=["All"], WaitTimeSeconds=0)
            except ClientError:
                continue
            messages = received.get("Messages", [])
            if not messages:
                continue
            worked = True
            answer = function.invoke({"Records": [{
                "messageId": one["MessageId"], "receiptHandle": one["ReceiptHandle"], "body": one["Body"],
                "attributes": one.get("Attributes", {}), "messageAttributes": {}, "md5OfBody": one["MD5OfBody"],
                "eventSource": "aws:sqs", "eventSourceARN": arn, "awsRegion": REGION,
            } for one in messages]})
            failed = {one["itemIdentifier"] for one in (answer or {}).get("batchItemFailures", [])}
            for one in messages:
                if answer is None or one["MessageId"] in failed:
                    # Deliver it again at once, and not after the visibility timeout.
                    self.admin("sqs").change_message_visibility(
                        QueueUrl=url, ReceiptHandle=one["ReceiptHandle"], VisibilityTimeout=0)
                else:
                    poller.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return worked

    def denied(self):
        """The calls denied so far, by fakecloud's audit log: (role, action, resource)."""
        with open(self.log) as log:
            log.seek(self.read)
            while (line := log.readline()).endswith("\n"):
                self.read = log.tell()
                if "denied request" in line:
                    field = lambda name: re.search(rf'\b{name}="?([^ "]+)', line).group(1)
                    self.denials.append((field("principal").split("/")[1], field("action"), field("resource")))
        return self.denials

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()
