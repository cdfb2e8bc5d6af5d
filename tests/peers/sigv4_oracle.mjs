// Signs the requests that the program sigv4_oracle writes, with AWS's own signer, and compares:
//
//   build/release/bin/sigv4_oracle [requests] [seed] | node tests/peers/sigv4_oracle.mjs
//
// One request a line, as JSON; the first line names the seed. Ends with status 1 where a signature
// differs. DDB_PEERS: the folder whose node_modules is used, else this one.
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

const here = process.env.DDB_PEERS ?? path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(path.join(here, "sigv4_oracle.mjs"));
const { SignatureV4 } = require("@smithy/signature-v4");
const { Sha256 } = require("@aws-crypto/sha256-js");

async function authorizationOf(request) {
  const signer = new SignatureV4({
    service: request.service,
    region: request.region,
    credentials: request.credentials,
    sha256: Sha256,
    applyChecksum: false, // the program adds x-amz-content-sha256 to some
  });
  const signed = await signer.sign(
    {
      protocol: "https:",
      hostname: request.headers.host,
      method: request.method,
      path: request.path,
      query: request.query,
      headers: request.headers,
      body: Buffer.from(request.body, "base64"),
    },
    { signingDate: new Date(request.time) },
  );
  return signed.headers.authorization;
}

let seed;
let compared = 0;
let different = 0;
for await (const line of readline.createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (seed === undefined) {
    seed = request.seed;
    continue;
  }
  const theirs = await authorizationOf(request);
  compared += 1;
  if (theirs === request.authorization) continue;
  different += 1;
  if (different <= 3) console.error(`different (seed ${seed}): ${line}\n  theirs: ${theirs}`);
}
console.log(`sigv4_oracle: ${compared} requests, ${different} signed differently, seed ${seed}`);
process.exit(compared > 0 && different === 0 ? 0 : 1);
