import type { Configuration, TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client';
import { parseEmail } from '../domain/email.ts';
import type { ProvenIdentity } from '../domain/identity.ts';

/** What differs between providers. */
export type ProviderQuirks = {
  /** Where its endpoints are, and how the client shows who it is. */
  readonly configure: () => Promise<Configuration>;
  readonly scope: string;
  /** Whether it gives an ID token, and with it takes a nonce. */
  readonly isOpenId: boolean;
  readonly readProfile: (config: Configuration, tokens: Tokens) => Promise<ProviderProfile>;
};

export type Tokens = TokenEndpointResponse & TokenEndpointResponseHelpers;
export type ProviderProfile = Omit<ProvenIdentity, 'provider'>;

/** What somebody may be known by: OpenID Connect Core §2 allows 255 characters. Throws for anything else. */
export const toSubject = (value: unknown): string => {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text === 'string' && /^[^\p{Cc}]{1,255}$/u.test(text)) return text;
  throw new Error('the subject is no name');
};

export const toEmail = (value: unknown): string | null => {
  try {
    return typeof value === 'string' ? parseEmail(value) : null;
  } catch {
    return null;
  }
};

/** The first of these that is a name at all, cut to what an account may be called. */
export const toName = (...values: readonly unknown[]): string => {
  const [name = ''] = values
    .filter((value) => typeof value === 'string')
    .map(cleaned)
    .filter(Boolean);
  return name;
};

const longestName = 100;
const cleaned = (text: string): string =>
  [
    ...text
      .normalize('NFC')
      .replace(/\p{Cc}+/gu, ' ')
      .trim(),
  ]
    .slice(0, longestName)
    .join('')
    .trim();
