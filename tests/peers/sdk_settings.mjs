// What the tests of AWS's JavaScript SDK share.
import { randomUUID } from "node:crypto";

export const isDdbLocal = process.env.DDB_SERVER === "ddb-local";

export function settings() {
  return {
    endpoint: process.env.DDB_ENDPOINT,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    // A failure of ours is a failure. DynamoDB Local answers InternalFailure to some DescribeTable while it builds an index
    // (its SQLite tables are made and dropped meanwhile): the SDK's own three attempts are for that.
    maxAttempts: isDdbLocal ? 1 : 3,
  };
}

export const randomName = () => `t-${randomUUID()}`;

// Polls until `holds`; throws after half a minute.
export async function untilTrue(holds) {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`does not become true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5)); // the pace of polling
  }
}
