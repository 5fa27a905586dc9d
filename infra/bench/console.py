#!/usr/bin/env python3
"""Asks a console for each of its pages, over and over, and prints how long the answers take and how many bytes a browser loads.

    console.py LINK IMPORT ROUNDS    LINK signs in; IMPORT is a file with an import as JSON in its last line
"""

import gzip
import http.client
import json
import re
import sys
import time
import urllib.parse


class Browser:
    """Keeps one connection and the cookies, and takes compressed answers."""

    def __init__(self, origin: str) -> None:
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(origin).netloc)
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request("GET", path, headers={"cookie": cookie, "accept-encoding": "gzip"})
        answer = self.connection.getresponse()
        body = answer.read()
        for kept in answer.headers.get_all("set-cookie") or []:
            name, _, value = kept.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, body


def text(headers: dict[str, str], body: bytes) -> str:
    return (gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body).decode()


def loaded(browser: Browser, page: str) -> int:
    """Bytes of everything that a page loads besides itself: styles, icons and scripts, with what these import."""
    seen: dict[str, int] = {}
    asked = re.findall(r'(?:href|src)="(/console/assets/[^"]+)"', page)
    while asked:
        path = asked.pop()
        if path in seen:
            continue
        status, headers, body = browser.get(path)
        assert status == 200, (status, path)
        seen[path] = len(body)
        # What is imported only when it is needed is not counted: `import("…")`.
        if path.endswith(".js"):
            asked += [f"/console/assets/{name}" for name in re.findall(r'from "\./([^"]+)"', text(headers, body))]
    return sum(seen.values())


def main() -> None:
    link, rounds = urllib.parse.urlsplit(sys.argv[1]), int(sys.argv[3])
    with open(sys.argv[2], encoding="utf-8") as file:
        task = json.loads(file.read().splitlines()[-1])["id"]
    browser = Browser(f"{link.scheme}://{link.netloc}")
    status, _, _ = browser.get(link.path)
    assert status in (200, 303), status
    segments = text(*browser.get("/console/segments")[1:])
    segment = re.search(r'href="(/console/segments/[^"?]+)"', segments).group(1)
    members = text(*browser.get(segment)[1:])
    customer = re.search(r'href="(/console/customers/[^"?]+)"', members).group(1)
    pages = {
        "list of imports": "/console/imports",
        "new import": "/console/imports/new",
        "page of an import": f"/console/imports/{task}",
        "the part of it that is polled": f"/console/imports/{task}/live",
        "correcting its rows": f"/console/imports/{task}/correct",
        "the rows to correct": f"/console/imports/{task}/correct/rows",
        "finding a customer": "/console/customers",
        "customer": customer,
        "segments": "/console/segments",
        "members of a segment": segment,
        "catalogue": "/console/catalogue",
        "reference of columns": "/console/columns",
        "definitions": "/console/definitions",
    }
    measured = []
    for name, path in pages.items():
        status, headers, body = browser.get(path)
        assert status == 200, (status, path)
        times = []
        for _ in range(rounds):
            begun = time.perf_counter()
            status, _, _ = browser.get(path)
            times.append((time.perf_counter() - begun) * 1000)
            assert status == 200, (status, path)
        times.sort()
        whole = len(body) + loaded(browser, text(headers, body))
        p50, p95 = times[rounds // 2], times[min(rounds - 1, rounds * 95 // 100)]
        measured.append({"page": name, "bytes": len(body), "bytes_with_all": whole, "p50_ms": round(p50, 1), "p95_ms": round(p95, 1)})
    print(f"{'page':32} {'bytes':>8} {'with all':>9} {'p50 ms':>8} {'p95 ms':>8}")
    for each in measured:
        print(f"{each['page']:32} {each['bytes']:8} {each['bytes_with_all']:9} {each['p50_ms']:8} {each['p95_ms']:8}")
    print(json.dumps({"rounds": rounds, "pages": measured}))


if __name__ == "__main__":
    main()
