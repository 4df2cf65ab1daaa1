// What a query page says to the server: who one can be, which examples there are, and the graph itself.

// `@company`, or `@company parent_id` for one whose column has a value; here the first that is seen will do.
const PLACEHOLDER = /^@([a-z_]+)(?: .*)?$/;

/** The personas of a development server with their tokens; none elsewhere. */
export async function loadPersonas() {
  const response = await fetch("/graphiql/personas");
  return response.ok ? response.json() : [];
}

/** The documents to start from. */
export async function loadExamples() {
  const response = await fetch("/graphiql/examples");
  return response.ok ? response.json() : [];
}

/** The schema's text, from which its documentation is made. */
export async function loadSchema() {
  const response = await fetch("/schema.graphql");
  return response.ok ? response.text() : "";
}

/** Whom a document's comment says it suits. */
export function personaOf(query) {
  return /^# persona: (\S+)$/m.exec(query ?? "")?.[1] ?? null;
}

/** The document as the editor shows it: its first comment says what it is for, a second one whom it suits. */
export function shown(example) {
  const [title, ...rest] = example.query.trimEnd().split("\n");
  return [title, `# persona: ${example.persona}`, ...rest, ""].join("\n");
}

/** The headers of a request as a persona; headers that somebody writes win. */
export function headersOf(persona, written = {}) {
  const isSigned = Object.keys(written).some((name) => name.toLowerCase() === "authorization");
  return persona && !isSigned ? { authorization: `Bearer ${persona.token}`, ...written } : written;
}

/** The answer to a query or mutation, with its status and how long it took. */
export async function ask(request, headers, signal) {
  const began = performance.now();
  const response = await post(request, headers, "application/graphql-response+json, application/json;q=0.9", signal);
  const result = await response.json();
  return { status: response.status, milliseconds: performance.now() - began, result };
}

/** The answers of a subscription, one after the other, until it ends or the signal aborts it. */
export async function* subscribe(request, headers, signal) {
  const response = await post(request, headers, "text/event-stream", signal);
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    yield await response.json();
    return;
  }
  for await (const event of events(response.body)) {
    if (event.name === "complete") return;
    if (event.name === "next") yield JSON.parse(event.data);
  }
}

function post(request, headers, accept, signal) {
  return fetch("/graphql", {
    method: "POST",
    body: JSON.stringify(request),
    headers: { "content-type": "application/json", accept, ...headers },
    signal,
  });
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const blocks = (text + part.value).split(/\r?\n\r?\n/);
      text = blocks.pop();
      yield* blocks.map(readEvent);
    }
  } finally {
    await reader.cancel();
  }
}

function readEvent(block) {
  const fields = block.split(/\r?\n/).map((line) => /^(\w*):? ?(.*)$/.exec(line) ?? []);
  const valuesOf = (name) => fields.filter((field) => field[1] === name).map((field) => field[2]);
  return { name: valuesOf("event").at(-1) ?? "message", data: valuesOf("data").join("\n") };
}

/** The examples' variables with `@workspace`, `@company` and so on replaced by ids that the persona sees. */
export async function withIds(examples, personas) {
  const found = new Map();
  const idOf = (noun, persona) => {
    const key = `${persona?.persona} ${noun}`;
    if (!found.has(key)) found.set(key, firstId(noun, persona));
    return found.get(key);
  };
  return Promise.all(
    examples.map(async (example) => {
      const persona = personas.find((one) => one.persona === example.persona);
      const variables = await replaced(example.variables, (noun) => idOf(noun, persona));
      return { ...example, variables };
    }),
  );
}

async function replaced(value, idOf) {
  if (typeof value === "string") {
    const noun = PLACEHOLDER.exec(value)?.[1];
    return (noun && (await idOf(noun))) || value;
  }
  if (Array.isArray(value)) return Promise.all(value.map((item) => replaced(item, idOf)));
  if (value === null || typeof value !== "object") return value;
  const pairs = Object.entries(value).map(async ([name, item]) => [name, await replaced(item, idOf)]);
  return Object.fromEntries(await Promise.all(pairs));
}

async function firstId(noun, persona) {
  if (!persona) return null;
  const many = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  const query =
    noun === "workspace" ? "{ workspace { id } }" : `{ first: ${many}(first: 1) { nodes { id } } }`;
  const { result } = await ask({ query }, headersOf(persona));
  return result.data?.workspace?.id ?? result.data?.first?.nodes?.[0]?.id ?? null;
}
