// A panel of GraphiQL that lists the documents to start from.

import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";

/** The panel for some examples, each with the `query` and `variables` of a tab. */
export function examplesPlugin(examples) {
  return { title: "Examples", icon: Icon, content: () => <Examples examples={examples} /> };
}

function Examples({ examples }) {
  const { addTab } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const open = (example) => {
    addTab();
    queryEditor.setValue(example.query);
    variableEditor.setValue(example.variables);
    queryEditor.focus();
  };
  return (
    <section aria-label="Examples" className="tabard-examples">
      <div className="graphiql-doc-explorer-title">Examples</div>
      <p>Documents that frontends start from. Each opens in a tab of its own.</p>
      <ul>
        {examples.map((example) => (
          <li key={example.name}>
            <button type="button" disabled={!queryEditor || !variableEditor} onClick={() => open(example)}>
              <strong>{example.name}</strong>
              <span>{example.title}</span>
              <small>
                {example.kind} as {example.persona}
              </small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M5 3h10l4 4v14H5z M15 3v4h4 M8.5 12h7 M8.5 16h5" />
    </svg>
  );
}
