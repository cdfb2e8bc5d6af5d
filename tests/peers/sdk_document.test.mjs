// @aws-sdk/lib-dynamodb: JavaScript values in, JavaScript values out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand, BatchWriteCommand, DeleteCommand, DynamoDBDocumentClient, ExecuteStatementCommand, GetCommand, PutCommand,
  QueryCommand, ScanCommand, TransactGetCommand, TransactWriteCommand, UpdateCommand, paginateQuery, paginateScan,
} from "@aws-sdk/lib-dynamodb";
import { randomName, settings } from "./sdk_settings.mjs";

const client = new DynamoDBClient(settings());
const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
const TableName = randomName();

before(() => client.send(new CreateTableCommand({
  TableName, BillingMode: "PAY_PER_REQUEST",
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }, { AttributeName: "n", KeyType: "RANGE" }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }, { AttributeName: "n", AttributeType: "N" }],
})));
after(() => client.send(new DeleteTableCommand({ TableName })));

const get = async (id, n) => (await documents.send(new GetCommand({ TableName, Key: { id, n }, ConsistentRead: true }))).Item;

test("every JavaScript value comes back as itself", async () => {
  const Item = {
    id: "values", n: 1, text: "é😀", empty: "", integer: 42, real: -1.5, small: 1e-7, big: 2 ** 53 - 1, yes: true, no: false, nothing: null,
    list: [1, "a", [null], {}], map: { deep: { deeper: [true] } }, strings: new Set(["a", "b"]), numbers: new Set([1, 2.5]),
    bytes: new Uint8Array([0, 127, 255]), binaries: new Set([new Uint8Array([1]), new Uint8Array([2])]), left_out: undefined,
  };
  await documents.send(new PutCommand({ TableName, Item }));
  const { left_out, ...expected } = Item;
  const read = await get("values", 1);
  const ordered = (set) => [...set].map(String).sort();
  for (const name of ["strings", "numbers", "binaries"]) {
    assert.ok(read[name] instanceof Set);
    assert.deepEqual(ordered(read[name]), ordered(expected[name]));
    delete read[name];
    delete expected[name];
  }
  assert.deepEqual(read, expected);
});

test("numbers beyond a double's precision are exact where wrapped", async () => {
  // A client of its own: a document client's options are kept by the client under it.
  const exact = DynamoDBDocumentClient.from(new DynamoDBClient(settings()), { unmarshallOptions: { wrapNumbers: true } });
  await exact.send(new UpdateCommand({
    TableName, Key: { id: "exact", n: 1 }, UpdateExpression: "SET big = :big", ExpressionAttributeValues: { ":big": 12345678901234567890n },
  }));
  const { Item } = await exact.send(new GetCommand({ TableName, Key: { id: "exact", n: 1 } }));
  assert.equal(Item.big.value, "12345678901234567890");
});

test("update, condition, delete", async () => {
  const update = (more) => documents.send(new UpdateCommand({ TableName, Key: { id: "u", n: 1 }, ...more }));
  assert.deepEqual((await update({
    UpdateExpression: "SET tags = :t, seen = if_not_exists(seen, :zero) + :one", ReturnValues: "ALL_NEW",
    ExpressionAttributeValues: { ":t": ["x"], ":zero": 0, ":one": 1 },
  })).Attributes, { id: "u", n: 1, tags: ["x"], seen: 1 });
  await update({ UpdateExpression: "ADD marks :m", ExpressionAttributeValues: { ":m": new Set(["a", "b"]) } });
  await update({ UpdateExpression: "DELETE marks :m", ExpressionAttributeValues: { ":m": new Set(["a", "b"]) } });
  assert.equal((await get("u", 1)).marks, undefined);
  await assert.rejects(documents.send(new DeleteCommand({
    TableName, Key: { id: "u", n: 1 }, ConditionExpression: "seen > :s", ExpressionAttributeValues: { ":s": 1 },
  })), { name: "ConditionalCheckFailedException" });
  const { Attributes } = await documents.send(new DeleteCommand({ TableName, Key: { id: "u", n: 1 }, ReturnValues: "ALL_OLD" }));
  assert.equal(Attributes.seen, 1);
});

test("batches, queries and scans by pages", async () => {
  for (let start = 0; start < 50; start += 25) {
    const answer = await documents.send(new BatchWriteCommand({
      RequestItems: { [TableName]: Array.from({ length: 25 }, (_, i) => ({ PutRequest: { Item: { id: "page", n: start + i, odd: i % 2 === 1 } } })) },
    }));
    assert.deepEqual(answer.UnprocessedItems, {});
  }
  const numbers = [];
  for await (const page of paginateQuery({ client: documents, pageSize: 8 }, {
    TableName, KeyConditionExpression: "id = :id AND n >= :n", ExpressionAttributeValues: { ":id": "page", ":n": 5 },
  })) numbers.push(...page.Items.map((item) => item.n));
  assert.deepEqual(numbers, Array.from({ length: 45 }, (_, i) => 5 + i));
  let odd = 0;
  for await (const page of paginateScan({ client: documents, pageSize: 8 }, {
    TableName, FilterExpression: "id = :id AND odd = :yes", ExpressionAttributeValues: { ":id": "page", ":yes": true },
  })) odd += page.Count;
  assert.equal(odd, 24);
  const { Responses } = await documents.send(new BatchGetCommand({
    RequestItems: { [TableName]: { Keys: [{ id: "page", n: 1 }, { id: "page", n: 999 }], ProjectionExpression: "n" } },
  }));
  assert.deepEqual(Responses[TableName], [{ n: 1 }]);
  const { Count } = await documents.send(new QueryCommand({
    TableName, KeyConditionExpression: "id = :id", ExpressionAttributeValues: { ":id": "page" }, Select: "COUNT",
  }));
  assert.equal(Count, 50);
  assert.ok((await documents.send(new ScanCommand({ TableName, Limit: 3 }))).LastEvaluatedKey);
});

test("transactions and PartiQL", async () => {
  await documents.send(new TransactWriteCommand({ TransactItems: [
    { Put: { TableName, Item: { id: "t", n: 1, v: "a" } } },
    { Update: { TableName, Key: { id: "t", n: 2 }, UpdateExpression: "SET v = :v", ExpressionAttributeValues: { ":v": "b" } } },
  ] }));
  const { Responses } = await documents.send(new TransactGetCommand({ TransactItems: [1, 2].map((n) => ({ Get: { TableName, Key: { id: "t", n } } })) }));
  assert.deepEqual(Responses.map(({ Item }) => Item.v), ["a", "b"]);
  const { Items } = await documents.send(new ExecuteStatementCommand({
    Statement: `SELECT v FROM "${TableName}" WHERE id = ? AND n = ?`, Parameters: ["t", 2],
  }));
  assert.deepEqual(Items, [{ v: "b" }]);
});
