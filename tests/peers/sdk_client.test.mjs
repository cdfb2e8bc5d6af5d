// AWS's own SDK for JavaScript, every operation of it that the server has.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  BatchExecuteStatementCommand, BatchGetItemCommand, BatchWriteItemCommand, ConditionalCheckFailedException, CreateTableCommand,
  DeleteItemCommand, DeleteTableCommand, DescribeLimitsCommand, DescribeTableCommand, DescribeTimeToLiveCommand, DynamoDBClient,
  ExecuteStatementCommand, ExecuteTransactionCommand, GetItemCommand, IdempotentParameterMismatchException, ListTablesCommand,
  ListTagsOfResourceCommand, PutItemCommand, QueryCommand, ResourceInUseException, ResourceNotFoundException, ScanCommand,
  TagResourceCommand, TransactGetItemsCommand, TransactWriteItemsCommand, TransactionCanceledException, UntagResourceCommand,
  UpdateItemCommand, UpdateTableCommand, UpdateTimeToLiveCommand, paginateListTables, paginateQuery, paginateScan,
  waitUntilTableExists, waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand, ListStreamsCommand,
} from "@aws-sdk/client-dynamodb-streams";
import { isDdbLocal, randomName, settings, untilTrue } from "./sdk_settings.mjs";

const client = new DynamoDBClient(settings());
const streams = new DynamoDBStreamsClient(settings());
const send = (command) => client.send(command);
const waiting = { client, minDelay: 1, maxDelay: 1, maxWaitTime: 30 };

async function makeTable(more = {}) {
  const TableName = randomName();
  await send(new CreateTableCommand({
    TableName,
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" }],
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" }, { AttributeName: "sk", AttributeType: "N" }, { AttributeName: "g", AttributeType: "S" },
    ],
    GlobalSecondaryIndexes: [{
      IndexName: "by-g", KeySchema: [{ AttributeName: "g", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" }],
      Projection: { ProjectionType: "ALL" },
    }],
    BillingMode: "PAY_PER_REQUEST",
    ...more,
  }));
  await waitUntilTableExists(waiting, { TableName });
  return TableName;
}
const key = (pk, sk) => ({ pk: { S: pk }, sk: { N: String(sk) } });

let table;
before(async () => { table = await makeTable(); });
after(async () => { await send(new DeleteTableCommand({ TableName: table })); });

describe("tables", () => {
  test("create, describe, list, delete, with waiters", async () => {
    const TableName = await makeTable();
    const { Table } = await send(new DescribeTableCommand({ TableName }));
    assert.equal(Table.TableStatus, "ACTIVE");
    assert.ok(Table.CreationDateTime instanceof Date && Math.abs(Date.now() - Table.CreationDateTime) < 120_000);
    assert.match(Table.TableArn, new RegExp(`^arn:aws:dynamodb:[a-z0-9-]+:\\d{12}:table/${TableName}$`));
    assert.equal(Table.BillingModeSummary.BillingMode, "PAY_PER_REQUEST");
    assert.equal(Table.GlobalSecondaryIndexes[0].IndexStatus, "ACTIVE");
    assert.deepEqual(Table.KeySchema.map((k) => k.AttributeName), ["pk", "sk"]);
    const { TableNames } = await send(new ListTablesCommand({}));
    assert.ok(TableNames.includes(TableName));
    await assert.rejects(send(new CreateTableCommand({
      TableName, KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }], BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    })), ResourceInUseException);
    await send(new DeleteTableCommand({ TableName }));
    await waitUntilTableNotExists(waiting, { TableName });
    await assert.rejects(send(new DescribeTableCommand({ TableName })), ResourceNotFoundException);
  });

  test("ListTables pages", async () => {
    const names = [await makeTable(), await makeTable(), await makeTable()];
    const seen = [];
    for await (const page of paginateListTables({ client, pageSize: 1 }, {})) {
      assert.ok(page.TableNames.length <= 1);
      seen.push(...page.TableNames);
    }
    assert.deepEqual(names.filter((name) => !seen.includes(name)), []);
    await Promise.all(names.map((TableName) => send(new DeleteTableCommand({ TableName }))));
  });

  test("an index is added and removed", async () => {
    const TableName = await makeTable();
    await send(new PutItemCommand({ TableName, Item: { ...key("a", 1), h: { S: "x" } } }));
    await send(new UpdateTableCommand({
      TableName, AttributeDefinitions: [{ AttributeName: "h", AttributeType: "S" }],
      GlobalSecondaryIndexUpdates: [{ Create: {
        IndexName: "by-h", KeySchema: [{ AttributeName: "h", KeyType: "HASH" }], Projection: { ProjectionType: "KEYS_ONLY" },
      } }],
    }));
    const status = async () => (await send(new DescribeTableCommand({ TableName }))).Table.GlobalSecondaryIndexes
      .find((index) => index.IndexName === "by-h")?.IndexStatus;
    await untilTrue(async () => await status() === "ACTIVE");
    const { Items } = await send(new QueryCommand({
      TableName, IndexName: "by-h", KeyConditionExpression: "h = :h", ExpressionAttributeValues: { ":h": { S: "x" } },
    }));
    assert.deepEqual(Items, [{ ...key("a", 1), h: { S: "x" } }]);
    await send(new UpdateTableCommand({ TableName, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "by-h" } }] }));
    await untilTrue(async () => await status() === undefined);
    await send(new DeleteTableCommand({ TableName }));
  });

  test("limits of the account", async () => {
    const limits = await send(new DescribeLimitsCommand({}));
    assert.ok(limits.TableMaxReadCapacityUnits > 0 && limits.AccountMaxWriteCapacityUnits > 0);
  });

  test("tags are added, listed and removed", { skip: !isDdbLocal && "DynamoDB Local has no tags" }, async () => {
    const { Table } = await send(new DescribeTableCommand({ TableName: table }));
    const ResourceArn = Table.TableArn;
    await send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "team", Value: "blog" }, { Key: "env", Value: "" }] }));
    await send(new UntagResourceCommand({ ResourceArn, TagKeys: ["env"] }));
    const { Tags } = await send(new ListTagsOfResourceCommand({ ResourceArn }));
    assert.deepEqual(Tags, [{ Key: "team", Value: "blog" }]);
  });

  test("time to live is switched on and told", async () => {
    const TableName = await makeTable();
    const before = await send(new DescribeTimeToLiveCommand({ TableName }));
    assert.equal(before.TimeToLiveDescription.TimeToLiveStatus, "DISABLED");
    const { TimeToLiveSpecification } = await send(new UpdateTimeToLiveCommand({
      TableName, TimeToLiveSpecification: { AttributeName: "expires", Enabled: true },
    }));
    assert.deepEqual(TimeToLiveSpecification, { AttributeName: "expires", Enabled: true });
    const told = await send(new DescribeTimeToLiveCommand({ TableName }));
    assert.match(told.TimeToLiveDescription.TimeToLiveStatus, /^ENABL/);
    assert.equal(told.TimeToLiveDescription.AttributeName, "expires");
    await send(new DeleteTableCommand({ TableName }));
  });
});

describe("items", () => {
  test("every type comes back as it was put", async () => {
    const Item = {
      ...key("types", 1), s: { S: "é😀" }, n: { N: "-12345678901234567890.5" }, b: { B: new Uint8Array([0, 1, 255]) }, t: { BOOL: true },
      f: { BOOL: false }, z: { NULL: true }, l: { L: [{ S: "a" }, { L: [] }, { M: {} }] }, m: { M: { x: { N: "1" } } },
      ss: { SS: ["a", "b"] }, ns: { NS: ["1", "2"] }, bs: { BS: [new Uint8Array([1]), new Uint8Array([2])] }, e: { S: "" },
    };
    await send(new PutItemCommand({ TableName: table, Item }));
    const read = await send(new GetItemCommand({ TableName: table, Key: key("types", 1), ConsistentRead: true }));
    for (const name of ["ss", "ns", "bs"]) Object.values(read.Item[name])[0].sort();
    assert.deepEqual(read.Item, Item);
  });

  test("a missing item has no Item; projections choose", async () => {
    assert.equal((await send(new GetItemCommand({ TableName: table, Key: key("none", 1) }))).Item, undefined);
    await send(new PutItemCommand({ TableName: table, Item: { ...key("proj", 1), m: { M: { a: { N: "1" }, b: { N: "2" } } }, c: { S: "c" } } }));
    const { Item, ConsumedCapacity } = await send(new GetItemCommand({
      TableName: table, Key: key("proj", 1), ProjectionExpression: "m.#a", ExpressionAttributeNames: { "#a": "a" },
      ReturnConsumedCapacity: "TOTAL",
    }));
    assert.deepEqual(Item, { m: { M: { a: { N: "1" } } } });
    assert.deepEqual(ConsumedCapacity, { TableName: table, CapacityUnits: 0.5 });
  });

  test("update returns what was asked for", async () => {
    const update = (more) => send(new UpdateItemCommand({ TableName: table, Key: key("upd", 1), ...more }));
    assert.deepEqual((await update({
      UpdateExpression: "SET a = :a, l = :l ADD n :n", ReturnValues: "ALL_NEW",
      ExpressionAttributeValues: { ":a": { S: "x" }, ":l": { L: [{ N: "1" }] }, ":n": { N: "5" } },
    })).Attributes, { ...key("upd", 1), a: { S: "x" }, l: { L: [{ N: "1" }] }, n: { N: "5" } });
    assert.deepEqual((await update({
      UpdateExpression: "SET l = list_append(l, :l), n = n + :one REMOVE a", ReturnValues: "UPDATED_NEW",
      ExpressionAttributeValues: { ":l": { L: [{ N: "2" }] }, ":one": { N: "1" } },
    })).Attributes, { l: { L: [{ N: "1" }, { N: "2" }] }, n: { N: "6" } });
    assert.deepEqual((await update({
      UpdateExpression: "SET n = :n", ReturnValues: "UPDATED_OLD", ExpressionAttributeValues: { ":n": { N: "0" } },
    })).Attributes, { n: { N: "6" } });
  });

  test("a failed condition is ConditionalCheckFailedException with the item", async () => {
    await send(new PutItemCommand({ TableName: table, Item: { ...key("cond", 1), v: { N: "1" } } }));
    const put = new PutItemCommand({
      TableName: table, Item: key("cond", 1), ConditionExpression: "attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    await assert.rejects(send(put), (error) => {
      assert.ok(error instanceof ConditionalCheckFailedException);
      assert.equal(error.message, "The conditional request failed");
      assert.deepEqual(error.Item, { ...key("cond", 1), v: { N: "1" } });
      assert.equal(error.$metadata.httpStatusCode, 400);
      assert.ok(error.$metadata.requestId.length > 20);
      return true;
    });
    const { Attributes } = await send(new DeleteItemCommand({
      TableName: table, Key: key("cond", 1), ConditionExpression: "v = :v", ExpressionAttributeValues: { ":v": { N: "1" } },
      ReturnValues: "ALL_OLD",
    }));
    assert.deepEqual(Attributes.v, { N: "1" });
  });

  test("wrong requests are told apart by name", async () => {
    const name = (expected) => (error) => { assert.equal(error.name, expected); return true; };
    await assert.rejects(send(new GetItemCommand({ TableName: "no-such-table", Key: key("a", 1) })), name("ResourceNotFoundException"));
    await assert.rejects(send(new GetItemCommand({ TableName: table, Key: { pk: { S: "a" } } })), name("ValidationException"));
    await assert.rejects(send(new UpdateItemCommand({ TableName: table, Key: key("a", 1), UpdateExpression: "SET" })), name("ValidationException"));
  });

  test("legacy parameters", async () => {
    await send(new UpdateItemCommand({
      TableName: table, Key: key("legacy", 1), AttributeUpdates: { n: { Action: "ADD", Value: { N: "2" } }, s: { Action: "PUT", Value: { S: "x" } } },
      Expected: { s: { Exists: false } },
    }));
    const { Items } = await send(new QueryCommand({
      TableName: table, KeyConditions: { pk: { ComparisonOperator: "EQ", AttributeValueList: [{ S: "legacy" }] } },
      QueryFilter: { n: { ComparisonOperator: "GE", AttributeValueList: [{ N: "2" }] } }, AttributesToGet: ["s", "n"],
    }));
    assert.deepEqual(Items, [{ s: { S: "x" }, n: { N: "2" } }]);
  });
});

describe("query and scan", () => {
  let many;
  before(async () => {
    many = await makeTable();
    for (let start = 0; start < 100; start += 25) {
      const writes = Array.from({ length: 25 }, (_, i) => ({
        PutRequest: { Item: { ...key("p", start + i), g: { S: i % 2 ? "odd" : "even" }, v: { N: String(i) } } },
      }));
      const { UnprocessedItems } = await send(new BatchWriteItemCommand({ RequestItems: { [many]: writes } }));
      assert.deepEqual(UnprocessedItems, {});
    }
  });
  after(() => send(new DeleteTableCommand({ TableName: many })));

  test("pages come in order, and end", async () => {
    const numbers = [];
    for await (const page of paginateQuery({ client, pageSize: 7 }, {
      TableName: many, KeyConditionExpression: "pk = :p AND sk BETWEEN :low AND :high", ScanIndexForward: false,
      ExpressionAttributeValues: { ":p": { S: "p" }, ":low": { N: "10" }, ":high": { N: "89" } },
    })) {
      assert.ok(page.Count <= 7);
      numbers.push(...page.Items.map((item) => Number(item.sk.N)));
    }
    assert.deepEqual(numbers, Array.from({ length: 80 }, (_, i) => 89 - i));
  });

  test("an index with a filter counts what it looked at", async () => {
    const answer = await send(new QueryCommand({
      TableName: many, IndexName: "by-g", KeyConditionExpression: "g = :g", FilterExpression: "v < :v", Select: "COUNT",
      ExpressionAttributeValues: { ":g": { S: "even" }, ":v": { N: "10" } }, ReturnConsumedCapacity: "INDEXES",
    }));
    assert.equal(answer.Count, 20);
    assert.equal(answer.ScannedCount, 52);
    assert.equal(answer.Items, undefined);
    assert.ok(answer.ConsumedCapacity.GlobalSecondaryIndexes["by-g"].CapacityUnits > 0);
  });

  test("the segments of a scan are everything, once", async () => {
    const segments = await Promise.all([0, 1, 2, 3].map(async (Segment) => {
      const items = [];
      for await (const page of paginateScan({ client, pageSize: 9 }, { TableName: many, Segment, TotalSegments: 4 })) items.push(...page.Items);
      return items;
    }));
    assert.deepEqual(segments.flat().map((item) => Number(item.sk.N)).sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  });

  test("the empty page has Items", async () => {
    const { Items, Count } = await send(new ScanCommand({
      TableName: many, FilterExpression: "attribute_exists(nothing)",
    }));
    assert.deepEqual(Items, []);
    assert.equal(Count, 0);
  });
});

describe("batches and transactions", () => {
  test("BatchGetItem finds what is there", async () => {
    await send(new BatchWriteItemCommand({ RequestItems: { [table]: [1, 2, 3].map((i) => ({ PutRequest: { Item: key("batch", i) } })) } }));
    await send(new BatchWriteItemCommand({ RequestItems: { [table]: [{ DeleteRequest: { Key: key("batch", 3) } }] } }));
    const { Responses, UnprocessedKeys } = await send(new BatchGetItemCommand({
      RequestItems: { [table]: { Keys: [1, 2, 3].map((i) => key("batch", i)), ConsistentRead: true } },
    }));
    assert.deepEqual(Responses[table].map((item) => item.sk.N).sort(), ["1", "2"]);
    assert.deepEqual(UnprocessedKeys, {});
  });

  test("a transaction is all or nothing, and says why", async () => {
    const puts = [1, 2].map((i) => ({ Put: { TableName: table, Item: key("tx", i) } }));
    await send(new TransactWriteItemsCommand({ TransactItems: puts }));
    const broken = new TransactWriteItemsCommand({
      TransactItems: [
        { Update: { TableName: table, Key: key("tx", 1), UpdateExpression: "SET a = :a", ExpressionAttributeValues: { ":a": { N: "1" } } } },
        { Delete: { TableName: table, Key: key("tx", 2), ConditionExpression: "attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure: "ALL_OLD" } },
        { ConditionCheck: { TableName: table, Key: key("tx", 3), ConditionExpression: "attribute_exists(pk)" } },
      ],
    });
    await assert.rejects(send(broken), (error) => {
      assert.ok(error instanceof TransactionCanceledException);
      assert.deepEqual(error.CancellationReasons.map((reason) => reason.Code), ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]);
      assert.deepEqual(error.CancellationReasons[1].Item, key("tx", 2));
      assert.match(error.message, /\[None, ConditionalCheckFailed, ConditionalCheckFailed\]$/);
      return true;
    });
    const { Responses } = await send(new TransactGetItemsCommand({
      TransactItems: [1, 3].map((i) => ({ Get: { TableName: table, Key: key("tx", i) } })),
    }));
    assert.deepEqual(Responses[0].Item, key("tx", 1));
    assert.equal(Responses[1].Item, undefined);
  });

  test("a token makes a transaction happen once", async () => {
    const add = (by) => new TransactWriteItemsCommand({
      ClientRequestToken: `token-${table}`.slice(0, 36),
      TransactItems: [{ Update: {
        TableName: table, Key: key("token", 1), UpdateExpression: "ADD n :n", ExpressionAttributeValues: { ":n": { N: by } },
      } }],
    });
    await send(add("1"));
    await send(add("1"));
    const { Item } = await send(new GetItemCommand({ TableName: table, Key: key("token", 1) }));
    assert.deepEqual(Item.n, { N: "1" });
    await assert.rejects(send(add("2")), IdempotentParameterMismatchException);
  });
});

describe("PartiQL", () => {
  const run = (Statement, Parameters) => send(new ExecuteStatementCommand({ Statement, Parameters }));
  test("insert, select, update, delete", async () => {
    await run(`INSERT INTO "${table}" VALUE {'pk': ?, 'sk': 1, 'a': 'x'}`, [{ S: "partiql" }]);
    assert.deepEqual((await run(`SELECT * FROM "${table}" WHERE pk = ? AND sk = 1`, [{ S: "partiql" }])).Items, [{ ...key("partiql", 1), a: { S: "x" } }]);
    await run(`UPDATE "${table}" SET a = 'y' WHERE pk = 'partiql' AND sk = 1`);
    assert.deepEqual((await run(`SELECT a FROM "${table}" WHERE pk = 'partiql' AND sk = 1`)).Items, [{ a: { S: "y" } }]);
    await run(`DELETE FROM "${table}" WHERE pk = 'partiql' AND sk = 1`);
    assert.deepEqual((await run(`SELECT * FROM "${table}" WHERE pk = 'partiql'`)).Items, []);
  });
  test("a batch reports each statement; a transaction is one", async () => {
    const { Responses } = await send(new BatchExecuteStatementCommand({ Statements: [
      { Statement: `INSERT INTO "${table}" VALUE {'pk': 'pb', 'sk': 1}` }, { Statement: `INSERT INTO "${table}" VALUE {'pk': 'pb', 'sk': 'x'}` },
    ] }));
    assert.equal(Responses[0].Error, undefined);
    assert.equal(Responses[1].Error.Code, "ValidationError");
    await send(new ExecuteTransactionCommand({ TransactStatements: [
      { Statement: `INSERT INTO "${table}" VALUE {'pk': 'pt', 'sk': 1}` }, { Statement: `INSERT INTO "${table}" VALUE {'pk': 'pt', 'sk': 2}` },
    ] }));
    assert.equal((await run(`SELECT * FROM "${table}" WHERE pk = 'pt'`)).Items.length, 2);
  });
});

describe("streams", () => {
  test("changes are read from the beginning, in order", async () => {
    const TableName = await makeTable({ StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" } });
    const { Table } = await send(new DescribeTableCommand({ TableName }));
    assert.deepEqual(Table.StreamSpecification, { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" });
    await send(new PutItemCommand({ TableName, Item: { ...key("a", 1), v: { N: "1" } } }));
    await send(new PutItemCommand({ TableName, Item: { ...key("a", 1), v: { N: "2" } } }));
    await send(new DeleteItemCommand({ TableName, Key: key("a", 1) }));
    const { Streams } = await streams.send(new ListStreamsCommand({ TableName }));
    assert.equal(Streams.length, 1);
    assert.equal(Streams[0].StreamArn, Table.LatestStreamArn);
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: Table.LatestStreamArn }));
    assert.equal(StreamDescription.StreamStatus, "ENABLED");
    const records = [];
    for (const shard of StreamDescription.Shards) {
      let { ShardIterator } = await streams.send(new GetShardIteratorCommand({
        StreamArn: Table.LatestStreamArn, ShardId: shard.ShardId, ShardIteratorType: "TRIM_HORIZON",
      }));
      await untilTrue(async () => {
        const page = await streams.send(new GetRecordsCommand({ ShardIterator }));
        records.push(...page.Records);
        ShardIterator = page.NextShardIterator;
        return records.length >= 3 || ShardIterator === undefined;
      });
    }
    assert.deepEqual(records.map((record) => record.eventName), ["INSERT", "MODIFY", "REMOVE"]);
    assert.deepEqual(records[1].dynamodb.OldImage.v, { N: "1" });
    assert.deepEqual(records[1].dynamodb.NewImage.v, { N: "2" });
    assert.deepEqual(records[2].dynamodb.Keys, key("a", 1));
    assert.equal(records[2].dynamodb.NewImage, undefined);
    await send(new DeleteTableCommand({ TableName }));
  });
});

test("answers carry a checksum and a request id of AWS's form", { skip: !isDdbLocal && "DynamoDB Local has neither on errors" }, async () => {
  for (const [target, status] of [["ListTables", 200], ["GetItem", 400]]) {
    const response = await fetch(process.env.DDB_ENDPOINT, {
      method: "POST", body: "{}",
      headers: {
        "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": `DynamoDB_20120810.${target}`, "X-Amz-Date": "20260101T000000Z",
        Authorization: "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0",
      },
    });
    assert.equal(response.status, status);
    assert.match(response.headers.get("x-amzn-requestid"), /^[0-9A-Z]{52}$/);
    assert.match(response.headers.get("x-amz-crc32"), /^\d+$/);
    assert.equal(response.headers.get("content-type"), "application/x-amz-json-1.0");
  }
});
