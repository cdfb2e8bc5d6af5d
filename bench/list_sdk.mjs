// Lists an author's posts by the AWS SDK's document client, page by page, for bench/orm.py: prints items a second.
// Usage: list_sdk.mjs <url> <seconds> <at once>
import { createRequire } from "node:module";

const require = createRequire(new URL("../tests/peers/", import.meta.url));
const { DynamoDBClient } = require("@aws-sdk/client-dynamodb");
const { DynamoDBDocumentClient, QueryCommand } = require("@aws-sdk/lib-dynamodb");

const url = process.argv[2];
const [seconds, atOnce] = process.argv.slice(3).map(Number);
const client = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint: url, region: "us-east-1" }));
const AUTHOR = "00000000-0000-4001-8000-000000000002";

async function listPosts() {
  const posts = [];
  let start;
  do {
    const page = await client.send(new QueryCommand({
      TableName: "demo_app_post", IndexName: "author-recent", KeyConditionExpression: "author_pk = :a",
      ExpressionAttributeValues: { ":a": AUTHOR }, ScanIndexForward: false, Limit: 1000 - posts.length, ExclusiveStartKey: start,
    }));
    posts.push(...page.Items);
    start = page.LastEvaluatedKey;
  } while (start && posts.length < 1000);
  return posts;
}

if ((await listPosts()).length !== 1000) throw new Error("rows are missing");
let items = 0;
const begin = performance.now();
async function listAgainAndAgain() {
  while (performance.now() - begin < seconds * 1000) {
    const listed = (await listPosts()).length;
    items += listed;
  }
}
await Promise.all(Array.from({ length: atOnce }, listAgainAndAgain));
console.log((items * 1000) / (performance.now() - begin));
