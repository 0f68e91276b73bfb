import { type Component, createElement, type Element, useSyncExternalStore } from './react.ts';
import type { Session } from './session.ts';
import { SignInView } from './sign-in-form.ts';
import { SignedInView } from './signed-in-view.ts';

export type GraphiQLPlugin = { readonly title: string; readonly icon: Component; readonly content: Component };

/** Returns the Account panel as a GraphiQL plugin: forms to sign in and up, and a view of who is signed in. */
export const createAccountPlugin = (session: Session, now: () => number): GraphiQLPlugin => {
  const useSession = () => useSyncExternalStore(session.subscribe, session.state);
  const Icon = (): Element => createElement(AccountIcon, { isSignedIn: useSession().kind === 'signed-in' });
  const Panel = (): Element => {
    const state = useSession();
    return state.kind === 'signed-in'
      ? createElement(SignedInView, { session, state, now })
      : createElement(SignInView, { session, notice: state.notice });
  };
  return { title: 'Account', icon: Icon, content: Panel };
};

const AccountIcon = ({ isSignedIn }: { isSignedIn: boolean }): Element => {
  const stroke = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.5, strokeLinecap: 'round' };
  const dot = { cx: 16.5, cy: 3.5, r: 3.5, fill: 'hsl(var(--color-success))', stroke: 'none' };
  return createElement(
    'svg',
    { viewBox: '0 0 20 20', 'aria-hidden': true, ...stroke },
    createElement('circle', { cx: 10, cy: 6.5, r: 4 }),
    createElement('path', { d: 'M2.5 18.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6' }),
    isSignedIn && createElement('circle', dot),
  );
};
