"""Lists an author's posts by boto3, page by page, for bench/orm.py: prints items a second. Usage: list_boto3.py <url> <seconds> <at once>"""
import concurrent.futures
import sys
import time

import boto3
from boto3.dynamodb.conditions import Key

AUTHOR = "00000000-0000-4001-8000-000000000002"
url, seconds, at_once = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])


def list_posts(table) -> list:
    posts, start = [], {}
    while len(posts) < 1000:
        page = table.query(IndexName="author-recent", KeyConditionExpression=Key("author_pk").eq(AUTHOR), ScanIndexForward=False,
                           Limit=1000 - len(posts), **start)
        posts += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    return posts


def list_again_and_again(table) -> int:
    items = 0
    while time.monotonic() - begin < seconds:
        items += len(list_posts(table))
    return items


# A resource is of one thread.
tables = [boto3.session.Session().resource("dynamodb", endpoint_url=url).Table("demo_app_post") for _ in range(at_once)]
for each in tables:
    assert len(list_posts(each)) == 1000
begin = time.monotonic()
with concurrent.futures.ThreadPoolExecutor(at_once) as threads:
    listed = sum(threads.map(list_again_and_again, tables))
print(listed / (time.monotonic() - begin))
