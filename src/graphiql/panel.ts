/** Runs in the browser, where it is sent as source text: it may use nothing but its arguments and what browsers offer. */
import type { Account, Failure, SignedIn, State } from './account.ts';

/** The little of React and of the document that the panel uses. */
type Element = object;
type Child = Element | string | false | null;
type Component = (props: never) => Element;
type Field = { value: string; readonly focus: () => void };
type SubmitEvent = {
  readonly preventDefault: () => void;
  readonly currentTarget: { readonly elements: { readonly namedItem: (name: string) => Field | null } };
};
export type React = {
  readonly createElement: (type: string | Component, props: object | null, ...children: Child[]) => Element;
  readonly useState: <Value>(initial: Value) => [Value, (next: Value) => void];
  readonly useEffect: (effect: () => () => void, dependencies: readonly unknown[]) => void;
  readonly useSyncExternalStore: <Value>(subscribe: Account['subscribe'], snapshot: () => Value) => Value;
};
type Plugin = { readonly title: string; readonly icon: Component; readonly content: Component };

type PluginOptions = { readonly React: React; readonly account: Account; readonly now: () => number };

/** The panel: a GraphiQL plugin with forms to sign in and up, and a view of who is signed in. */
export const createAccountPlugin = ({ React, account, now }: PluginOptions): Plugin => {
  const { createElement: h, useState, useEffect, useSyncExternalStore } = React;
  const useAccount = (): State => useSyncExternalStore(account.subscribe, account.state);

  const Icon = () => {
    const isSignedIn = useAccount().kind === 'signed-in';
    const stroke = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.5, strokeLinecap: 'round' };
    return h(
      'svg',
      { viewBox: '0 0 20 20', 'aria-hidden': true, ...stroke },
      h('circle', { cx: 10, cy: 6.5, r: 4 }),
      h('path', { d: 'M2.5 18.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6' }),
      isSignedIn && h('circle', { cx: 16.5, cy: 3.5, r: 3.5, fill: 'hsl(var(--color-success))', stroke: 'none' }),
    );
  };

  const Input = ({ label, optional, ...input }: { label: string; optional?: boolean; name: string }) =>
    h(
      'label',
      null,
      h('span', null, label, optional ? h('span', { className: 'fg-optional' }, ' (optional)') : null),
      h('input', { required: !optional, spellCheck: false, autoCapitalize: 'none', ...input }),
    );

  const SignedOutView = ({ notice }: { notice: string | null }) => {
    const [isNew, setIsNew] = useState(false);
    const [isBusy, setIsBusy] = useState(false);
    const [failure, setFailure] = useState<Failure | null>(null);

    const choose = (next: boolean) => () => {
      setIsNew(next);
      setFailure(null);
    };
    const submit = async (event: SubmitEvent): Promise<void> => {
      event.preventDefault();
      const { elements } = event.currentTarget;
      const value = (name: string): string => elements.namedItem(name)?.value ?? '';
      setIsBusy(true);
      const outcome = isNew
        ? await account.signUp(value('email'), value('password'), value('name'))
        : await account.signIn(value('email'), value('password'));
      if (!outcome) return;
      setIsBusy(false);
      setFailure(outcome);
      elements.namedItem(outcome.field ?? 'password')?.focus();
    };

    const problem = failure?.message ?? notice;
    const invalid = (name: string) => ({ 'aria-invalid': failure?.field === name, 'aria-describedby': 'fg-problem' });
    const choice = (label: string, value: boolean) =>
      h(
        'button',
        {
          type: 'button',
          className: `graphiql-button${isNew === value ? ' active' : ''}`,
          'aria-pressed': isNew === value,
          onClick: choose(value),
        },
        label,
      );

    return h(
      'section',
      { className: 'fg-account', 'aria-label': 'Account' },
      h('h2', null, 'Account'),
      h(
        'p',
        null,
        'Sign in to run queries as yourself. The access token is sent along with each request and renewed when it expires.',
      ),
      h(
        'div',
        { className: 'graphiql-button-group', role: 'group', 'aria-label': 'Have an account or make one' },
        choice('Have an account', false),
        choice('New here', true),
      ),
      h(
        'form',
        { onSubmit: submit },
        h(Input, { label: 'Email', name: 'email', type: 'email', autoComplete: 'username', ...invalid('email') }),
        isNew && h(Input, { label: 'Name', name: 'name', optional: true, autoComplete: 'name', ...invalid('name') }),
        h(Input, {
          label: 'Password',
          name: 'password',
          type: 'password',
          autoComplete: isNew ? 'new-password' : 'current-password',
          ...invalid('password'),
        }),
        h('div', { id: 'fg-problem', role: 'alert' }, problem),
        h(
          'button',
          { type: 'submit', className: 'graphiql-button fg-primary', disabled: isBusy },
          isNew ? 'Sign up' : 'Sign in',
        ),
      ),
      h(
        'p',
        { className: 'fg-note' },
        'Passwords go from this form to the server and noClient else: neither the editor nor the history sees them.',
      ),
    );
  };

  const Expiry = ({ expiresAtMs, lifetimeMs }: SignedIn) => {
    const [time, setTime] = useState(now());
    useEffect(() => {
      const timer = setInterval(() => setTime(now()), 1000);
      return () => clearInterval(timer);
    }, []);
    const seconds = Math.max(0, Math.ceil((expiresAtMs - time) / 1000));
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    return h(
      'div',
      { className: 'fg-token' },
      h(
        'div',
        null,
        h('span', null, seconds > 0 ? 'Access token expires in' : 'Access token expired'),
        h(
          'time',
          { dateTime: new Date(expiresAtMs).toISOString(), title: new Date(expiresAtMs).toLocaleString() },
          seconds > 0 ? clock : 'renewed on use',
        ),
      ),
      h('progress', { 'aria-hidden': true, max: lifetimeMs, value: seconds * 1000 }),
    );
  };

  const SignedInView = (state: SignedIn) => {
    const [isBusy, setIsBusy] = useState(false);
    const { name, email, role } = state.user;
    const title = name ?? email ?? 'Signed in';
    const renew = async (): Promise<void> => {
      setIsBusy(true);
      await account.refresh();
      setIsBusy(false);
    };
    return h(
      'section',
      { className: 'fg-account', 'aria-label': 'Account' },
      h('h2', null, 'Account'),
      h(
        'div',
        { className: 'fg-person', role: 'status', 'aria-label': `Signed in as ${email ?? title}` },
        h('span', { className: 'fg-initial', 'aria-hidden': true }, title.slice(0, 1)),
        h('div', { className: 'fg-names' }, h('strong', null, title), name !== null && h('span', null, email)),
        role !== null && h('span', { className: 'fg-role', title: 'Role' }, role),
      ),
      h(Expiry, state),
      h(
        'div',
        { className: 'fg-actions' },
        h('button', { type: 'button', className: 'graphiql-button', disabled: isBusy, onClick: renew }, 'Renew now'),
        h('button', { type: 'button', className: 'graphiql-button', onClick: account.signOut }, 'Sign out'),
      ),
      h(
        'p',
        { className: 'fg-note' },
        'Tokens are kept in memory only: loading the page anew signs you out. An ',
        h('code', null, 'Authorization'),
        ' of your own in the Headers tab takes precedence.',
      ),
    );
  };

  const Panel = () => {
    const state = useAccount();
    return state.kind === 'signed-in' ? h(SignedInView, state) : h(SignedOutView, { notice: state.notice });
  };

  return { title: 'Account', icon: Icon, content: Panel };
};
