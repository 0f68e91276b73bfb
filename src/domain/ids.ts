import { type Branded, type ClientId, clientId } from '@fieldgate/guard/core';

/** Identifies the link between an account and an identity at a provider. */
export type IdentityId = Branded<'IdentityId'>;
/** SHA-256 of a secret, base64url: the only form in which our secrets are stored. */
export type TokenDigest = Branded<'TokenDigest'>;
/** SHA-256 of a normalised email, base64url, for where the email itself must not be stored. */
export type EmailDigest = Branded<'EmailDigest'>;

export const identityId = (value: string): IdentityId => value as IdentityId;
export const tokenDigest = (value: string): TokenDigest => value as TokenDigest;
export const emailDigest = (value: string): EmailDigest => value as EmailDigest;

/** The one client without a secret: the first-party apps, which sign people in. */
export const firstPartyClient: ClientId = clientId('fieldgate');

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text has the form of our identifiers. Anything else cannot exist in a store, so no lookup is needed. */
export const isUuid = (value: string): boolean => uuidPattern.test(value);
