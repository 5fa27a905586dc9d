#!/usr/bin/env python3
"""Looks at the functions' packages, as `cargo lambda build` leaves them: prints how large each is, refuses one over the limit, and
starts each against a stand-in for Lambda's runtime API. A program that was built for another processor, or that links to what
the machine lacks, does not come to its first request. How long each takes to it is printed, and not judged.

    check.py target/lambda [--most MEGABYTES] [--starts N]
"""

import argparse
import http.server
import json
import pathlib
import statistics
import subprocess
import sys
import threading
import time

FUNCTIONS = ["upload", "splitter", "row-processor", "finisher", "status", "console"]
# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
NEXT = "/2018-06-01/runtime/invocation/next"


class RuntimeApi(http.server.BaseHTTPRequestHandler):
    """Notes when a function asks for its first event, tells `asked`, and leaves it waiting."""

    asked: threading.Event
    asked_at: list[float]

    def do_GET(self):
        if self.path == NEXT:
            self.asked_at.append(time.perf_counter())
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


def seconds_to_first_request(program: pathlib.Path) -> float | None:
    """How long a program takes from its start to its first request; none if it ends before."""
    asked, asked_at = threading.Event(), []
    handler = type("Handler", (RuntimeApi,), {"asked": asked, "asked_at": asked_at})
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
    started_at = time.perf_counter()
    running = subprocess.Popen([program.resolve()], env=environment, stdout=subprocess.DEVNULL)
    try:
        while running.poll() is None:
            if asked.wait(0.2):
                return asked_at[0] - started_at
        print(f"{program} ended with {running.returncode}", file=sys.stderr)
        return asked_at[0] - started_at if asked_at else None
    finally:
        running.kill()
        running.wait()
        server.shutdown()


def main() -> int:
    options = argparse.ArgumentParser(description="Prints how large the functions' packages are and how soon each asks for its first event.")
    options.add_argument("folder", type=pathlib.Path, help="where there is a folder with a `bootstrap` for each function")
    options.add_argument("--most", type=float, default=25, help="largest size of one in MB (default: %(default)s)")
    options.add_argument("--starts", type=int, default=1, help="how often each is started (default: %(default)s)")
    given = options.parse_args()
    sizes, medians, good = {}, {}, True
    for function in FUNCTIONS:
        program = given.folder / function / "bootstrap"
        sizes[function] = round(program.stat().st_size / 1e6, 1)
        times = [seconds_to_first_request(program) for _ in range(given.starts)]
        starts = None not in times
        medians[function] = round(1000 * statistics.median(times), 1) if starts else None
        fits = sizes[function] <= given.most
        start = f"{medians[function]:6.1f} ms to its first request" if starts else "DOES NOT START"
        print(f"{function:14} {sizes[function]:6.1f} MB  {start}{'' if fits else '  TOO LARGE'}")
        good = good and starts and fits
    print(json.dumps({"megabytes": sizes, "milliseconds": medians}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
