/** Brands keep one kind of text from being passed where another is meant; at run time they are plain strings. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Identifies one account. Any non-empty text; ours are UUIDs (version 7, so they sort by creation). */
export type UserId = Branded<'UserId'>;
/** Identifies one session: one sign-in on one device, and the family of refresh tokens that keeps it alive. */
export type SessionId = Branded<'SessionId'>;
/** Identifies one API key. Public: it stands in the key itself. */
export type ApiKeyId = Branded<'ApiKeyId'>;
/** Identifies one link between an account and somebody an identity provider knows. */
export type IdentityId = Branded<'IdentityId'>;
/** Identifies what asks for tokens: our own apps together, or one service client. */
export type ClientId = Branded<'ClientId'>;
/** SHA-256 of a secret, base64url. The only form in which a secret of ours is ever stored. */
export type TokenDigest = Branded<'TokenDigest'>;
/** SHA-256 of a normalised email, base64url: names it where the email itself is not to be stored. */
export type EmailDigest = Branded<'EmailDigest'>;

export const userId = (value: string): UserId => value as UserId;
export const sessionId = (value: string): SessionId => value as SessionId;
export const apiKeyId = (value: string): ApiKeyId => value as ApiKeyId;
export const identityId = (value: string): IdentityId => value as IdentityId;
export const clientId = (value: string): ClientId => value as ClientId;
export const tokenDigest = (value: string): TokenDigest => value as TokenDigest;
export const emailDigest = (value: string): EmailDigest => value as EmailDigest;

/** The one client that needs no secret: the apps in front of this server, which sign people in. */
export const firstPartyClient: ClientId = clientId('fieldgate');

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text has the form of the identifiers we make; anything else names nobody and is not worth a look-up. */
export const isUuid = (value: string): boolean => uuidPattern.test(value);
