import type { Configuration, TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client';
import { parseEmail } from '../domain/email.ts';
import type { ProvenIdentity } from '../domain/identity.ts';

/** What differs between providers. */
export type ProviderQuirks = {
  /** Resolves with the endpoints and the client authentication. */
  readonly configure: () => Promise<Configuration>;
  readonly scope: string;
  /** Whether it issues an ID token, and so takes a nonce. */
  readonly isOpenId: boolean;
  readonly readProfile: (config: Configuration, tokens: Tokens) => Promise<ProviderProfile>;
};

export type Tokens = TokenEndpointResponse & TokenEndpointResponseHelpers;
export type ProviderProfile = Omit<ProvenIdentity, 'provider'>;

/** Returns a subject: OpenID Connect Core §2 allows 255 characters. Throws for anything else. */
export const toSubject = (value: unknown): string => {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text === 'string' && /^[^\p{Cc}]{1,255}$/u.test(text)) return text;
  throw new Error('the provider sent an invalid subject');
};

export const toEmail = (value: unknown): string | null => {
  try {
    return typeof value === 'string' ? parseEmail(value) : null;
  } catch {
    return null;
  }
};

/** Returns the first of these that is a non-empty text, truncated to what an account name may have. */
export const toName = (...values: readonly unknown[]): string => {
  const [name = ''] = values
    .filter((value) => typeof value === 'string')
    .map(clean)
    .filter(Boolean);
  return name;
};

const maxNameLength = 100;
const clean = (text: string): string =>
  [
    ...text
      .normalize('NFC')
      .replace(/\p{Cc}+/gu, ' ')
      .trim(),
  ]
    .slice(0, maxNameLength)
    .join('')
    .trim();
