// graphql-codegen as a frontend sets it up: the schema from the server, with a token, and our documents.

import * as demo from "./demo.js";

export default {
  schema: [{ [demo.url]: { headers: demo.headersOf("csm") } }],
  documents: "operations/*.graphql",
  generates: { "types/": { preset: "client", config: { useTypeImports: true } } },
};
