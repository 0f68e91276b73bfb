import { createElement, type Element, useState } from './react.ts';
import type { Failure, Session } from './session.ts';

type Field = { value: string; readonly focus: () => void };
type SubmitEvent = {
  readonly preventDefault: () => void;
  readonly currentTarget: { readonly elements: { readonly namedItem: (name: string) => Field | null } };
};
type Submit = (event: SubmitEvent) => Promise<void>;

/** Shown while nobody is signed in. `notice`: why the session has ended. */
export const SignInView = ({ session, notice }: { session: Session; notice: string | null }): Element => {
  const [isNew, setIsNew] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);

  const choose = (next: boolean): void => {
    setIsNew(next);
    setFailure(null);
  };
  const submit: Submit = async (event) => {
    event.preventDefault();
    const { elements } = event.currentTarget;
    const value = (name: string): string => elements.namedItem(name)?.value ?? '';
    setIsBusy(true);
    const outcome = isNew
      ? await session.signUp(value('email'), value('password'), value('name'))
      : await session.signIn(value('email'), value('password'));
    if (!outcome) return;
    setIsBusy(false);
    setFailure(outcome);
    elements.namedItem(outcome.field ?? 'password')?.focus();
  };

  return createElement(
    'section',
    { className: 'fg-account', 'aria-label': 'Account' },
    createElement('h2', null, 'Account'),
    createElement('p', null, signInIntroduction),
    createElement(AccountChoice, { isNew, choose }),
    createElement(SignInForm, { isNew, isBusy, failure, problem: failure?.message ?? notice, submit }),
    createElement('p', { className: 'fg-note' }, passwordNote),
  );
};

const signInIntroduction =
  'Sign in to run queries as yourself. The access token is sent along with each request and renewed when it expires.';
const passwordHint = 'At least 15 characters, unless this server is set otherwise. A few unrelated words will do.';
const passwordNote =
  'Passwords go from this form to the server and nowhere else: neither the editor nor the history sees them.';

const AccountChoice = ({ isNew, choose }: { isNew: boolean; choose: (isNew: boolean) => void }): Element => {
  const choice = (label: string, value: boolean): Element => {
    const className = `graphiql-button${isNew === value ? ' active' : ''}`;
    const onClick = () => choose(value);
    return createElement('button', { type: 'button', className, 'aria-pressed': isNew === value, onClick }, label);
  };
  return createElement(
    'div',
    { className: 'graphiql-button-group', role: 'group', 'aria-label': 'Have an account or make one' },
    choice('Have an account', false),
    choice('New here', true),
  );
};

type SignInFormProps = {
  readonly isNew: boolean;
  readonly isBusy: boolean;
  readonly failure: Failure | null;
  readonly problem: string | null;
  readonly submit: Submit;
};

const SignInForm = ({ isNew, isBusy, failure, problem, submit }: SignInFormProps): Element => {
  const field = (name: string, props: Omit<FieldProps, 'name'>): Element =>
    createElement(FormField, {
      ...{ name, 'aria-invalid': failure?.field === name, 'aria-describedby': 'fg-problem' },
      ...props,
    });
  const autoComplete = isNew ? 'new-password' : 'current-password';
  return createElement(
    'form',
    { onSubmit: submit },
    field('email', { label: 'Email', type: 'email', autoComplete: 'username' }),
    isNew && field('name', { label: 'Name', optional: true, autoComplete: 'name' }),
    field('password', { label: 'Password', type: 'password', autoComplete, hint: isNew ? passwordHint : null }),
    createElement('div', { id: 'fg-problem', role: 'alert' }, problem),
    createElement(
      'button',
      { type: 'submit', className: 'graphiql-button fg-primary', disabled: isBusy },
      isNew ? 'Sign up' : 'Sign in',
    ),
  );
};

type FieldProps = {
  readonly name: string;
  readonly label: string;
  readonly optional?: boolean;
  /** Shown from the start, so that nobody learns it by a refusal. */
  readonly hint?: string | null;
  readonly type?: string;
  readonly autoComplete: string;
};

const FormField = ({ label, optional = false, hint = null, ...input }: FieldProps): Element =>
  createElement(
    'label',
    null,
    createElement('span', null, label, optional && createElement('span', { className: 'fg-optional' }, ' (optional)')),
    createElement('input', { required: !optional, spellCheck: false, autoCapitalize: 'none', ...input }),
    hint && createElement('span', { className: 'fg-hint' }, hint),
  );
