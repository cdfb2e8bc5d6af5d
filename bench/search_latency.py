#!/usr/bin/env python3
"""How long a post takes from its creation to the first search that finds it, through a running blog.

Makes posts by the REST API at random times and searches for each until it is found: 30 seconds each at most.
Example: ./manage runserver 127.0.0.1:8000 & bench/search_latency.py 127.0.0.1:8000 --posts 300
`make bench-search` runs it on a blog of its own.
"""
import argparse
import http.client
import json
import random
import string
import time

FOUND_WITHIN = 30  # seconds


class Blog:
    def __init__(self, address: str):
        self.connection = http.client.HTTPConnection(address)

    def ask(self, method: str, path: str, body=None):
        headers = {"Content-Type": "application/json"}
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        data = json.loads(answer.read() or b"null")
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {data}")
        return data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?", default="127.0.0.1:8000")
    parser.add_argument("--posts", type=int, default=300)
    options = parser.parse_args()
    blog = Blog(options.address)
    author = blog.ask("GET", "/api/authors/?limit=1")["authors"][0]["pk"]
    taken = []
    for number in range(options.posts):
        word = "".join(random.choices(string.ascii_lowercase, k=14))
        blog.ask("POST", "/api/posts/",
                 {"title": word, "slug": word, "body": "measured", "author_pk": author, "published": True})
        written = time.monotonic()
        while blog.ask("GET", "/api/posts/search/?q=" + word)["total"] != 1:
            if time.monotonic() - written > FOUND_WITHIN:
                raise SystemExit(f"post {number + 1}, \"{word}\", is not found after {FOUND_WITHIN} s: ./manage search_status tells more")
            time.sleep(0.002)
        taken.append((time.monotonic() - written) * 1000)
        time.sleep(random.random() * 0.3)  # the worker is anywhere between two looks
    taken.sort()
    at = lambda share: taken[min(int(len(taken) * share), len(taken) - 1)]
    print(f"write to found: p50 {at(0.5):.0f} ms, p99 {at(0.99):.0f} ms, longest {taken[-1]:.0f} ms, {len(taken)} posts")


if __name__ == "__main__":
    main()
