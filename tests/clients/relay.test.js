// Relay: its compiler reads our schema, and its runtime asks what the compiler has made.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { before, test } from "node:test";

import relay from "relay-runtime";

import * as demo from "./demo.js";
import { relayEnvironment } from "./setup/relay.js";

const require = createRequire(import.meta.url);
const { commitMutation, createOperationDescriptor, fetchQuery, getSingularSelector, requestSubscription } = relay;
const environmentOf = (persona) => relayEnvironment(demo.url, demo.headersOf(persona));
const made = (name) => require(`./generated/${name}.graphql.js`);

before(() => {
  rmSync("generated", { recursive: true, force: true });
  mkdirSync("generated");
  writeFileSync("generated/package.json", '{ "type": "commonjs" }');
  execFileSync(process.execPath, [require.resolve("relay-compiler/cli.js")], { stdio: "pipe" });
});

/** What a fragment reads of an object that refers to it. */
function read(environment, fragment, reference) {
  return environment.lookup(getSingularSelector(fragment, reference)).data;
}

const whole = (environment, query, variables) => fetchQuery(environment, query, variables).toPromise();

function listIn(environment, variables) {
  const operation = createOperationDescriptor(made("CustomersQuery"), variables);
  environment.retain(operation);
  return read(environment, made("Customers_list"), environment.lookup(operation.fragment).data);
}

test("the next page joins the connection in the store", async () => {
  const environment = environmentOf("csm");
  await whole(environment, made("CustomersQuery"), { count: 3 });
  const first = listIn(environment, { count: 3 });
  assert.equal(first.companies.edges.length, 3);
  const { endCursor, hasNextPage } = first.companies.pageInfo;
  assert.equal(hasNextPage, true);
  await whole(environment, made("CustomersPaginationQuery"), { count: 3, after: endCursor });
  const joined = listIn(environment, { count: 3 }).companies.edges;
  const rows = joined.map(({ node }) => read(environment, made("Customers_row"), node));
  assert.equal(new Set(rows.map(({ id }) => id)).size, 6);
});

test("a record is fetched again by its id", async () => {
  const { id } = await demo.company(11);
  const environment = environmentOf("csm");
  const { node } = await whole(environment, made("CustomersRowQuery"), { id });
  assert.equal(read(environment, made("Customers_row"), node).id, id);
});

test("a mutation changes the record in the store, and a stale one says why not", async () => {
  const { id, version } = await demo.company(11);
  const environment = environmentOf("super-admin");
  const update = (ifVersion) =>
    new Promise((onCompleted, onError) => {
      const input = { record: id, ifVersion, properties: [{ key: "industry", value: { text: "Relay" } }] };
      commitMutation(environment, {
        mutation: made("CustomersUpdateMutation"), variables: { input }, onCompleted, onError,
      });
    });
  const done = await update(version);
  assert.equal(read(environment, made("Customers_row"), done.recordUpdate.record.row).industry, "Relay");
  const late = await update(version);
  assert.equal(late.recordUpdate.userErrors[0].code, "STALE");
  assert.equal(environment.getStore().getSource().get(id).version, version + 1);
});

test("what is forbidden is null, and a refused request rejects with its code", async () => {
  const environment = environmentOf("outsider");
  await whole(environment, made("CustomersQuery"), { count: 3 });
  assert.equal(listIn(environment, { count: 3 }).companies, null);
  const nobody = whole(environmentOf("nobody"), made("CustomersQuery"), { count: 3 });
  await assert.rejects(nobody, (error) => {
    assert.equal(error.source.errors[0].extensions.code, "UNAUTHENTICATED");
    return true;
  });
});

test("a subscription changes the record in the store", async () => {
  const { id } = await demo.company(12);
  const environment = environmentOf("super-admin");
  let subscription;
  const arrived = new Promise((onNext, onError) => {
    subscription = requestSubscription(environment, {
      subscription: made("CustomersSubscription"), variables: { ids: [id] }, onNext, onError,
    });
  });
  await demo.changeUntil(id, arrived);
  const { recordChanged } = await arrived;
  subscription.dispose();
  assert.equal(read(environment, made("Customers_row"), recordChanged.record.row).id, id);
});
