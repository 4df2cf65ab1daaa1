// GraphiQL with our examples and, in development, a choice of whom to ask as.

import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./style.css";

import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { GraphiQL } from "graphiql";
import { buildSchema } from "graphql";
import { useState } from "react";
import { createRoot } from "react-dom/client";

import { loadExamples, loadPersonas, loadSchema, personaOf, shown, withIds } from "../static/graph.js";
import { examplesPlugin } from "./examples.jsx";
import { fetcherFor } from "./fetcher.js";
import { Brand } from "./brand.jsx";

const TABS = 6;

function Page({ personas, tabs, schema, plugins, asker, fetcher }) {
  const [chosen, choose] = useState(personas[0]);
  asker.current = chosen;
  const follow = ({ tabs: open, activeTabIndex }) => {
    const { id, query } = open[activeTabIndex];
    const wanted = personas.find((persona) => persona.persona === personaOf(query));
    const told = `${id} ${wanted?.persona}`;
    if (wanted && told !== asker.told) choose(wanted);
    asker.told = told;
  };
  return (
    <GraphiQL fetcher={fetcher} schema={schema} plugins={plugins} defaultTabs={tabs} onTabChange={follow}>
      <GraphiQL.Logo>
        <Brand personas={personas} chosen={chosen} onChoose={choose} />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

function tabOf(example) {
  const hasVariables = Object.keys(example.variables).length > 0;
  return { query: shown(example), variables: hasVariables ? JSON.stringify(example.variables, null, 2) : "" };
}

async function begin() {
  const [personas, found, text] = await Promise.all([loadPersonas(), loadExamples(), loadSchema()]);
  const examples = await withIds(found, personas);
  const tabs = examples.filter((example) => example.kind === "query").slice(0, TABS);
  const first = personas.find((persona) => persona.persona === tabs[0]?.persona);
  const asker = { current: null, told: null };
  createRoot(document.getElementById("page")).render(
    <Page
      personas={first ? [first, ...personas.filter((persona) => persona !== first)] : personas}
      tabs={tabs.length ? tabs.map(tabOf) : undefined}
      schema={buildSchema(text)}
      plugins={[examplesPlugin(examples.map((example) => ({ ...example, ...tabOf(example) }))), HISTORY_PLUGIN]}
      asker={asker}
      fetcher={fetcherFor(asker)}
    />,
  );
}

begin();
