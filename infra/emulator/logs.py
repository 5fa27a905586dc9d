"""Reads the logs of the deployed functions: every line must be JSON, the figures must be there, and nothing of a customer."""

import json
import sys

import boto3

# These only answer questions, and log nothing while all goes well.
SILENT = ["status", "console"]
FUNCTIONS = ["upload", *SILENT, "splitter", "rowprocessor", "finisher"]
FIGURES = {"Rows", "WriteUnits", "BatchSeconds", "BatchAge", "ImportsEnded"}
# Parts of every email and phone in the files of tests/tests/deployed.rs.
SECRETS = ["example.com", ".example", "+1202555", "1 202 555"]

logs = boto3.client("logs")
found, wrong = set(), []
for function in FUNCTIONS:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/muster/muster/{function}")
    lines = [line for page in pages for event in page["events"] for line in event["message"].splitlines()]
    # Leave out Lambda's own lines about an invocation.
    lines = [line for line in lines if line.strip() and line.split(" ")[0] not in ("START", "END", "REPORT")]
    if not lines and function not in SILENT:
        wrong.append(f"{function} logged nothing")
    for line in lines:
        if any(secret in line for secret in SECRETS):
            wrong.append(f"{function} logged something of a customer: {line}")
        try:
            entry = json.loads(line)
        except ValueError:
            wrong.append(f"{function} logged a line that is no JSON: {line}")
            continue
        for metrics in entry.get("_aws", {}).get("CloudWatchMetrics", []):
            found.update(metric["Name"] for metric in metrics["Metrics"] if metric["Name"] in entry)
if missing := FIGURES - found:
    wrong.append(f"figures that are in no log: {', '.join(sorted(missing))}")
for problem in wrong[:20]:
    print(problem)
print(f"test result: {'FAILED' if wrong else 'ok'}. {0 if wrong else 1} passed; {1 if wrong else 0} failed; logs")
sys.exit(bool(wrong))
