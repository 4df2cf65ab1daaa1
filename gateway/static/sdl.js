// Reads the text of a schema, as far as its documentation needs it.

const TOKEN = /"""((?:[^"\\]|\\"""|\\|"(?!""))*)"""|"((?:[^"\\\n]|\\.)*)"|([_A-Za-z]\w*|-?[0-9][\w.+-]*|\.\.\.|[!$&()[\]{}:=@|])|#[^\n]*/g;
const KINDS = new Set(["type", "interface", "input", "enum", "union", "scalar", "directive", "schema"]);

/** The types of a schema by name: `{name, kind, description, fields, values, members, interfaces}`. */
export function readSchema(text) {
  return new Reader(text).types();
}

class Reader {
  constructor(text) {
    this.tokens = [...text.matchAll(TOKEN)]
      .filter((found) => !found[0].startsWith("#"))
      .map((found) => ({ word: found[3], text: found[1] === undefined ? found[2] : unindented(found[1]) }));
    this.at = 0;
  }

  types() {
    const types = new Map();
    while (this.at < this.tokens.length) {
      const description = this.description();
      const kind = this.next();
      if (!KINDS.has(kind)) throw new Error(`unexpected ${kind}`);
      const type = this.definition(kind, description);
      if (type) types.set(type.name, type);
    }
    return types;
  }

  definition(kind, description) {
    if (kind === "schema") return this.skipBlock();
    if (kind === "directive") return this.skipDirective();
    const type = { kind, description, name: this.next(), fields: [], values: [], members: [], interfaces: [] };
    if (this.take("implements")) type.interfaces = this.separated("&");
    this.directives();
    if (kind === "union" && this.take("=")) type.members = this.separated("|");
    if (this.take("{")) {
      const items = kind === "enum" ? type.values : type.fields;
      while (!this.take("}")) items.push(kind === "enum" ? this.value() : this.field());
    }
    return type;
  }

  value() {
    const description = this.description();
    return { description, name: this.next(), ...this.directives() };
  }

  field() {
    const description = this.description();
    const field = { description, name: this.next(), args: [] };
    if (this.take("(")) while (!this.take(")")) field.args.push(this.field());
    this.take(":");
    field.type = this.type();
    if (this.take("=")) field.defaultValue = this.literal();
    return { ...field, ...this.directives() };
  }

  type() {
    let text = "";
    if (this.take("[")) {
      text = `[${this.type()}`;
      this.take("]");
      text += "]";
    } else text = this.next();
    return this.take("!") ? `${text}!` : text;
  }

  literal() {
    const first = this.tokens[this.at++];
    if (first.word === undefined) return JSON.stringify(first.text);
    const end = { "[": "]", "{": "}" }[first.word];
    if (!end) return first.word;
    const parts = [];
    while (!this.take(end)) {
      const part = this.literal();
      parts.push(this.take(":") ? `${part}: ${this.literal()}` : part);
    }
    return `${first.word}${parts.join(", ")}${end}`;
  }

  directives() {
    const told = {};
    while (this.take("@")) {
      const name = this.next();
      const args = {};
      if (this.take("("))
        while (!this.take(")")) {
          const argument = this.next();
          this.take(":");
          args[argument] = this.literal();
        }
      if (name === "deprecated") told.deprecated = JSON.parse(args.reason ?? '""') || "Deprecated.";
      if (name === "semanticNonNull") told.isSemanticNonNull = true;
    }
    return told;
  }

  skipBlock() {
    this.directives();
    if (this.take("{")) while (!this.take("}")) this.at++;
    return null;
  }

  skipDirective() {
    this.take("@");
    this.next();
    if (this.take("(")) while (!this.take(")")) this.field();
    this.take("repeatable");
    this.take("on");
    this.separated("|");
    return null;
  }

  separated(sign) {
    this.take(sign);
    const names = [this.next()];
    while (this.take(sign)) names.push(this.next());
    return names;
  }

  description() {
    const token = this.tokens[this.at];
    if (!token || token.word !== undefined) return "";
    this.at++;
    return token.text;
  }

  next() {
    return this.tokens[this.at++]?.word;
  }

  take(word) {
    const isThere = this.tokens[this.at]?.word === word;
    if (isThere) this.at++;
    return isThere;
  }
}

function unindented(block) {
  return block
    .replaceAll('\\"""', '"""')
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .trim();
}
