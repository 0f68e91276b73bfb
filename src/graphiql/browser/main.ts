import { createAuthorizedFetch } from './authorized-fetch.ts';
import { createAccountPlugin, type GraphiQLPlugin } from './panel.ts';
import { createSession } from './session.ts';
import { restoreTabs } from './tabs.ts';

/** What the build puts into the page. */
declare const pageOptions: { readonly title: string; readonly logo: string; readonly tabs: readonly string[] };

declare const window: {
  fetch: typeof fetch;
  readonly Date: { readonly now: () => number };
  readonly location: { readonly origin: string; readonly pathname: string };
  readonly localStorage: Parameters<typeof restoreTabs>[0];
  readonly document: { readonly querySelector: (selector: string) => object | null };
  readonly addEventListener: (type: 'pagehide', listener: (event: { readonly persisted: boolean }) => void) => void;
};

type GraphiQLProps = {
  readonly endpoint: string;
  readonly title: string;
  readonly logo: string;
  readonly defaultTabs: readonly { readonly query: string }[];
  readonly plugins: readonly GraphiQLPlugin[];
  readonly visiblePlugin: string;
  readonly shouldPersistHeaders: boolean;
  readonly onEditQuery: () => void;
};
declare const YogaGraphiQL: { readonly renderYogaGraphiQL: (root: object | null, props: GraphiQLProps) => void };

/** Puts session, panel and GraphiQL together. The page is served at the endpoint that it sends its requests to. */
const startGraphiQL = (): void => {
  const { origin, pathname } = window.location;
  const { now } = window.Date;
  const deps = { endpoint: origin + pathname, fetch: window.fetch.bind(window), now };
  const session = createSession(deps);
  window.fetch = createAuthorizedFetch(session, deps);
  // Once the page with its tokens is gone, nothing can use the session any more.
  window.addEventListener('pagehide', ({ persisted }) => {
    if (!persisted) session.signOut();
  });
  restoreTabs(window.localStorage);
  YogaGraphiQL.renderYogaGraphiQL(window.document.querySelector('#root'), {
    endpoint: pathname,
    title: pageOptions.title,
    logo: pageOptions.logo,
    defaultTabs: pageOptions.tabs.map((query) => ({ query })),
    plugins: [createAccountPlugin(session, now)],
    visiblePlugin: 'Account',
    shouldPersistHeaders: false,
    // The default writes each change into the address, and so into the browser's history.
    onEditQuery: () => {},
  });
};

startGraphiQL();
