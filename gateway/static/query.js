// The small query page.

import { showDocumentation } from "./documentation.js";
import { ask, headersOf, loadExamples, loadPersonas, loadSchema, shown, subscribe, withIds } from "./graph.js";

const JSON_TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g;
const byId = (id) => document.getElementById(id);
const [example, persona, run, query, variables, headers, result, status] = [
  "example", "persona", "run", "query", "variables", "headers", "result", "status",
].map(byId);
let running = null;

async function begin() {
  const [personas, found, schema] = await Promise.all([loadPersonas(), loadExamples(), loadSchema()]);
  const examples = await withIds(found, personas);
  fill(persona, personas, (one) => `${one.persona} (${one.name})`, (one) => one.sees);
  byId("as").hidden = !personas.length;
  fill(example, examples, (one) => one.name, (one) => one.title);
  example.addEventListener("change", () => choose(examples[example.selectedIndex], personas));
  run.addEventListener("click", () => (running ? running.abort() : execute(personas[persona.selectedIndex])));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !running) run.click();
  });
  if (examples.length) choose(examples[0], personas);
  showDocumentation(byId("documentation"), schema);
  document.body.dataset.ready = "true";
}

function fill(select, items, label, title) {
  const options = items.map((item) => Object.assign(new Option(label(item)), { title: title(item) }));
  select.replaceChildren(...options);
}

function choose(one, personas) {
  query.value = shown(one);
  variables.value = Object.keys(one.variables).length ? JSON.stringify(one.variables, null, 2) : "";
  const wanted = personas.findIndex((other) => other.persona === one.persona);
  if (wanted >= 0) persona.selectedIndex = wanted;
}

async function execute(asker) {
  running = new AbortController();
  run.textContent = "Stop";
  say("…", "");
  try {
    const request = { query: query.value, variables: parsed(variables, "Variables") };
    const sent = headersOf(asker, parsed(headers, "Headers"));
    if (/^\s*subscription\b/m.test(query.value)) await follow(request, sent);
    else await show(request, sent);
  } catch (error) {
    if (error.name === "AbortError") say("stopped", result.textContent);
    else say("failed", error.message);
  } finally {
    running = null;
    run.textContent = "Run";
  }
}

async function show(request, sent) {
  const answer = await ask(request, sent, running.signal);
  say(`HTTP ${answer.status}, ${Math.round(answer.milliseconds)} ms`, answer.result);
}

async function follow(request, sent) {
  let count = 0;
  say("waiting for events", "");
  for await (const answer of subscribe(request, sent, running.signal)) {
    count += 1;
    say(`event ${count}`, answer);
  }
  say(`ended after ${count}`, result.textContent);
}

function parsed(editor, name) {
  if (!editor.value.trim()) return {};
  try {
    return JSON.parse(editor.value);
  } catch (error) {
    editor.focus();
    throw new Error(`${name} are not JSON: ${error.message}`);
  }
}

function say(what, content) {
  status.textContent = what;
  result.replaceChildren(...(typeof content === "string" ? [content] : coloured(JSON.stringify(content, null, 2))));
}

function* coloured(text) {
  let end = 0;
  for (const found of text.matchAll(JSON_TOKEN)) {
    yield text.slice(end, found.index);
    end = found.index + found[0].length;
    const className = found[2] ? "key" : found[1] ? "text" : "word";
    yield Object.assign(document.createElement("span"), { className, textContent: found[0] });
  }
  yield text.slice(end);
}

begin();
