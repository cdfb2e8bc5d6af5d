"""Lists an author's posts by boto3, page by page, for bench/orm.py: prints items a second. Usage: list_boto3.py <url> <seconds>"""
import sys
import time

import boto3
from boto3.dynamodb.conditions import Key

AUTHOR = "00000000-0000-4001-8000-000000000002"
url, seconds = sys.argv[1], float(sys.argv[2])
table = boto3.resource("dynamodb", endpoint_url=url).Table("demo_app_post")


def list_posts() -> list:
    posts, start = [], {}
    while len(posts) < 1000:
        page = table.query(IndexName="author-recent", KeyConditionExpression=Key("author_pk").eq(AUTHOR), ScanIndexForward=False,
                           Limit=1000 - len(posts), **start)
        posts += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    return posts


assert len(list_posts()) == 1000
items, begin = 0, time.monotonic()
while time.monotonic() - begin < seconds:
    items += len(list_posts())
print(items / (time.monotonic() - begin))
