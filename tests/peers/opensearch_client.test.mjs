// @opensearch-project/opensearch reads what our backend wrote (opensearch_sample.cc): its users query the index by themselves, too.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "@opensearch-project/opensearch";

const client = new Client({ node: process.env.DDB_OPENSEARCH_URL });
const index = "peer_articles";
const alive = { term: { deleted: false } };
const search = async (body) => (await client.search({ index, body })).body;
const keys = (found) => found.hits.hits.map((hit) => hit._id);

test("one alias leads to the live version, a hidden one to the version before", async () => {
  const { body: live } = await client.indices.getAlias({ name: index });
  assert.equal(Object.keys(live).length, 1);
  const [name] = Object.keys(live);
  const { body: old } = await client.indices.getAlias({ name: `${index}.old` });
  const number = Number(name.slice(`${index}_v`.length));
  assert.deepEqual(Object.keys(old), [`${index}_v${number - 1}`]);
  assert.equal(old[`${index}_v${number - 1}`].aliases[`${index}.old`].is_hidden, true);
});

test("the mapping is explicit, and says what it was made from", async () => {
  const { body } = await client.indices.getMapping({ index });
  const [{ mappings }] = Object.values(body);
  assert.equal(mappings.dynamic, "false");
  assert.equal(mappings._meta.index, index);
  const filters = Object.entries(mappings.properties.filters.properties).map(([name, { type }]) => [name, type]);
  assert.deepEqual(Object.fromEntries(filters),
    { tags: "keyword", visible: "boolean", rating: "long", price: "double", created_at: "date" });
});

test("a document is read by its row's key, with its version", async () => {
  const { body } = await client.get({ index, id: "a" });
  assert.equal(body._version, 1000001);
  assert.equal(body._source.texts.title, "Single table design");
  assert.deepEqual(body._source.filters.tags, ["dynamodb", "design"]);
  assert.equal(body._source.filters.price, "12.3");
  assert.equal(body._source.filters.created_at, "2026-01-02T03:04:05.678901+00:00");
});

test("a match finds stems, without case and accents", async () => {
  const found = await search({ query: { bool: { must: { match: { "texts.body": "RUNS creme" } }, filter: alive } } });
  assert.deepEqual(keys(found).sort(), ["a", "b"]);
});

test("dates and numbers take ranges and aggregations", async () => {
  const found = await search({
    query: { bool: { filter: [alive, { range: { "filters.created_at": { lt: "2026-02-01" } } }, { range: { "filters.price": { gt: 12 } } }] } },
    aggs: { months: { date_histogram: { field: "filters.created_at", calendar_interval: "month" } } },
  });
  assert.deepEqual(keys(found), ["a"]);
  assert.deepEqual(found.aggregations.months.buckets.map((bucket) => bucket.key_as_string), ["2026-01-01T00:00:00.000Z"]);
});

test("long integers are exact where the client reads them so", async () => {
  const precise = new Client({ node: process.env.DDB_OPENSEARCH_URL, enableLongNumeralSupport: true });
  const { body } = await precise.get({ index, id: "a" });
  assert.equal(String(body._source.filters.rating), "9007199254740993");
});

test("a deletion is a tombstone with its version", async () => {
  const { body } = await client.get({ index, id: "gone" });
  assert.equal(body._version, 1000003);
  assert.deepEqual(body._source, { key: "gone", deleted: true });
  assert.equal((await client.count({ index, body: { query: alive } })).body.count, 2);
});
