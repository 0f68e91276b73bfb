import { createElement, type Element, useEffect, useState } from './react.ts';
import type { Session, SignedIn } from './session.ts';

type SignedInProps = { readonly session: Session; readonly state: SignedIn; readonly now: () => number };

/** Shown while somebody is signed in: who it is, and when the access token expires. */
export const SignedInView = ({ session, state, now }: SignedInProps): Element => {
  const [isBusy, setIsBusy] = useState(false);
  const renew = async (): Promise<void> => {
    setIsBusy(true);
    await session.refresh();
    setIsBusy(false);
  };
  const button = (label: string, props: object): Element =>
    createElement('button', { type: 'button', className: 'graphiql-button', ...props }, label);
  return createElement(
    'section',
    { className: 'fg-account', 'aria-label': 'Account' },
    createElement('h2', null, 'Account'),
    createElement(Person, { user: state.user }),
    createElement(Expiry, { state, now }),
    createElement(
      'div',
      { className: 'fg-actions' },
      button('Renew now', { disabled: isBusy, onClick: renew }),
      button('Sign out', { onClick: session.signOut }),
    ),
    createElement(
      'p',
      { className: 'fg-note' },
      'Tokens are kept in memory only: reloading the page signs you out. An ',
      createElement('code', null, 'Authorization'),
      ' header in the Headers tab takes precedence.',
    ),
  );
};

const Person = ({ user: { name, email, role } }: { user: SignedIn['user'] }): Element => {
  const title = name ?? email ?? 'Signed in';
  return createElement(
    'div',
    { className: 'fg-person', role: 'status', 'aria-label': `Signed in as ${email ?? title}` },
    createElement('span', { className: 'fg-initial', 'aria-hidden': true }, title.slice(0, 1)),
    createElement(
      'div',
      { className: 'fg-names' },
      createElement('strong', null, title),
      name !== null && createElement('span', null, email),
    ),
    role !== null && createElement('span', { className: 'fg-role', title: 'Role' }, role),
  );
};

const Expiry = ({ state: { expiresAtMs, lifetimeMs }, now }: Omit<SignedInProps, 'session'>): Element => {
  const [time, setTime] = useState(now());
  useEffect(() => {
    const timer = setInterval(() => setTime(now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((expiresAtMs - time) / 1000));
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  const expiresAt = new Date(expiresAtMs);
  return createElement(
    'div',
    { className: 'fg-token' },
    createElement(
      'div',
      null,
      createElement('span', null, seconds > 0 ? 'Access token expires in' : 'Access token expired'),
      createElement(
        'time',
        { dateTime: expiresAt.toISOString(), title: expiresAt.toLocaleString() },
        seconds > 0 ? clock : 'renewed on use',
      ),
    ),
    createElement('progress', { 'aria-hidden': true, max: lifetimeMs, value: seconds * 1000 }),
  );
};
