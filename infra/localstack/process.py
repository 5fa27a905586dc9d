"""Runs a Lambda function as a process of this machine, where LocalStack would start a container."""

import json
import os
import queue
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

# The folder that gets a file with the output of each function.
LOGS = os.environ["MUSTER_FUNCTION_LOGS"]


class RuntimeApi(BaseHTTPRequestHandler):
    """The side of Lambda's runtime API that a function asks: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        executor = self.server.executor
        executor.is_ready.set()
        call = executor.calls.get()
        if call is None:
            return self.answer(410)
        deadline = int((time.time() + executor.timeout) * 1000)
        return self.answer(200, call["payload"].encode(), {
            "lambda-runtime-aws-request-id": call["invoke-id"],
            "lambda-runtime-invoked-function-arn": call["invoked-function-arn"],
            "lambda-runtime-trace-id": call["trace-id"],
            "lambda-runtime-deadline-ms": str(deadline),
        })

    def do_POST(self):
        body = self.body()
        *_, kind, invocation, what = self.path.split("/")
        waiting = self.server.executor.waiting.get(invocation)
        # Nobody waits any more for an invocation that timed out.
        if kind == "invocation" and waiting:
            waiting.put((what == "error", body))
        self.answer(202)

    def body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def answer(self, status: int, body: bytes = b"{}", headers: dict[str, str] = {}):
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class ProcessExecutor(RuntimeExecutor):
    """One instance of a function, which answers one invocation after another."""

    def start(self, env_vars: dict[str, str]) -> None:
        self.calls, self.waiting, self.is_ready = queue.Queue(), {}, threading.Event()
        self.timeout = self.function_version.config.timeout
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
        self.server.daemon_threads = True
        self.server.executor = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        root = str(self.function_version.config.code.get_unzipped_code_location())
        environment = {name: str(value) for name, value in env_vars.items()} | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}",
            "LAMBDA_TASK_ROOT": root,
            "PATH": "/usr/bin:/bin",
        }
        self.lines = []
        self.process = subprocess.Popen(
            [f"{root}/bootstrap"], cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        threading.Thread(target=self.collect, daemon=True).start()
        while not self.is_ready.wait(0.05):
            if self.process.poll() is not None:
                raise RuntimeError(f"the function ended at once: {self.lines}")

    def collect(self) -> None:
        with open(os.path.join(LOGS, f"{self.function_version.id.function_name}.log"), "ab", 0) as log:
            for line in self.process.stdout:
                self.lines.append(line.decode(errors="replace"))
                log.write(line)

    def invoke(self, payload: dict) -> InvocationResult:
        invocation, before = payload["invoke-id"], len(self.lines)
        answer = self.waiting[invocation] = queue.Queue()
        self.calls.put(payload)
        until = time.time() + self.timeout
        while True:
            try:
                has_failed, body = answer.get(timeout=0.2)
                break
            except queue.Empty:
                if self.process.poll() is not None or time.time() > until:
                    has_failed, body = True, json.dumps({"errorMessage": "it ended, or took too long"}).encode()
                    break
        del self.waiting[invocation]
        logs = "".join(self.lines[before:])
        return InvocationResult(request_id=invocation, payload=body, is_error=has_failed, logs=logs)

    def stop(self) -> None:
        self.calls.put(None)
        self.process.terminate()
        self.process.wait()
        self.server.shutdown()

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        # It is asked for before the start, for the variables of the function, among which `start` sets the right one.
        return "http://127.0.0.1:1"

    def get_logs(self) -> str:
        return "".join(self.lines)

    @classmethod
    def prepare_version(cls, version) -> None:
        if version.config.code:
            version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, version) -> None:
        pass
