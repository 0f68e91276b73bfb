import { createPasswordPolicy, type PasswordOwner, type PasswordRejection } from '../domain/password-policy.ts';

export type PasswordCheck = (password: string, owner: PasswordOwner) => Promise<PasswordRejection | null>;

/**
 * The password policy with the list of common passwords behind it.
 * The list (some 49 000 entries, 7 MB) is loaded when a password first gets as far as needing it, and once per process.
 */
export const createPasswordCheck = ({ minLength }: { readonly minLength?: number } = {}): PasswordCheck => {
  const limits = minLength === undefined ? {} : { minLength };
  const policyWithoutList = createPasswordPolicy({ ...limits, isCommon: () => false });

  return async (password, owner) => {
    const refusal = policyWithoutList(password, owner);
    if (refusal !== null) return refusal;
    const list = await loadCommonPasswords();
    return createPasswordPolicy({ ...limits, isCommon: (text) => list.has(text) })(password, owner);
  };
};

let loading: Promise<ReadonlySet<string>> | undefined;

/**
 * The passwords that are tried first, in lower case, commonest first: the ranked list of zxcvbn.
 * A failed load is not remembered.
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
