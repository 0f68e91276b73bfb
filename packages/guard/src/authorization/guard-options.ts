import { requireOurGraphQL } from './copies.ts';
import type { Decision } from './decision.ts';
import { tellFault } from './faults.ts';
import type { FieldGuardOptions } from './field-guard.ts';
import type { GuardMode } from './report.ts';

export type GuardOptions = FieldGuardOptions & {
  /**
   * Every value of the role enum once, from the least role to the greatest: each has the rights of those before it. Needed if a
   * rule asks for a role.
   */
  readonly roles?: readonly string[];
  /**
   * Whether denials name what would be needed (a role, scopes, a policy) and the coordinate of the rule to the caller. Default: false;
   * `onDenied` and `onDecision` get it as the `cause` of the error.
   */
  readonly exposeRequired?: boolean;
  /** Returns the milliseconds since 1970, for `maxAge`. Default: `Date.now`. */
  readonly clock?: () => number;
  /** Is told at the start where a denied object takes more with it than itself. Default: `console.warn`. */
  readonly onWarning?: (warning: string) => void;
  /**
   * `report`: nothing is enforced, not even a rule that was enforced before. Each rule is asked, and `onDenied`, which is then needed,
   * is told with `enforced: false` of what it would deny. Root fields without a rule are public. Default: `enforce`.
   */
  readonly mode?: GuardMode;
  /** Is told each decision about an operation, by whichever gate. What it throws or rejects with goes to `onFault`. */
  readonly onDecision?: (decision: Decision, context: unknown) => void;
};

const optionNames: readonly string[] = [
  ...['roles', 'policies', 'mode', 'exposeRequired', 'policyTimeoutMs', 'clock'],
  ...['onDecision', 'onDenied', 'onFault', 'onWarning'],
];

/** Throws TypeError with a sentence for options that are missing or wrong, when the schema is guarded and not at the first request. */
export const checkGuardOptions = (schema: unknown, options: GuardOptions): void => {
  requireOurGraphQL(schema);
  if (typeof options !== 'object' || options === null) refuse('the options must be an object.');
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const name of Object.keys(given)) {
    if (!optionNames.includes(name)) refuse(`there is no option ${name}. There are ${optionNames.join(', ')}.`);
  }
  for (const name of ['clock', 'onDecision', 'onDenied', 'onFault', 'onWarning']) {
    if (given[name] !== undefined && typeof given[name] !== 'function') refuse(`${name} must be a function.`);
  }
  if (![undefined, true, false].includes(options.exposeRequired)) refuse('exposeRequired must be true or false.');
  checkPolicies(options.policies);
  checkMode(options);
};

const refuse = (sentence: string): never => {
  throw new TypeError(`guardSchema: ${sentence}`);
};

const checkPolicies = (policies: unknown): void => {
  if (policies === undefined) return;
  if (typeof policies !== 'object' || policies === null || Array.isArray(policies) || policies instanceof Map) {
    refuse('policies must be an object with a function for each name.');
  }
  for (const [name, policy] of Object.entries(Object(policies))) {
    if (typeof policy !== 'function') refuse(`the policy ${name} must be a function.`);
  }
};

const checkMode = ({ mode, onDenied, onFault }: GuardOptions): void => {
  if (mode === undefined || mode === 'enforce') return;
  if (mode !== 'report') refuse("mode is 'enforce' or 'report'.");
  if (onDenied === undefined) refuse("mode 'report' needs onDenied, or nobody would know what the rules deny.");
  tellFault(onFault, { message: reportMode }, undefined);
};

const reportMode =
  "the rules of a schema are not enforced, because of mode: 'report'. onDenied is told what they would deny.";
