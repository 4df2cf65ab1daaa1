// The served demo that the clients ask, and the documents that each of them sends.

import WebSocket from "ws";

// Browsers have one; Node.js does from 22 on.
globalThis.WebSocket ??= WebSocket;

export const url = `${process.env.TABARD_ADDRESS}/graphql`;
export const socketUrl = url.replace(/^http/, "ws");
const tokens = JSON.parse(process.env.TABARD_TOKENS);

/** The headers of a persona; of nobody whom the server knows without one. */
export function headersOf(persona) {
  return { authorization: `Bearer ${tokens[persona] ?? "no.such.token"}` };
}

export const VIEWER = "query Viewer { viewer { name } }";

export const COMPANIES = `
  query Companies($first: Int!, $after: String) {
    companies(first: $first, after: $after) {
      edges { cursor node { id name } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

export const COMPANY = "query Company($id: ID!) { node(id: $id) { id ... on Company { industry version } } }";

export const UPDATE = `
  mutation Update($record: ID!, $version: Int!, $industry: String!) {
    recordUpdate(
      input: { record: $record, ifVersion: $version, properties: [{ key: "industry", value: { text: $industry } }] }
    ) {
      record { id ... on Company { industry version } }
      userErrors { code message ... on StaleVersionError { currentVersion } }
    }
  }
`;

// A super admin without a seat sees the workspace, but not this tab of it.
export const FORBIDDEN = "query Forbidden { workspace { id name customers { owned { totalCount } } } }";

export const CHANGES = `
  subscription Changes($ids: [ID!], $after: String) {
    recordChanged(ids: $ids, after: $after) { cursor kind changed recordId record { id ... on Company { industry } } }
  }
`;

/** The answer to a plain request, for what a test needs beside its client. */
export async function ask(query, variables = {}, persona = "super-admin") {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headersOf(persona) },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

/** A company that no other test changes, as `{id, version}`. */
export async function company(number) {
  const { companies } = await ask(COMPANIES, { first: 40 });
  const { node } = await ask(COMPANY, { id: companies.edges[number].node.id });
  return node;
}

/** Changes a company's industry until an event of it arrives, since nobody can tell when a stream has begun. */
export async function changeUntil(id, arrived) {
  for (let turn = 0; ; turn += 1) {
    const { node } = await ask(COMPANY, { id });
    await ask(UPDATE, { record: id, version: node.version, industry: `Turn ${turn}` });
    const pause = new Promise((resolve) => setTimeout(resolve, 250, false));
    if (await Promise.race([arrived.then(() => true), pause])) return;
  }
}
