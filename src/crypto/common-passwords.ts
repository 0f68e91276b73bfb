import { createPasswordPolicy, type PasswordOwner, type PasswordRejection } from '../domain/password-policy.ts';

/** Resolves with the reason why a new password is rejected, or null. */
export type PasswordCheck = (password: string, owner: PasswordOwner) => Promise<PasswordRejection | null>;

/**
 * Creates the password policy with the list of common passwords. The list (some 49 000 entries, 7 MB) is loaded once per process,
 * when a password passes every other rule for the first time.
 */
export const createPasswordCheck = ({ minLength }: { readonly minLength?: number } = {}): PasswordCheck => {
  const limits = minLength === undefined ? {} : { minLength };
  const policyWithoutList = createPasswordPolicy({ ...limits, isCommon: () => false });

  return async (password, owner) => {
    const rejection = policyWithoutList(password, owner);
    if (rejection !== null) return rejection;
    const list = await loadCommonPasswords();
    return createPasswordPolicy({ ...limits, isCommon: (text) => list.has(text) })(password, owner);
  };
};

let loading: Promise<ReadonlySet<string>> | undefined;

/**
 * Resolves with the most common passwords, in lower case, most common first: the ranked list of zxcvbn. A failed load is retried
 * at the next call.
 */
export const loadCommonPasswords = (): Promise<ReadonlySet<string>> => {
  loading ??= importList().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
};

const importList = async (): Promise<ReadonlySet<string>> => {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
};
