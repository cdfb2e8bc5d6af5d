#!/usr/bin/env python3
"""Random requests on ddb-local and DynamoDB Local side by side; answers are compared field by field.

    differential.py --ours URL --theirs URL [--sequences N] [--seconds S] [--seed SEED]

Where the two differ, AWS's documentation decides: what DynamoDB Local does otherwise than AWS stands in known_differences.py.
Anything else is a failure: it is shrunk to the fewest steps that still show it and printed with its seed. `--seed` begins
at one, so `--seed X --sequences 1` replays it.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import random
import re
import sys
import time
import urllib.parse

import known_differences
import random_requests
import random_statements

HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0",
    "X-Amz-Date": "20260101T000000Z",
}
PLACEHOLDERS = (random_requests.TABLE, random_requests.OTHER, random_requests.BROKEN)
MAX_PAGES = 200
SETTLE_SECONDS = 10  # for an index of a few items, which takes DynamoDB Local one
UNFINISHED = "an index that DynamoDB Local never finishes"
SHRINK_SECONDS = 60  # for all differences together


class Api:
    """One server, spoken to in plain HTTP so that nothing between hides what it says."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.address = (parts.hostname, parts.port)
        self.connection = None

    def call(self, op, body):
        payload = json.dumps(body).encode()
        for attempt in (0, 1):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection(*self.address, timeout=60)
                self.connection.request("POST", "/", payload, {**HEADERS, "X-Amz-Target": "DynamoDB_20120810." + op})
                response = self.connection.getresponse()
                text = response.read()
                break
            except (OSError, http.client.HTTPException):
                # A server may close an idle connection; one that does so again has failed.
                self.connection.close()
                self.connection = None
                if attempt:
                    raise
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, text.decode(errors="replace")

    def all_pages(self, op, body):
        """The items of all pages as one answer; the first answer that is no page instead."""
        body = dict(body)
        total = {"Items": [], "Count": 0, "ScannedCount": 0}
        for _ in range(MAX_PAGES):
            status, page = self.call(op, body)
            if status != 200 or "Count" not in page:
                return status, page
            total["Items"] += page.get("Items", [])
            total["Count"] += page["Count"]
            total["ScannedCount"] += page["ScannedCount"]
            if "Items" not in page:
                total["NoItems"] = True
            if "LastEvaluatedKey" not in page:
                return status, total
            body["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return status, {"endless": True}


# ---- comparing

# What is told apart by clocks, ids and the place where a server runs.
IGNORED = {"TableId", "WarmThroughput", "TableArn", "IndexArn", "CreationDateTime", "LastUpdateToPayPerRequestDateTime", "LatestStreamArn",
           "LastDecreaseDateTime", "LastIncreaseDateTime", "RequestId"}
UNORDERED = {"AttributeDefinitions": "AttributeName", "GlobalSecondaryIndexes": "IndexName",
             "LocalSecondaryIndexes": "IndexName", "ConsumedCapacity": "TableName"}


def canonical(value):
    return json.dumps(value, sort_keys=True)


def plain(value, name=None):
    """Without what is ignored, and with what has no order in one order."""
    if isinstance(value, dict):
        if len(value) == 1 and (kind := next(iter(value))) in ("SS", "NS", "BS") and isinstance(value[kind], list):
            return {kind: sorted(value[kind], key=canonical)}
        return {key: plain(member, key) for key, member in value.items() if key not in IGNORED}
    if isinstance(value, list):
        members = [plain(member) for member in value]
        if name in UNORDERED and all(isinstance(member, dict) for member in members):
            members.sort(key=lambda member: canonical(member.get(UNORDERED[name])))
        return members
    return value


def by_value(item):
    return canonical(known_differences.canonical_numbers(item))


def comparable(step, answer):
    status, body = answer
    if not isinstance(body, dict):
        return status, body
    body = plain(body)
    op, request = step["op"], step["body"]
    if status != 200:
        error = {"type": str(body.get("__type", "")), "message": body.get("message", body.get("Message"))}
        for member in ("CancellationReasons", "Item"):
            if member in body:
                error[member] = body[member]
        return status, error
    if "Items" in body and (op == "Scan" or request.get("IndexName") or op == "ExecuteStatement" and "ORDER BY" not in request["Statement"]):
        body["Items"].sort(key=by_value)  # DynamoDB promises no order for these
    if op == "BatchGetItem":
        for items in body.get("Responses", {}).values():
            items.sort(key=by_value)
    return status, body


def in_pages(step):
    """Where the order of items is a server's own, pages are too; all of them together are compared."""
    return "Limit" in step["body"] and step["body"]["Limit"] > 0 and (step["op"] == "Scan" or bool(step["body"].get("IndexName")))


# ---- one sequence

READS = ("GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems", "DescribeTable")
TABLES = ("CreateTable", "UpdateTable")


def named(value, names):
    text = json.dumps(value)
    for placeholder, name in names.items():
        text = text.replace(placeholder, name)
    return json.loads(text)


def without_names(value, names):
    text = json.dumps(value)
    for placeholder, name in names.items():
        text = text.replace(name, placeholder)
    return json.loads(text)


class Pair:
    def __init__(self, ours, theirs):
        self.ours, self.theirs = Api(ours), Api(theirs)

    def settle(self, table):
        """Waits until an UpdateTable is through on both; the servers that do not get there."""
        slow = []
        for api in (self.ours, self.theirs):
            deadline = time.monotonic() + SETTLE_SECONDS
            while True:
                status, body = api.call("DescribeTable", {"TableName": table})
                if status != 200:
                    break
                description = body["Table"]
                states = [description["TableStatus"]]
                states += [index["IndexStatus"] for index in description.get("GlobalSecondaryIndexes", [])]
                if set(states) == {"ACTIVE"}:
                    break
                if time.monotonic() > deadline:
                    slow.append((api, states))
                    break
                time.sleep(0.005)  # the pace of polling
        return slow

    def run(self, steps, count):
        """The differences as dicts; adds known ones to `count`. Ends where the two no longer hold the same rows."""
        tag = "%08x" % random.SystemRandom().getrandbits(32)
        names = {placeholder: f"d{i}_{tag}" for i, placeholder in enumerate(PLACEHOLDERS)}
        differences = []
        try:
            for at, step in enumerate(steps):
                sent = named(step["body"], names)
                answers = []
                for api in (self.ours, self.theirs):
                    answer = api.all_pages(step["op"], sent) if in_pages(step) else api.call(step["op"], sent)
                    answers.append(without_names(answer, names))
                if step["op"] in ("CreateTable", "UpdateTable"):
                    slow = self.settle(names[random_requests.TABLE])
                    for api, states in slow:
                        if api is self.ours:
                            raise RuntimeError(f"ddb-local does not finish {json.dumps(sent)}: {states}")
                        count["known"][UNFINISHED] = count["known"].get(UNFINISHED, 0) + 1
                    if slow:
                        break
                ours, theirs = (comparable(step, answer) for answer in answers)
                count["requests"] += 1
                count["succeeded"] += ours[0] == 200
                # DynamoDB Local makes an item of an update that only removes; AWS does not (L!, semantics §5).
                # And it may have written before it failed: by itself, or for a batch that names an item twice.
                parts = ours[0] == 200 and known_differences.only_removes(step) or theirs[0] == 500
                parts = parts or theirs[0] == 400 and step["op"] == "BatchExecuteStatement"
                if ours == theirs:
                    if parts:
                        break
                    continue
                known = known_differences.find(step, ours, theirs)
                if known is None:
                    differences.append({"at": at, "step": step, "ours": ours, "theirs": theirs})
                else:
                    count["known"][known.name] = count["known"].get(known.name, 0) + 1
                same_outcome = (ours[0] == 200) == (theirs[0] == 200)
                harmless = step["op"] in READS or ours[0] != 200 and theirs[0] != 200
                if parts or not harmless and not (same_outcome and (step["op"] in TABLES or known and not known.diverging)):
                    break
            return differences
        finally:
            for table in names.values():
                for api in (self.ours, self.theirs):
                    api.call("DeleteTable", {"TableName": table})

    def shrink(self, steps, difference, deadline):
        """The fewest steps, of those tried until `deadline`, that show a difference of the same kind."""
        kind = signature(difference)
        steps = steps[: difference["at"] + 1]
        at = len(steps) - 2
        while at >= 0 and time.time() < deadline:
            fewer = steps[:at] + steps[at + 1 :]
            for found in self.run(fewer, new_count()):
                if signature(found) == kind and found["at"] == len(fewer) - 1:
                    steps, difference = fewer, found
            at -= 1
        return steps, difference


def new_count():
    return {"requests": 0, "succeeded": 0, "known": {}}


def signature(difference):
    """What makes two differences the same: the operation and both outcomes, without particulars."""

    def outcome(answer):
        status, body = answer
        if status == 200 or not isinstance(body, dict):
            return str(status)
        message = re.sub(r"\[[^\]]*\]|\d+|:\w+|#\w+|'[^']*'", "*", str(body.get("message")))
        return f"{status} {body.get('type')} {message[:100]}"

    ours, theirs = difference["ours"], difference["theirs"]
    members = ""
    if ours[0] == theirs[0] == 200 and isinstance(ours[1], dict):
        members = ",".join(sorted(key for key in {*ours[1], *theirs[1]} if ours[1].get(key) != theirs[1].get(key)))
    return f"{difference['step']['op']} | {outcome(ours)} | {outcome(theirs)} | {members}"


def work(ours, theirs, first, stride, last, deadline, report):
    pair = Pair(ours, theirs)
    count = new_count()
    seen = set()
    done = 0
    try:
        for seed in range(first, last, stride):
            if time.time() > deadline:
                break
            steps = random_statements.sequence(seed)
            differences = pair.run(steps, count)
            done += 1
            for difference in differences:
                kind = signature(difference)
                if kind in seen:
                    report.put(("again", kind))
                    continue
                seen.add(kind)
                report.put(("difference", seed, steps, difference))
    except Exception as error:  # a server that does not answer: the run has failed, and says where
        report.put(("broken", f"{type(error).__name__}: {error} (seed {seed})"))
    report.put(("done", done, count))


def show(seed, steps, difference, seen):
    print(f"\n--- seed {seed}, {len(steps)} steps, seen {seen} times: {signature(difference)}")
    for step in steps[:-1]:
        print(f"    {step['op']} {json.dumps(step['body'], ensure_ascii=False)}")
    step = difference["step"]
    print(f"  > {step['op']} {json.dumps(step['body'], ensure_ascii=False)}")
    print(f"    ddb-local:      {json.dumps(difference['ours'], ensure_ascii=False, sort_keys=True)}")
    print(f"    DynamoDB Local: {json.dumps(difference['theirs'], ensure_ascii=False, sort_keys=True)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", required=True)
    parser.add_argument("--theirs", required=True)
    parser.add_argument("--sequences", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=3600, help="stop after so long; what was not run is told")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 2))
    options = parser.parse_args()
    first = options.seed if options.seed is not None else random.SystemRandom().randrange(10**9)
    last = first + options.sequences
    print(f"differential: seeds {first} to {last - 1}", flush=True)

    report = multiprocessing.Queue()
    deadline = time.time() + options.seconds
    arguments = [(options.ours, options.theirs, first + i, options.jobs, last, deadline, report) for i in range(options.jobs)]
    workers = [multiprocessing.Process(target=work, args=each, daemon=True) for each in arguments]
    for worker in workers:
        worker.start()
    differences, seen, broken = {}, {}, []
    done, count = 0, new_count()
    left = len(workers)
    while left:
        kind, *what = report.get()
        if kind == "done":
            left -= 1
            done += what[0]
            count["requests"] += what[1]["requests"]
            count["succeeded"] += what[1]["succeeded"]
            for name, times in what[1]["known"].items():
                count["known"][name] = count["known"].get(name, 0) + times
        elif kind == "broken":
            broken.append(what[0])
        elif kind == "again":
            seen[what[0]] = seen.get(what[0], 0) + 1
        else:
            seed, steps, difference = what
            name = signature(difference)
            seen[name] = seen.get(name, 0) + 1
            if name not in differences or len(steps) < len(differences[name][1]):
                differences[name] = what
    pair = Pair(options.ours, options.theirs)
    deadline = time.time() + SHRINK_SECONDS
    for name in sorted(differences, key=lambda name: -seen.get(name, 0)):
        seed, steps, difference = differences[name]
        if not broken:
            steps, difference = pair.shrink(steps, difference, deadline)
        show(seed, steps, difference, seen.get(name, 0))
    print()
    for name, times in sorted(count["known"].items(), key=lambda entry: -entry[1]):
        print(f"known: {times:7} × {name}")
    for error in broken:
        print(f"BROKEN: {error}")
    shares = 100 * count["succeeded"] // max(1, count["requests"])
    print(
        f"differential: {done} sequences, {count['requests']} requests ({shares} % succeeded), "
        f"{len(differences)} kinds of differences, {sum(count['known'].values())} known ones"
    )
    return 1 if differences or broken or done == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
