#!/usr/bin/env python3
"""The importer that a tutorial has: it reads a CSV and writes its customers, a call at a time. It does what an import of Muster does
to a new customer, and nothing to be safe: it looks the email up, and writes the customer, its identifiers, its membership and its
activity. Nothing is validated, normalised, counted or repeated.

    tutorial.py FILE        writes to the tables at AWS_ENDPOINT_URL, under a prefix of keys of its own; prints rows a second
"""

import csv
import sys
import time
import uuid

import boto3

PREFIX = "tutorial"


def main() -> None:
    tables = boto3.resource("dynamodb")
    customers, identities, segments = (tables.Table(f"muster-{name}") for name in ("customers", "identities", "segments"))
    begun, rows = time.perf_counter(), 0
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows += 1
            email = f"{PREFIX}#email#{row['email'].strip().lower()}"
            found = identities.get_item(Key=key(identities, email)).get("Item")
            customer = found["customer"] if found else f"{PREFIX}#{uuid.uuid4()}"
            customers.put_item(Item={**key(customers, customer, "profile"), **{name: value for name, value in row.items() if value}})
            for kind in ("external_id", "email", "phone"):
                if row.get(kind):
                    identities.put_item(Item={**key(identities, f"{PREFIX}#{kind}#{row[kind]}"), "customer": customer})
            segments.put_item(Item=key(segments, f"{PREFIX}#May", f"member#{customer}"))
            customers.put_item(Item={**key(customers, customer, f"activity#{rows}"), "action": "Signed up"})
    seconds = time.perf_counter() - begun
    print(f"{rows / seconds:.0f}")


def key(table, *values):
    """An item's key: each table names its own attributes."""
    names = sorted(table.key_schema, key=lambda part: part["KeyType"] != "HASH")
    return {part["AttributeName"]: value for part, value in zip(names, values)}


main()
