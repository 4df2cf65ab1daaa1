// Audits the server at the given address; prints one JSON object for each requirement. Further arguments are
// headers, as `name: value`, that every request gets.
import { auditServer } from "graphql-http";

const [url, ...lines] = process.argv.slice(2);
const headers = Object.fromEntries(lines.map((line) => line.split(": ")));
const fetchFn = (address, init = {}) => fetch(address, { ...init, headers: { ...headers, ...init.headers } });

for (const { id, name, status, reason } of await auditServer({ url, fetchFn })) {
  console.log(JSON.stringify({ id, name, status, reason: reason ?? null }));
}
