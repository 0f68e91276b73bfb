type Storage = {
  readonly getItem: (key: string) => string | null;
  readonly setItem: (key: string, value: string) => void;
};

type Tab = { query?: string | null; variables?: string | null };

/**
 * Makes GraphiQL open the last tab when the page is loaded again. It looks for a tab with the query that was edited last, and where it
 * finds none, because it saves that at another moment than the tabs or never yet, it opens one more in front.
 */
export const restoreTabs = (storage: Storage): void => {
  const keys = { tabs: 'graphiql:tabState', query: 'graphiql:query', variables: 'graphiql:variables' };
  const saved = parseTabs(storage.getItem(keys.tabs));
  const active = saved?.tabs[saved.activeTabIndex];
  if (!saved || !active) return;
  const [query, variables] = [storage.getItem(keys.query), storage.getItem(keys.variables)];
  if (query === null) {
    storage.setItem(keys.query, active.query ?? '');
    storage.setItem(keys.variables, active.variables ?? '');
  } else if (!saved.tabs.some((tab) => (tab.query ?? '') === query && (tab.variables ?? '') === (variables ?? ''))) {
    active.query = query;
    active.variables = variables;
    storage.setItem(keys.tabs, JSON.stringify(saved));
  }
};

const parseTabs = (text: string | null): { readonly tabs: Tab[]; readonly activeTabIndex: number } | null => {
  try {
    const state = JSON.parse(text ?? 'null');
    return Array.isArray(state?.tabs) ? state : null;
  } catch {
    return null;
  }
};
