"""The story: whole imports as a client launches them, and what can go wrong."""

import gzip
import json
import time
import urllib.error
import urllib.request

HEADER = "external_id,email,phone,first_name,city,segment,source_action,api_endpoint\n"


class Denied(Exception):
    """fakecloud refused a call for lack of the permission that was taken away. A trial waits for this."""


class Failed(Exception):
    """The story did not go on as it should."""


class Story:
    """Whole imports as a client launches them. Everything has the story's own name in it, so that it can be repeated."""

    def __init__(self, stack, number, wanted=None):
        self.stack, self.number, self.tag = stack, number, f"s{number}x"
        self.wanted, self.step = wanted, "start"
        self.seen = len(stack.denied())

    def tell(self):
        for step in (
            self.catalogue, self.import_, self.again, self.parts, self.packed, self.broken, self.slow, self.gone,
            self.cancel, self.dead_rows, self.dead_split, self.sweep, self.dead_workers, self.read_back,
        ):
            self.step = step.__doc__
            step()

    # ---- the steps ----

    def catalogue(self):
        """an API endpoint is declared"""
        self.api("POST", "/api-endpoints", {"name": f"Shop {self.tag}", "touchpoint": "shop.example"})
        self.api("GET", "/api-endpoints")

    def import_(self):
        """an import"""
        settings = {"segment": {"name": f"All {self.tag}"}, "source_action": {"name": f"Imported {self.tag}"}}
        task = self.whole(self.people(), settings={**settings, "api_endpoint": f"Shop {self.tag}"})
        self.same(task["counters"]["created"], 3, "created")
        self.same(task["counters"]["rejected"], 1, "rejected")
        self.same(self.follow(f"/imports/{task['id']}/errors").count("nobody"), 1, "rows in the report")
        self.api("GET", f"/imports/{task['id']}/errors/summary")
        self.done = task

    def again(self):
        """the same people again"""
        self.whole(self.people(city="Oslo"), dry_run=True)
        task = self.whole(self.people(city="Oslo"))
        self.same(task["counters"]["created"], 0, "created")

    def parts(self):
        """an upload in parts"""
        file = self.people()
        launched = self.launch(file, file={"name": "a.csv", "size": len(file), "multipart": True})
        parts = launched["upload"]["multipart"]["parts"]
        joined = [{"number": 1, "etag": self.put(parts[0]["url"], file, {})}]
        path = f"/imports/{launched['id']}/upload"
        self.api("POST", path, {"parts": [{"number": 1, "etag": '"wrong"'}]}, statuses=(400,))
        for _ in range(2):
            # Twice, as a client does that did not get the answer.
            self.api("POST", path, {"parts": joined})
        self.end(launched["id"])

    def packed(self):
        """a compressed file"""
        file = gzip.compress(self.people())
        self.whole(file, file={"name": "a.csv.gz", "size": len(file)})

    def broken(self):
        """a broken file"""
        task = self.whole(b"email,email\nnot closed,\"", state="failed")
        self.same(task["counters"]["created"], 0, "created")

    def slow(self):
        """a splitter without time"""
        self.end(self.stopped())

    def gone(self):
        """a splitter without time, whose snapshot is gone"""
        task, bucket, objects = self.stopped(), self.stack.resources["Files"], self.stack.admin("s3")
        for one in objects.list_objects_v2(Bucket=bucket, Prefix=f"work/{task}/").get("Contents", []):
            objects.delete_object(Bucket=bucket, Key=one["Key"])
        self.same(self.end(task, "failed")["failure"]["code"], "file_unreadable", "code")

    def cancel(self):
        """cancelled, and taken up again"""
        task = self.importing(self.people())
        self.api("POST", f"/imports/{task}/cancel", {})
        self.end(task, "cancelled")
        self.settle()
        self.api("POST", f"/imports/{task}/retry", {})
        self.end(task)

    def dead_rows(self):
        """batches in the dead-letter queue, and retried"""
        task = self.importing(self.people())
        for _ in range(2):
            # The batches of the first two waves: a splitter sends the second once the finisher gave up the first.
            self.wait(lambda: self.move("RowsQueue", "RowsDeadLetters"), but=["muster-rows"])
            self.settle(but=["muster-rows"])
        self.same(self.end(task)["counters"]["unprocessed"] > 0, True, "rows unprocessed")
        self.api("POST", f"/imports/{task}/retry", {})
        self.same(self.end(task)["counters"]["unprocessed"], 0, "unprocessed")

    def dead_split(self):
        """a split in the dead-letter queue"""
        launched = self.launch(self.people())
        self.wait(lambda: self.move("SplitQueue", "SplitDeadLetters"), but=["muster-split"])
        self.same(self.end(launched["id"], "failed")["failure"] is not None, True, "a reason")

    def sweep(self):
        """lost messages, found by the sweep"""
        self.api("POST", "/imports", {"file": {"name": "never.csv"}})
        launched = self.launch(self.people())
        self.lose("SplitQueue")
        self.swept()
        task = self.importing(None, launched["id"])
        self.lose("RowsQueue")
        self.swept()
        self.wait(lambda: self.waiting("RowsQueue"), but=["muster-rows"])
        self.turn()
        self.lose("RowsQueue")
        self.swept()
        self.wait(lambda: self.task(task)["state"] == "finishing", but=["muster-finish"])
        self.lose("FinishQueue")
        self.swept()
        self.end(task)

    def dead_workers(self):
        """what workers left that died half-way"""
        tables, names = self.stack.admin("dynamodb"), self.stack.resources
        # A worker that had claimed an identifier, and had not written the customer yet.
        claimed = {"TableName": names["IdentitiesTable"], "Key": {"pk": {"S": f"email#ann.{self.tag}@example.com"}}}
        claim = tables.get_item(**claimed)["Item"]
        left = {**claim, "pk": {"S": f"email#late.{self.tag}@example.com"}}
        tables.put_item(TableName=names["IdentitiesTable"], Item=left)
        self.whole(f"external_id,email\nA{self.tag},late.{self.tag}@example.com\n".encode())
        self.whole(f"external_id,email\nA{self.tag},ann.{self.tag}@example.com\n".encode())
        # A worker that had counted the last batch and done no more, and a splitter that had sent it and not noted so.
        task = self.importing(self.people())
        self.wait(lambda: self.task(task)["state"] == "finishing", but=["muster-finish"])
        self.lose("FinishQueue")
        tables.update_item(
            TableName=names["TasksTable"], Key={"pk": {"S": task}, "sk": {"S": "task"}},
            UpdateExpression="SET #state = :importing REMOVE dispatched", ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":importing": {"S": "importing"}})
        self.swept()
        self.end(task)

    def read_back(self):
        """what is stored is read"""
        self.api("GET", "/imports")
        listed = self.api("GET", "/segments")
        segment = next(one["id"] for one in listed["segments"] if one["name"] == f"All {self.tag}")
        # Ann is not a member any more: a cell named another segment of the group.
        self.same(self.api("GET", f"/segments/{segment}")["count"], 2, "members")
        self.api("POST", f"/segments/{segment}/export")
        self.wait(lambda: self.api("GET", f"/segments/{segment}/export")["state"] == "completed")
        self.same(self.follow(f"/segments/{segment}/export/file").count("@example.com"), 2, "members exported")
        customer = self.api("GET", f"/customers?email=ann.{self.tag}%40example.com")["id"]
        self.api("GET", f"/customers/{customer}")
        self.api("GET", f"/customers/{customer}/activity")

    # ---- helpers ----

    def people(self, city="Rome"):
        t = self.tag
        rows = [
            f"A{t},ann.{t}@example.com,,Ann,{city},Blue {t},Called {t},Shop {t}",
            f"B{t},bob.{t}@example.com,+1 201 555 {self.number:04},Bob,{city},,,",
            f",cleo.{t}@example.com,,Cleo,{city},,,",
            ",nobody,,Nobody,Rome,,,",
            # These share identifiers with rows above, so they are in later waves.
            f"A{t},ann.new.{t}@example.com,,Ann,{city},Red {t},,",
            f"A{t},ann.{t}@example.com,,Ann,{city},,,",
        ]
        return (HEADER + "\n".join(rows) + "\n").encode()

    def look(self):
        for found in self.stack.denied()[self.seen:]:
            if self.wanted and self.wanted(*found):
                raise Denied(self.step)

    def api(self, method, path, body=None, statuses=(200, 201, 202, 302)):
        function = self.stack.functions["upload" if (method, path) == ("POST", "/imports") else "status"]
        status, headers, answer = function.request(method, path, body)
        self.look()
        if status not in statuses:
            raise Failed(f"{method} {path}: {status} {answer}")
        return headers["location"] if status == 302 else json.loads(answer)

    def launch(self, content, **settings):
        launched = self.api("POST", "/imports", {"file": {"name": "a.csv", "size": len(content)}, **settings})
        if "url" in launched["upload"]:
            self.put(launched["upload"]["url"], content, launched["upload"]["headers"])
        return launched

    def put(self, url, file, headers):
        return self.http(urllib.request.Request(url, file, headers, method="PUT")).headers["etag"]

    def follow(self, path):
        return self.http(urllib.request.Request(self.api("GET", path))).read().decode()

    def http(self, request):
        try:
            return urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            self.look()
            raise Failed(f"{request.method} of a presigned URL: {error.code} {error.read()}") from None

    def task(self, task):
        return self.api("GET", f"/imports/{task}")

    def whole(self, content, state="completed", **settings):
        return self.end(self.launch(content, **settings)["id"], state)

    def end(self, task, state="completed"):
        self.wait(lambda: self.task(task)["state"] in ("completed", "failed", "cancelled"))
        task = self.task(task)
        if task["state"] != state:
            raise Failed(f"{self.step}: {task['state']}, not {state}: {task['failure']}")
        return task

    def importing(self, file, task=None):
        """Launches an import and has it split; its batches wait."""
        task = task or self.launch(file)["id"]
        self.wait(lambda: self.task(task)["state"] == "importing", but=["muster-rows"])
        self.settle(but=["muster-rows"])
        return task

    def stopped(self):
        """Launches an import whose splitter has no time left from the start."""
        task, splitter = self.launch(self.people())["id"], self.stack.functions["splitter"]
        splitter.timeout, usual = 0, splitter.timeout
        try:
            self.wait(lambda: self.waiting("SplitQueue"), but=["muster-split"])
            self.turn()
        finally:
            splitter.timeout = usual
        return task

    def turn(self, but=()):
        worked = self.stack.poll(but)
        self.look()
        return worked

    def settle(self, but=()):
        while self.turn(but):
            pass

    def wait(self, condition, but=(), seconds=20):
        until = time.time() + seconds
        while not condition():
            if not self.turn(but):
                time.sleep(0.05)
            if time.time() > until:
                raise Failed(f"nothing more happens in: {self.step}")

    def waiting(self, queue):
        asked = self.stack.admin("sqs").get_queue_attributes(
            QueueUrl=self.stack.resources[queue], AttributeNames=["ApproximateNumberOfMessages"])
        return int(asked["Attributes"]["ApproximateNumberOfMessages"])

    def move(self, queue, to):
        """What the queue does with a message that was received too often."""
        sqs, url = self.stack.admin("sqs"), self.stack.resources[queue]
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for one in messages:
            sqs.send_message(QueueUrl=self.stack.resources[to], MessageBody=one["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return bool(messages)

    def lose(self, queue):
        if not self.waiting(queue):
            raise Failed(f"nothing to lose in {queue}")
        self.stack.admin("sqs").purge_queue(QueueUrl=self.stack.resources[queue])

    def swept(self):
        answer = self.stack.functions["finisher"].invoke({"source": "muster.sweep", "stalled_seconds": 0})
        self.look()
        if answer is None:
            raise Failed("the sweep failed")

    def same(self, found, wanted, what):
        if found != wanted:
            raise Failed(f"{self.step}: {what}: {found}, not {wanted}")
