"""Starts LocalStack on this machine without a container, on loopback only.

Two of its parts come as a download and as containers, and are replaced: the engine behind its DynamoDB by whatever listens on
DYNAMODB_LOCAL_PORT, and the container in which it runs a function by a process that speaks Lambda's runtime API (process.py).
Everything else is LocalStack's own: the gateway, S3 with its signatures, SQS, CloudFormation, event source mappings, function URLs."""

import threading

from localstack.services.dynamodb.server import DynamodbServer
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


endpoints.TCP4ServerEndpoint = LoopbackEndpoint
DynamodbServer.do_start_thread = thread_of_another_engine
DynamodbServer.is_up = lambda _server: True
plugins.DockerRuntimeExecutorPlugin.load = lambda *_, **__: ProcessExecutor

# The import reads the configuration and the replaced parts.
from localstack.runtime.main import main  # noqa: E402

main()
