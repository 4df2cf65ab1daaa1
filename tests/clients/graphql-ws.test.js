// graphql-ws: operations of every kind over one socket, resumption, and why a socket is closed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient } from "graphql-ws";

import * as demo from "./demo.js";

function clientOf(persona) {
  return createClient({ url: demo.socketUrl, connectionParams: demo.headersOf(persona), retryAttempts: 0 });
}

/** The first answer to an operation. */
async function first(client, query, variables) {
  const answers = client.iterate({ query, variables });
  const { value } = await answers.next();
  await answers.return();
  return value;
}

test("queries and mutations are answered over the socket", async () => {
  const client = clientOf("super-admin");
  assert.equal((await first(client, demo.VIEWER)).data.viewer.name, "Ada Sommer");
  const { id, version } = await demo.company(7);
  const done = await first(client, demo.UPDATE, { record: id, version, industry: "Socket" });
  assert.equal(done.data.recordUpdate.record.industry, "Socket");
  await client.dispose();
});

test("a document that does not fit the schema is an error of its operation alone", async () => {
  const client = clientOf("super-admin");
  await assert.rejects(first(client, "{ nonsense }"), (errors) => {
    assert.equal(errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
    return true;
  });
  assert.equal((await first(client, demo.VIEWER)).data.viewer.name, "Ada Sommer");
  await client.dispose();
});

test("a stream goes on behind the cursor of its last event, and misses nothing meanwhile", async () => {
  const { id } = await demo.company(8);
  const client = clientOf("super-admin");
  const arrived = first(client, demo.CHANGES, { ids: [id] });
  await demo.changeUntil(id, arrived);
  const { cursor } = (await arrived).data.recordChanged;
  await client.dispose();

  const { node } = await demo.ask(demo.COMPANY, { id });
  await demo.ask(demo.UPDATE, { record: id, version: node.version, industry: "Meanwhile" });

  const again = clientOf("super-admin");
  const industries = [];
  for await (const { data } of again.iterate({ query: demo.CHANGES, variables: { ids: [id], after: cursor } })) {
    assert.notEqual(data.recordChanged.cursor, cursor);
    industries.push(data.recordChanged.record.industry);
    if (industries.at(-1) === "Meanwhile") break;
  }
  await again.dispose();
  assert.equal(industries.at(-1), "Meanwhile");
});

test("a token that is not ours closes the socket with 4403 or 4401", async () => {
  await assert.rejects(first(clientOf("nobody"), demo.VIEWER), (event) => {
    assert.ok([4401, 4403].includes(event.code), `${event.code} ${event.reason}`);
    return true;
  });
});
