// The panel that explains the schema: a search, the types, and for one type its fields.

import { readSchema } from "./sdl.js";

const ROOTS = ["Query", "Mutation", "Subscription"];
const MOST_FOUND = 60;

/** Fills the panel from the schema's text. */
export function showDocumentation(panel, text) {
  const types = readSchema(text);
  const search = panel.querySelector("input");
  const content = panel.querySelector(".documentation-content");
  const show = (...nodes) => {
    content.replaceChildren(...nodes);
    content.scrollTop = 0;
  };
  const open = (name) => {
    search.value = "";
    show(...describe(types.get(name), types, open));
    content.querySelector("h3").focus();
  };
  const overview = () => show(...describeRoots(types, open));
  search.addEventListener("input", () =>
    search.value.trim() ? show(found(types, search.value.trim(), open)) : overview(),
  );
  panel.querySelector("button").addEventListener("click", () => {
    search.value = "";
    overview();
  });
  overview();
}

function describeRoots(types, open) {
  const rest = [...types.keys()].filter((name) => !ROOTS.includes(name)).sort();
  return [
    list(ROOTS.filter((name) => types.has(name)), (name) => [link(name, open)]),
    element("h3", {}, "All types"),
    list(rest, (name) => [link(name, open)]),
  ];
}

function describe(type, types, open) {
  const heading = element("h3", { tabIndex: -1 }, element("code", {}, `${type.kind} ${type.name}`));
  const parts = [heading, ...paragraph(type.description)];
  if (type.interfaces.length) parts.push(names("Implements", type.interfaces, open));
  if (type.members.length) parts.push(names("One of", type.members, open));
  const owners = [...types.values()].filter((other) => other.interfaces.includes(type.name));
  if (owners.length) parts.push(names("Implemented by", owners.map((owner) => owner.name), open));
  if (type.fields.length) parts.push(list(type.fields, (field) => describeField(field, types, open)));
  if (type.values.length)
    parts.push(list(type.values, (value) => [element("code", {}, value.name), ...remarks(value)]));
  return parts;
}

function describeField(field, types, open) {
  const signature = element("code", {}, field.name);
  if (field.args.length) {
    const args = field.args.flatMap((argument) => [
      `\n  ${argument.name}: `,
      ...typeLink(argument.type, types, open),
      argument.defaultValue === undefined ? "" : ` = ${argument.defaultValue}`,
    ]);
    signature.append("(", ...args, "\n)");
  }
  signature.append(": ", ...typeLink(field.type, types, open));
  const told = field.args.filter((argument) => argument.description);
  const explained = list(told, (argument) => [element("code", {}, argument.name), ` ${argument.description}`]);
  return [signature, ...remarks(field), ...(told.length ? [explained] : [])];
}

function remarks(item) {
  return [
    ...paragraph(item.description),
    ...(item.isSemanticNonNull ? paragraph("Null only with an error.", "faint") : []),
    ...(item.deprecated ? paragraph(`Deprecated: ${item.deprecated}`, "fault") : []),
  ];
}

function found(types, text, open) {
  const wanted = text.toLowerCase();
  const hits = [];
  for (const type of types.values()) {
    if (type.name.toLowerCase().includes(wanted)) hits.push([type.name, type.name]);
    for (const field of [...type.fields, ...type.values])
      if (field.name.toLowerCase().includes(wanted)) hits.push([`${type.name}.${field.name}`, type.name]);
  }
  if (!hits.length) return element("p", { className: "faint" }, `Nothing is called “${text}”.`);
  return list(hits.slice(0, MOST_FOUND), ([label, name]) => [link(name, open, label)]);
}

function names(label, types, open) {
  return element("p", {}, `${label} `, ...types.flatMap((name, at) => [at ? ", " : "", link(name, open)]));
}

function typeLink(type, types, open) {
  const [, before, name, after] = /^([[]*)(\w+)(.*)$/.exec(type);
  return [before, types.has(name) ? link(name, open) : name, after];
}

function link(name, open, label = name) {
  const button = element("button", { type: "button", className: "link" }, label);
  button.addEventListener("click", () => open(name));
  return button;
}

function list(items, describeItem) {
  return element("ul", {}, ...items.map((item) => element("li", {}, ...describeItem(item))));
}

function paragraph(text, className = "") {
  return text ? [element("p", { className }, text)] : [];
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
