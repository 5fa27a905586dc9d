#!/usr/bin/env python3
"""Looks at the functions' packages, as `cargo lambda build` leaves them: prints how large each is, refuses one over the limit, and
starts each once against a stand-in for Lambda's runtime API. A program that was built for another processor, or that links to what
the machine lacks, does not come to its first request.

    check.py target/lambda [--most MEGABYTES]
"""

import argparse
import http.server
import json
import pathlib
import subprocess
import sys
import threading

FUNCTIONS = ["upload", "splitter", "row-processor", "finisher", "status", "console"]
# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
NEXT = "/2018-06-01/runtime/invocation/next"


class RuntimeApi(http.server.BaseHTTPRequestHandler):
    """Tells `asked` when a function asks for its first event, and leaves it waiting."""

    asked: threading.Event

    def do_GET(self):
        if self.path == NEXT:
            self.asked.set()
            # A function waits here as long as there is nothing to do.
            threading.Event().wait()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        sys.stderr.write(f"{self.path}: {body.decode(errors='replace')}\n")
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_):
        pass


def comes_to_its_first_request(program: pathlib.Path) -> bool:
    asked = threading.Event()
    handler = type("Handler", (RuntimeApi,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": program.parent.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "MUSTER_PUBLIC_URL": "https://status.invalid",
        "MUSTER_AUTH": "iam",
        "MUSTER_MAX_RECEIVES": "10",
        **{f"MUSTER_{name}": name.lower() for name in ["BUCKET", "TASKS_TABLE", "CUSTOMERS_TABLE", "IDENTITIES_TABLE", "SEGMENTS_TABLE"]},
        **{f"MUSTER_{name}_QUEUE_URL": f"https://queue.invalid/0/{name}" for name in ["SPLIT", "ROWS", "FINISH"]},
    }
    running = subprocess.Popen([program.resolve()], env=environment, stdout=subprocess.DEVNULL)
    try:
        while running.poll() is None:
            if asked.wait(0.2):
                return True
        print(f"{program} ended with {running.returncode}", file=sys.stderr)
        return asked.is_set()
    finally:
        running.kill()
        running.wait()
        server.shutdown()


def main() -> int:
    options = argparse.ArgumentParser(description="Prints the sizes of the functions' packages and starts each once.")
    options.add_argument("folder", type=pathlib.Path, help="where there is a folder with a `bootstrap` for each function")
    options.add_argument("--most", type=float, default=25, help="largest size of one in MB (default: %(default)s)")
    given = options.parse_args()
    sizes, good = {}, True
    for function in FUNCTIONS:
        program = given.folder / function / "bootstrap"
        sizes[function] = round(program.stat().st_size / 1e6, 1)
        starts = comes_to_its_first_request(program)
        fits = sizes[function] <= given.most
        print(f"{function:14} {sizes[function]:6.1f} MB  {'starts' if starts else 'DOES NOT START'}{'' if fits else '  TOO LARGE'}")
        good = good and starts and fits
    print(json.dumps({"megabytes": sizes}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
