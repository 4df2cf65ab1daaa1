// Whose page this is, and whom it asks as.

/** The name, and in development the personas to choose from. */
export function Brand({ personas, chosen, onChoose }) {
  const onChange = (event) => onChoose(personas[event.target.selectedIndex]);
  return (
    <div className="tabard">
      {chosen && (
        <label title={`${chosen.name} sees ${chosen.sees}`}>
          Ask as{" "}
          <select id="persona" value={`${chosen.portal}/${chosen.persona}`} onChange={onChange}>
            {personas.map((persona) => (
              <option key={`${persona.portal}/${persona.persona}`} value={`${persona.portal}/${persona.persona}`}>
                {persona.persona} ({persona.name})
              </option>
            ))}
          </select>
        </label>
      )}
      <a href="/" aria-label="Tabard">
        <img src="/graphiql/static/icon.svg" alt="" />
      </a>
    </div>
  );
}
