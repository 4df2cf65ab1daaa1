// Apollo Client: cache, pagination by fetchMore, errors by policy, persisted queries, subscriptions.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { ApolloLink, CombinedGraphQLErrors, HttpLink, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { firstValueFrom } from "rxjs";

import * as demo from "./demo.js";
import { apolloClient } from "./setup/apollo.js";

const clientOf = (persona) => apolloClient(demo.url, demo.headersOf(persona));
const edgesOf = (data) => data?.companies?.edges ?? [];

test("a query is answered, and a second time from the cache", async () => {
  const client = clientOf("csm");
  const { data } = await client.query({ query: gql(demo.VIEWER) });
  assert.equal(data.viewer.name, "Dario Conti");
  const cached = await client.query({ query: gql(demo.VIEWER), fetchPolicy: "cache-only" });
  assert.deepEqual(cached.data, data);
});

test("fetchMore joins the pages of a connection", async () => {
  const client = clientOf("csm");
  const query = client.watchQuery({ query: gql(demo.COMPANIES), variables: { first: 3 } });
  const whenThere = (count) =>
    new Promise((resolve) => {
      const subscription = query.subscribe(({ data }) => {
        if (edgesOf(data).length !== count) return;
        setTimeout(() => subscription.unsubscribe());
        resolve(data);
      });
    });
  const data = await whenThere(3);
  const joined = whenThere(6);
  await query.fetchMore({ variables: { after: data.companies.pageInfo.endCursor } });
  const ids = edgesOf(await joined).map((edge) => edge.node.id);
  assert.equal(new Set(ids).size, 6);
});

test("a mutation's record replaces the one in the cache", async () => {
  const client = clientOf("super-admin");
  const { id, version } = await demo.company(1);
  await client.query({ query: gql(demo.COMPANY), variables: { id } });
  await client.mutate({ mutation: gql(demo.UPDATE), variables: { record: id, version, industry: "Apollo" } });
  const { data } = await client.query({
    query: gql(demo.COMPANY), variables: { id }, fetchPolicy: "cache-only",
  });
  assert.equal(data.node.industry, "Apollo");
});

test("what a user can mend is data", async () => {
  const { id, version } = await demo.company(1);
  const { data } = await clientOf("super-admin").mutate({
    mutation: gql(demo.UPDATE), variables: { record: id, version: version - 1, industry: "Late" },
  });
  assert.equal(data.recordUpdate.record, null);
  assert.equal(data.recordUpdate.userErrors[0].code, "STALE");
  assert.equal(data.recordUpdate.userErrors[0].currentVersion, version);
});

test("a forbidden tab is an error beside the rest of the answer", async () => {
  const { data, error } = await clientOf("super-admin-no-seat").query({
    query: gql(demo.FORBIDDEN), errorPolicy: "all",
  });
  assert.equal(data.workspace.customers, null);
  assert.equal(typeof data.workspace.name, "string");
  assert.ok(CombinedGraphQLErrors.is(error));
  assert.deepEqual(error.errors[0].path, ["workspace", "customers"]);
  assert.equal(error.errors[0].extensions.reason, "SEAT_REQUIRED");
});

test("a refused request rejects with its code", async () => {
  const refused = clientOf("nobody").query({ query: gql(demo.VIEWER) });
  await assert.rejects(refused, (error) => {
    assert.ok(CombinedGraphQLErrors.is(error), String(error));
    return error.errors[0].extensions.code === "UNAUTHENTICATED";
  });
  const invalid = clientOf("csm").query({ query: gql("{ nonsense }") });
  await assert.rejects(invalid, (error) => error.errors[0].extensions.code === "GRAPHQL_VALIDATION_FAILED");
});

test("a persisted query is sent in full once, and then by its hash", async () => {
  const sent = [];
  const watching = (input, init) => {
    sent.push(JSON.parse(init.body));
    return fetch(input, init);
  };
  const sha256 = (text) => createHash("sha256").update(text).digest("hex");
  const http = new HttpLink({ uri: demo.url, headers: demo.headersOf("csm"), fetch: watching });
  const link = ApolloLink.from([new PersistedQueryLink({ sha256 }), http]);
  const client = clientOf("csm");
  client.setLink(link);
  const query = gql`query Persisted { viewer { name } again: viewer { name } }`;
  for (let turn = 0; turn < 2; turn += 1) {
    const { data } = await client.query({ query, fetchPolicy: "network-only" });
    assert.equal(data.again.name, "Dario Conti");
  }
  assert.deepEqual(sent.map((body) => "query" in body), [false, true, false]);
});

test("a subscription over WebSocket tells of changes", async () => {
  const { id } = await demo.company(2);
  const client = clientOf("super-admin");
  const changes = client.subscribe({ query: gql(demo.CHANGES), variables: { ids: [id] } });
  const arrived = firstValueFrom(changes);
  await demo.changeUntil(id, arrived);
  const { data } = await arrived;
  assert.equal(data.recordChanged.recordId, id);
  assert.deepEqual(data.recordChanged.changed, ["industry"]);
});
