/** The styles that the page adds to GraphiQL. Sizes and colours are GraphiQL's own variables, so they fit light and dark. */

const gateIcon = (size: number, colours: { readonly posts: string; readonly bars: string }): string =>
  `<svg xmlns='http://www.w3.org/2000/svg' width='${size}' height='${size}' viewBox='0 0 32 32' fill='none' stroke-linecap='round' stroke-width='2.6'>` +
  `<path stroke='${colours.bars}' d='M5 12h22M5 18h22M5 24h22M6 24 26 12'/><path stroke='${colours.posts}' d='M5 6v22M27 6v22'/></svg>`;

export const logo = gateIcon(28, { posts: 'hsl(var(--color-primary))', bars: 'hsla(var(--color-neutral), .55)' });

export const favicon = `data:image/svg+xml,${encodeURIComponent(gateIcon(32, { posts: '#d60590', bars: '#7b8aa5' }))}`;

export const styles = `
html, body, #root { height: 100%; }
.fg-account { max-width: 26rem; }
.fg-account h2 { margin: 0; font-size: var(--font-size-h2); font-weight: var(--font-weight-medium); line-height: 1.3; }
.fg-account p { margin: var(--px-8) 0 0; color: hsla(var(--color-neutral), var(--alpha-secondary)); }
.fg-account form { display: grid; gap: var(--px-16); margin-top: var(--px-20); }
.fg-account label { display: grid; gap: var(--px-6); font-weight: var(--font-weight-medium); }
.fg-account .fg-hint { font-size: var(--font-size-inline-code); }
.fg-account :is(.fg-optional, .fg-hint) { font-weight: var(--font-weight-regular); color: hsla(var(--color-neutral), var(--alpha-secondary)); }
.graphiql-container .fg-account input {
  width: 100%; padding: var(--px-10) var(--px-12); font-size: var(--font-size-body); line-height: 1.4;
  color: hsl(var(--color-neutral)); background: hsla(var(--color-neutral), var(--alpha-background-light));
  border: 1px solid hsla(var(--color-neutral), var(--alpha-background-heavy)); border-radius: var(--border-radius-8);
}
.fg-account input:hover { border-color: hsla(var(--color-neutral), var(--alpha-tertiary)); }
.fg-account input[aria-invalid=true] { border-color: hsl(var(--color-error)); }
.fg-account :is(input, button):focus-visible { outline: 2px solid hsl(var(--color-secondary)); outline-offset: 1px; }
.fg-account button { font-family: inherit; font-weight: var(--font-weight-medium); }
.fg-account button:disabled { opacity: .6; cursor: progress; }
.graphiql-container .fg-account .fg-primary {
  padding: var(--px-10) var(--px-16); color: hsl(var(--color-base)); background: hsl(var(--color-primary)); border-radius: var(--border-radius-8);
}
.graphiql-container .fg-account .fg-primary:hover { background: hsla(var(--color-primary), .88); }
.fg-account .graphiql-button-group { margin-top: var(--px-20); }
.fg-account .graphiql-button-group > button { flex: 1; }
.fg-account [role=alert]:empty { display: none; }
.fg-account [role=alert]:not(:empty) {
  padding: var(--px-10) var(--px-12); color: hsl(var(--color-error)); background: hsla(var(--color-error), var(--alpha-background-medium));
  border-radius: var(--border-radius-8);
}
.fg-account .fg-person { display: flex; align-items: center; gap: var(--px-12); margin-top: var(--px-20); }
.fg-account .fg-initial {
  flex: none; display: grid; place-items: center; width: 44px; height: 44px; border-radius: 50%; text-transform: uppercase;
  font-size: var(--font-size-h4); font-weight: var(--font-weight-medium); color: hsl(var(--color-base)); background: hsl(var(--color-secondary));
}
.fg-account .fg-names { min-width: 0; flex: 1; }
.fg-account .fg-names > * { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.fg-account .fg-names strong { display: block; font-weight: var(--font-weight-medium); }
.fg-account .fg-names span { display: block; color: hsla(var(--color-neutral), var(--alpha-secondary)); font-size: var(--font-size-inline-code); }
.fg-account .fg-role {
  flex: none; padding: var(--px-2) var(--px-8); font: var(--font-size-hint) var(--font-family-mono); color: hsl(var(--color-secondary));
  background: hsla(var(--color-secondary), var(--alpha-background-heavy)); border-radius: var(--border-radius-4);
}
.fg-account .fg-token {
  margin-top: var(--px-20); padding: var(--px-12) var(--px-16); border-radius: var(--border-radius-8);
  background: hsla(var(--color-neutral), var(--alpha-background-light));
}
.fg-account .fg-token > div { display: flex; justify-content: space-between; gap: var(--px-12); }
.fg-account .fg-token time { font-family: var(--font-family-mono); font-variant-numeric: tabular-nums; }
.fg-account progress {
  appearance: none; display: block; width: 100%; height: 4px; margin-top: var(--px-10); border: 0; border-radius: 2px; overflow: hidden;
  background: hsla(var(--color-neutral), var(--alpha-background-heavy));
}
.fg-account progress::-webkit-progress-bar { background: none; }
.fg-account progress::-webkit-progress-value { background: hsl(var(--color-success)); border-radius: 2px; }
.fg-account progress::-moz-progress-bar { background: hsl(var(--color-success)); border-radius: 2px; }
.fg-account .fg-actions { display: flex; gap: var(--px-8); margin-top: var(--px-20); }
.fg-account .fg-actions button { flex: 1; }
.fg-account .fg-note { margin-top: var(--px-20); font-size: var(--font-size-inline-code); }
.fg-account code { font-family: var(--font-family-mono); font-size: .9em; }
`;
