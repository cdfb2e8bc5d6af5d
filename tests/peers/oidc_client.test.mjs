// openid-client signs in with the local identity provider, and aws-jwt-verify takes its tokens: neither was written for it.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { JwtVerifier } from "aws-jwt-verify";
import * as oidc from "openid-client";

const site = process.env.DDB_ENDPOINT;
const redirectUri = "http://127.0.0.1:9/callback";
const clientId = "peer", secret = "pe%er: s3cret+&";
const subject = "6f2c1b0e-6d0f-4a86-9a0c-0d9d5f6a7b11";
let config;

const control = async (command) => {
  const answer = await fetch(`${site}/cognito/control/`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(command) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
};

const discover = () => oidc.discovery(new URL(`${site}/cognito`), clientId, { id_token_signed_response_alg: "RS256" },
  oidc.ClientSecretBasic(secret), { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] });

before(async () => {
  await control({ client: { client_id: clientId, client_secret: secret, redirect_uris: [redirectUri], logout_uris: ["http://127.0.0.1:9/"] } });
  config = await discover();
});
beforeEach(() => control({ reset: true }));
after(() => control({ reset: true }));

// A browser: what it was sent in cookies, it sends.
class Browser {
  cookies = new Map();
  async fetch(url, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { redirect: "manual", ...options, headers: { ...options.headers, ...(cookie && { Cookie: cookie }) } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/max-age=0/i.test(line)) this.cookies.delete(name); else this.cookies.set(name, value);
    }
    return answer;
  }
  // Where the provider sends it after the log-in page.
  async signIn(url, username = "demo@ddblog.local", password = "Demo1234!") {
    let answer = await this.fetch(url);
    if (answer.status === 200) {
      const form = new URLSearchParams({ username, password });
      const unescape = (text) => text.replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
      for (const [, name, value] of (await answer.text()).matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) form.append(name, unescape(value));
      answer = await this.fetch(`${site}/cognito/oauth2/authorize`, { method: "POST", body: form });
    }
    assert.equal(answer.status, 302);
    return new URL(answer.headers.get("Location"));
  }
}

// The whole of a log-in by openid-client, which checks all that it can.
async function signIn(browser = new Browser(), scope = "openid email profile") {
  const verifier = oidc.randomPKCECodeVerifier(), state = oidc.randomState(), nonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(config, { redirect_uri: redirectUri, scope, state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" });
  const callback = await browser.signIn(url);
  return { callback, tokens: await oidc.authorizationCodeGrant(config, callback,
    { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }) };
}

test("signs in, reads who it is, refreshes and revokes", async () => {
  const { tokens } = await signIn();
  const claims = tokens.claims();
  assert.equal(claims.sub, subject);
  assert.equal(claims.email, "demo@ddblog.local");
  assert.equal(claims.token_use, "id");
  const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(info.preferred_username, "demo");
  const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(fresh.refresh_token, tokens.refresh_token);
  assert.equal(fresh.claims().sub, subject);
  await oidc.tokenRevocation(config, fresh.refresh_token);
  await assert.rejects(oidc.refreshTokenGrant(config, fresh.refresh_token), { error: "invalid_grant" });
  await assert.rejects(oidc.fetchUserInfo(config, fresh.access_token, subject));
});

test("a browser that is signed in is not asked again, until it has logged out", async () => {
  const browser = new Browser();
  await signIn(browser);
  const silent = await browser.fetch(oidc.buildAuthorizationUrl(config, { redirect_uri: redirectUri, scope: "openid", prompt: "none", state: "s",
    code_challenge: await oidc.calculatePKCECodeChallenge(oidc.randomPKCECodeVerifier()), code_challenge_method: "S256" }));
  assert.ok(new URL(silent.headers.get("Location")).searchParams.has("code"));
  await browser.fetch(`${site}/cognito/logout?client_id=${clientId}&logout_uri=${encodeURIComponent("http://127.0.0.1:9/")}`);
  const asked = await browser.fetch(silent.url);
  assert.equal(new URL(asked.headers.get("Location")).searchParams.get("error"), "login_required");
});

test("a code serves once", async () => {
  const { callback } = await signIn();
  await assert.rejects(oidc.authorizationCodeGrant(config, callback, { pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: callback.searchParams.get("state") }), { error: "invalid_grant" });
});

test("tokens live through a rotation of the keys", async () => {
  const { tokens } = await signIn();
  await control({ rotate_keys: true });
  assert.equal((await oidc.fetchUserInfo(config, tokens.access_token, subject)).sub, subject);
  config = await discover();  // it asks for keys once a minute at most
  await oidc.refreshTokenGrant(config, tokens.refresh_token);
});

for (const fault of ["expired", "wrong_aud", "wrong_iss", "wrong_nonce", "alg_none", "alg_hs256", "bad_signature", "unknown_kid", "replayed_code",
  "wrong_verifier"]) {
  test(`notices ${fault}`, async () => {
    await control({ misbehave: fault });
    await assert.rejects(signIn());
    await control({ reset: true });
    await signIn();
  });
}

test("aws-jwt-verify takes the tokens, and no others", async () => {
  const issuer = `${site}/cognito`;
  const jwks = await (await fetch(`${issuer}/.well-known/jwks.json`)).json();
  const of = (audience, tokenUse) => {
    const verifier = JwtVerifier.create({ issuer, audience, jwksUri: "https://not-asked.invalid/",
      customJwtCheck: ({ payload }) => { if (payload.token_use !== tokenUse) throw new Error("token_use"); } });
    verifier.cacheJwks(jwks);
    return verifier;
  };
  const { tokens } = await signIn();
  assert.equal((await of(clientId, "id").verify(tokens.id_token)).sub, subject);
  assert.equal((await of(null, "access").verify(tokens.access_token)).client_id, clientId);
  await assert.rejects(of("another", "id").verify(tokens.id_token));
  await assert.rejects(of(null, "id").verify(tokens.access_token));
  await control({ misbehave: "bad_signature" });
  await assert.rejects(async () => of(clientId, "id").verify((await signIn()).tokens.id_token));
});
