"""Starts LocalStack on this machine without a container, on loopback only.

Two of its parts come as a download and as containers, and are replaced: the engine behind its DynamoDB by whatever listens on
DYNAMODB_LOCAL_PORT, and the container in which it runs a function by a process that speaks Lambda's runtime API (process.py).
Everything else is LocalStack's own: the gateway, S3 with its signatures, SQS, CloudFormation, event source mappings, function URLs.
The latter hand a function the cookies of a request as a header only, and drop those of its answer. Here, as on AWS, both are lists:
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""

import json
import threading

from localstack.services.dynamodb.server import DynamodbServer
from localstack.services.lambda_ import urlrouter
from localstack.services.lambda_.invocation import plugins
from localstack.utils.run import FuncThread
from twisted.internet import endpoints

from process import ProcessExecutor


class LoopbackEndpoint(endpoints.TCP4ServerEndpoint):
    """LocalStack listens on every interface, whatever GATEWAY_LISTEN says."""

    def __init__(self, reactor, port, *_, **__):
        super().__init__(reactor, port, interface="127.0.0.1")


def thread_of_another_engine(_server) -> FuncThread:
    """A thread that waits in place of the one that would run the engine."""
    stop = threading.Event()
    thread = FuncThread(lambda *_: stop.wait(), name="external-dynamodb")
    thread.start()
    return thread


event_for_lambda_url = urlrouter.event_for_lambda_url
lambda_result_to_response = urlrouter.lambda_result_to_response


def event_with_cookies(api_id: str, request) -> dict:
    event = event_for_lambda_url(api_id, request)
    if cookies := event["headers"].pop("cookie", None):
        event["cookies"] = cookies.split("; ")
    return event


def response_with_cookies(result):
    response = lambda_result_to_response(result)
    for cookie in json.loads(result.payload).get("cookies", []):
        response.headers.add("set-cookie", cookie)
    return response


endpoints.TCP4ServerEndpoint = LoopbackEndpoint
DynamodbServer.do_start_thread = thread_of_another_engine
DynamodbServer.is_up = lambda _server: True
urlrouter.event_for_lambda_url = event_with_cookies
urlrouter.lambda_result_to_response = response_with_cookies
plugins.DockerRuntimeExecutorPlugin.load = lambda *_, **__: ProcessExecutor

# The import reads the configuration and the replaced parts.
from localstack.runtime.main import main  # noqa: E402

main()
