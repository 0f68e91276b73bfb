import { type Branded, type ClientId, clientId } from '@fieldgate/guard/core';

/** Identifies one link between an account and somebody an identity provider knows. */
export type IdentityId = Branded<'IdentityId'>;
/** SHA-256 of a secret, base64url. The only form in which a secret of ours is ever stored. */
export type TokenDigest = Branded<'TokenDigest'>;
/** SHA-256 of a normalised email, base64url: names it where the email itself is not to be stored. */
export type EmailDigest = Branded<'EmailDigest'>;

export const identityId = (value: string): IdentityId => value as IdentityId;
export const tokenDigest = (value: string): TokenDigest => value as TokenDigest;
export const emailDigest = (value: string): EmailDigest => value as EmailDigest;

/** The one client that needs no secret: the apps in front of this server, which sign people in. */
export const firstPartyClient: ClientId = clientId('fieldgate');

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text has the form of the identifiers we make; anything else names nobody and is not worth a look-up. */
export const isUuid = (value: string): boolean => uuidPattern.test(value);
