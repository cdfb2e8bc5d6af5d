"""boto3: the client and the resource, against the server at DDB_ENDPOINT."""

import decimal
import os
import uuid

import boto3
import botocore.config
import botocore.exceptions
import pytest
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary

IS_DDB_LOCAL = os.environ["DDB_SERVER"] == "ddb-local"
SETTINGS = {
    "endpoint_url": os.environ["DDB_ENDPOINT"],
    "region_name": "us-east-1",
    "aws_access_key_id": "local",
    "aws_secret_access_key": "local",
    # DynamoDB Local fails some requests while it builds an index; a failure of ours is a failure.
    "config": botocore.config.Config(retries={"total_max_attempts": 1 if IS_DDB_LOCAL else 3}, connect_timeout=10, read_timeout=60),
}
D = decimal.Decimal


@pytest.fixture(scope="module")
def client():
    return boto3.client("dynamodb", **SETTINGS)


@pytest.fixture(scope="module")
def resource():
    return boto3.resource("dynamodb", **SETTINGS)


@pytest.fixture
def table(resource):
    made = resource.create_table(
        TableName=f"t-{uuid.uuid4()}",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "author", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-author",
                "KeySchema": [{"AttributeName": "author", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    made.wait_until_exists()
    yield made
    made.delete()
    made.wait_until_not_exists()


def test_values_come_back_as_they_were(table):
    item = {
        "pk": "é😀", "sk": D("1.50"), "n": D("12345678901234567890.123456789"), "yes": True, "nothing": None, "text": "",
        "bytes": Binary(b"\x00\xff"), "list": [D(1), "a", [], {}], "map": {"a": {"b": D("-1E-5")}}, "strings": {"a", "b"},
        "numbers": {D(1), D("2.5")}, "binaries": {Binary(b"a"), Binary(b"b")},
    }
    table.put_item(Item=item)
    assert table.get_item(Key={"pk": "é😀", "sk": D("1.5")}, ConsistentRead=True)["Item"] == item


def test_a_missing_item_has_no_member_Item(table):
    assert "Item" not in table.get_item(Key={"pk": "none", "sk": 1})


def test_batch_writer_and_paging(table):
    with table.batch_writer(overwrite_by_pkeys=["pk", "sk"]) as batch:
        for i in range(120):
            batch.put_item(Item={"pk": "p", "sk": i, "author": "ab"[i % 2], "title": f"title {i}", "body": "x" * 10})
        for i in range(100, 120):
            batch.delete_item(Key={"pk": "p", "sk": i})
    seen, start = [], {}
    while True:
        page = table.query(KeyConditionExpression=Key("pk").eq("p") & Key("sk").gte(20), Limit=7, ScanIndexForward=False, **start)
        seen += [int(item["sk"]) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert seen == list(range(99, 19, -1))
    index = table.query(IndexName="by-author", KeyConditionExpression=Key("author").eq("a") & Key("sk").between(0, 10))
    assert [int(item["sk"]) for item in index["Items"]] == [0, 2, 4, 6, 8, 10]
    assert set(index["Items"][0]) == {"pk", "sk", "author", "title"}


@pytest.mark.parametrize(
    "condition, expected",
    [
        (Attr("n").gt(1) & Attr("n").lte(3), {2, 3}),
        (~Attr("n").is_in([1, 2]), {3, 4}),
        (Attr("tags").contains("even"), {2, 4}),
        (Attr("name").begins_with("item-1"), {1}),
        (Attr("maybe").exists() | Attr("n").eq(4), {1, 4}),
        (Attr("maybe").not_exists() & Attr("n").between(2, 3), {2, 3}),
        (Attr("name").size().gte(6) & Attr("n").ne(2), {1, 3, 4}),
        (Attr("n").attribute_type("N") & Attr("nested.deep[0]").eq(3), {3}),
    ],
)
def test_the_condition_builder(table, condition, expected):
    for n in range(1, 5):
        item = {"pk": "c", "sk": n, "n": n, "name": f"item-{n}", "tags": ["even" if n % 2 == 0 else "odd"], "nested": {"deep": [n]}}
        table.put_item(Item=item | ({"maybe": True} if n == 1 else {}))
    assert {int(item["n"]) for item in table.scan(FilterExpression=condition)["Items"]} == expected


def test_update_returns_what_was_asked_for(table):
    update = {"Key": {"pk": "u", "sk": 1}, "ReturnValues": "ALL_NEW"}
    first = table.update_item(**update, UpdateExpression="SET #a = :a ADD hits :one", ExpressionAttributeNames={"#a": "status"},
                              ExpressionAttributeValues={":a": "new", ":one": 1})
    assert first["Attributes"] == {"pk": "u", "sk": D(1), "status": "new", "hits": D(1)}
    second = table.update_item(**update, AttributeUpdates={"hits": {"Action": "ADD", "Value": 2}, "status": {"Action": "DELETE"}})
    assert second["Attributes"] == {"pk": "u", "sk": D(1), "hits": D(3)}
    for touched in ("UPDATED_OLD", "UPDATED_NEW"):  # nothing is
        assert "Attributes" not in table.update_item(Key=update["Key"], AttributeUpdates={}, ReturnValues=touched)


def test_exceptions_are_of_their_own_classes(client, table):
    failures = client.exceptions
    key = {"pk": {"S": "e"}, "sk": {"N": "1"}}
    client.put_item(TableName=table.name, Item=key)
    with pytest.raises(failures.ConditionalCheckFailedException) as failure:
        client.put_item(TableName=table.name, Item=key, ConditionExpression="attribute_not_exists(pk)",
                        ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert failure.value.response["Error"] == {"Message": "The conditional request failed", "Code": "ConditionalCheckFailedException"}
    assert failure.value.response["Item"] == key
    with pytest.raises(failures.ResourceNotFoundException):
        client.get_item(TableName="no-such-table", Key=key)
    with pytest.raises(failures.ResourceInUseException):
        client.create_table(TableName=table.name, KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
                            AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
    with pytest.raises(failures.TransactionCanceledException) as failure:
        client.transact_write_items(TransactItems=[
            {"Put": {"TableName": table.name, "Item": {"pk": {"S": "f"}, "sk": {"N": "1"}}}},
            {"ConditionCheck": {"TableName": table.name, "Key": key, "ConditionExpression": "attribute_not_exists(pk)"}},
        ])
    assert [reason["Code"] for reason in failure.value.response["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        client.query(TableName=table.name, KeyConditionExpression="sk = :a", ExpressionAttributeValues={":a": {"N": "1"}})
    assert failure.value.response["Error"]["Code"] == "ValidationException"


def test_paginators(client, table):
    with table.batch_writer() as batch:
        for i in range(60):
            batch.put_item(Item={"pk": "g", "sk": i})
    query = client.get_paginator("query").paginate(
        TableName=table.name, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "g"}}, PaginationConfig={"PageSize": 11})
    assert [int(item["sk"]["N"]) for page in query for item in page["Items"]] == list(range(60))
    scan = client.get_paginator("scan").paginate(TableName=table.name, PaginationConfig={"PageSize": 11, "MaxItems": 25})
    assert sum(len(page["Items"]) for page in scan) == 25
    tables = client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1})
    assert table.name in [name for page in tables for name in page["TableNames"]]


def test_transactions_and_batches(client, table):
    items = [{"pk": {"S": "t"}, "sk": {"N": str(i)}} for i in range(3)]
    client.transact_write_items(TransactItems=[{"Put": {"TableName": table.name, "Item": item}} for item in items],
                                ReturnConsumedCapacity="TOTAL")
    got = client.transact_get_items(TransactItems=[{"Get": {"TableName": table.name, "Key": item}} for item in items])
    assert [response["Item"] for response in got["Responses"]] == items
    batch = client.batch_get_item(RequestItems={table.name: {"Keys": items}})
    assert sorted(item["sk"]["N"] for item in batch["Responses"][table.name]) == ["0", "1", "2"]
    assert batch["UnprocessedKeys"] == {}


def test_partiql(client, table):
    run = lambda statement, *values: client.execute_statement(Statement=statement, **({"Parameters": list(values)} if values else {}))
    run(f"""INSERT INTO "{table.name}" VALUE {{'pk': ?, 'sk': ?, 'tags': ['a']}}""", {"S": "q"}, {"N": "1"})
    assert run(f"""SELECT tags FROM "{table.name}" WHERE pk = 'q'""")["Items"] == [{"tags": {"L": [{"S": "a"}]}}]
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        run(f"""INSERT INTO "{table.name}" VALUE {{'pk': 'q', 'sk': 1}}""")
    # AWS's model names the error DuplicateItemException; DynamoDB Local leaves the ending out.
    assert failure.value.response["Error"]["Code"] == ("DuplicateItemException" if IS_DDB_LOCAL else "DuplicateItem")


def test_time_to_live(client, table):
    client.update_time_to_live(TableName=table.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    told = client.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
    assert told["AttributeName"] == "expires" and told["TimeToLiveStatus"].startswith("ENABL")


@pytest.mark.skipif(not IS_DDB_LOCAL, reason="DynamoDB Local has no tags")
def test_tags(client, table):
    arn = client.describe_table(TableName=table.name)["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}])
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]


def test_the_resource_lists_and_loads_tables(resource, table):
    assert table.name in [each.name for each in resource.tables.all()]
    loaded = resource.Table(table.name)
    loaded.load()
    assert loaded.table_status == "ACTIVE" and loaded.item_count == 0
    assert [key["AttributeName"] for key in loaded.key_schema] == ["pk", "sk"]
