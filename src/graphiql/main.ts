/** Runs in the browser, where it is sent as source text: it may use nothing but its arguments and what browsers offer. */
import type { createAccount } from './account.ts';
import type { createAccountPlugin, React } from './panel.ts';

type StartOptions = {
  readonly page: {
    fetch: typeof fetch;
    readonly React: React;
    readonly Date: { readonly now: () => number };
    readonly location: { readonly href: string };
    readonly document: { readonly querySelector: (selector: string) => object | null };
    readonly addEventListener: (type: 'pagehide', listener: (event: { readonly persisted: boolean }) => void) => void;
  };
  readonly graphiql: { readonly renderYogaGraphiQL: (root: object | null, props: object) => void };
  readonly createAccount: typeof createAccount;
  readonly createAccountPlugin: typeof createAccountPlugin;
  readonly options: {
    readonly endpoint: string;
    readonly title: string;
    readonly logo: string;
    readonly tabs: readonly string[];
  };
};

/** Puts account, panel and GraphiQL together. */
export const startGraphiQL = ({ page, graphiql, createAccount, createAccountPlugin, options }: StartOptions): void => {
  const { now } = page.Date;
  const account = createAccount({
    endpoint: new URL(options.endpoint, page.location.href).href,
    send: page.fetch.bind(page),
    now,
  });
  page.fetch = account.fetch;
  // Nobody can reach the session any more once the page with its tokens is gone.
  page.addEventListener('pagehide', ({ persisted }) => {
    if (!persisted) account.signOut();
  });
  graphiql.renderYogaGraphiQL(page.document.querySelector('#root'), {
    endpoint: options.endpoint,
    title: options.title,
    logo: options.logo,
    defaultTabs: options.tabs.map((query) => ({ query })),
    plugins: [createAccountPlugin({ React: page.React, account, now })],
    visiblePlugin: 'Account',
    shouldPersistHeaders: false,
    // Yoga writes each keystroke into the address, and so into the browser's history.
    onEditQuery: () => {},
  });
};
