// graphql-sse in distinct connections: operations of every kind as server-sent events.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient } from "graphql-sse";

import * as demo from "./demo.js";

function clientOf(persona) {
  return createClient({ url: demo.url, headers: demo.headersOf(persona), retryAttempts: 0 });
}

async function first(client, query, variables) {
  const answers = client.iterate({ query, variables });
  const { value } = await answers.next();
  await answers.return();
  return value;
}

test("queries and mutations are answered as events", async () => {
  const client = clientOf("super-admin");
  assert.equal((await first(client, demo.VIEWER)).data.viewer.name, "Ada Sommer");
  const { id, version } = await demo.company(9);
  const done = await first(client, demo.UPDATE, { record: id, version, industry: "Events" });
  assert.equal(done.data.recordUpdate.record.industry, "Events");
  client.dispose();
});

test("a stream goes on behind the cursor of its last event", async () => {
  const { id } = await demo.company(10);
  const client = clientOf("super-admin");
  const arrived = first(client, demo.CHANGES, { ids: [id] });
  await demo.changeUntil(id, arrived);
  const { cursor } = (await arrived).data.recordChanged;
  const { node } = await demo.ask(demo.COMPANY, { id });
  await demo.ask(demo.UPDATE, { record: id, version: node.version, industry: "Meanwhile" });
  let industry = "";
  for await (const { data } of client.iterate({ query: demo.CHANGES, variables: { ids: [id], after: cursor } })) {
    industry = data.recordChanged.record.industry;
    if (industry === "Meanwhile") break;
  }
  client.dispose();
  assert.equal(industry, "Meanwhile");
});

test("a request without a valid token is refused", async () => {
  await assert.rejects(first(clientOf("nobody"), demo.VIEWER), (error) => {
    assert.equal(error.response.status, 401);
    return true;
  });
});
