// urql: its own Accept header, caches, pagination, errors, subscriptions by either transport.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, cacheExchange, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-sse";

import * as demo from "./demo.js";
import { urqlClient } from "./setup/urql.js";

const clientOf = (persona) => urqlClient(demo.url, demo.headersOf(persona));

/** A client with options of its own. */
function clientWith(options) {
  const headers = demo.headersOf("super-admin");
  return new Client({ url: demo.url, exchanges: [cacheExchange, fetchExchange], fetchOptions: { headers }, ...options });
}

/** The first event of a subscription, while the record that it is about is changed. */
async function firstChange(client, id) {
  const arrived = new Promise((resolve) => {
    const { unsubscribe } = client.subscription(demo.CHANGES, { ids: [id] }).subscribe((result) => {
      setTimeout(() => unsubscribe());
      resolve(result);
    });
  });
  await demo.changeUntil(id, arrived);
  return arrived;
}

test("the answer is JSON although urql also accepts streams, and is cached", async () => {
  let asked = 0;
  const watching = async (input, init) => {
    asked += 1;
    assert.match(init.headers.accept, /text\/event-stream/);
    const response = await fetch(input, init);
    assert.match(response.headers.get("content-type"), /^application\/(graphql-response\+)?json/);
    return response;
  };
  const client = clientWith({ fetch: watching });
  for (let turn = 0; turn < 2; turn += 1) {
    const { data, error } = await client.query(demo.VIEWER, {});
    assert.equal(error, undefined);
    assert.equal(data.viewer.name, "Ada Sommer");
  }
  assert.equal(asked, 1);
});

test("queries are sent by GET unless they are told to go by POST", async () => {
  for (const [preferGetMethod, method] of [[undefined, "GET"], [false, "POST"]]) {
    const watching = (input, init) => {
      assert.equal(init.method, method);
      return fetch(input, init);
    };
    const { data, error } = await clientWith({ preferGetMethod, fetch: watching }).query(demo.VIEWER, {});
    assert.equal(error, undefined);
    assert.equal(data.viewer.name, "Ada Sommer");
  }
});

test("pages follow one another", async () => {
  const client = clientOf("csm");
  const first = await client.query(demo.COMPANIES, { first: 3 });
  const { endCursor } = first.data.companies.pageInfo;
  const second = await client.query(demo.COMPANIES, { first: 3, after: endCursor });
  const ids = [first, second].flatMap(({ data }) => data.companies.edges.map((edge) => edge.node.id));
  assert.equal(new Set(ids).size, 6);
});

test("a mutation is done, and what a user can mend is data", async () => {
  const client = clientOf("super-admin");
  const { id, version } = await demo.company(3);
  const done = await client.mutation(demo.UPDATE, { record: id, version, industry: "urql" });
  assert.equal(done.data.recordUpdate.record.industry, "urql");
  const late = await client.mutation(demo.UPDATE, { record: id, version, industry: "Late" });
  assert.equal(late.error, undefined);
  assert.equal(late.data.recordUpdate.userErrors[0].code, "STALE");
});

test("errors come with their codes, beside the data that there is", async () => {
  const forbidden = await clientOf("super-admin-no-seat").query(demo.FORBIDDEN, {});
  assert.equal(forbidden.data.workspace.customers, null);
  assert.equal(forbidden.error.graphQLErrors[0].extensions.code, "FORBIDDEN");
  const refused = await clientOf("nobody").query(demo.VIEWER, {});
  assert.equal(refused.error.graphQLErrors[0].extensions.code, "UNAUTHENTICATED");
});

test("a subscription over WebSocket tells of changes", async () => {
  const { id } = await demo.company(4);
  const { data } = await firstChange(clientOf("super-admin"), id);
  assert.equal(data.recordChanged.recordId, id);
});

test("a subscription over server-sent events tells of changes", async () => {
  const events = createClient({ url: demo.url, headers: demo.headersOf("super-admin") });
  const forward = (request) => ({
    subscribe: (sink) => ({ unsubscribe: events.subscribe({ ...request, query: request.query ?? "" }, sink) }),
  });
  const exchanges = [subscriptionExchange({ forwardSubscription: forward })];
  const { id } = await demo.company(5);
  const { data } = await firstChange(clientWith({ exchanges }), id);
  events.dispose();
  assert.equal(data.recordChanged.recordId, id);
});

test("urql's own fetch follows a subscription too", async () => {
  const { id } = await demo.company(6);
  const { data } = await firstChange(clientWith({ fetchSubscriptions: true }), id);
  assert.equal(data.recordChanged.recordId, id);
});
