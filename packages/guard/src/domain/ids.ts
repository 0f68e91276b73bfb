/** Brands keep one kind of string from being passed where another is meant. At run time they are plain strings. */
declare const brand: unique symbol;
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Identifies one account. Any non-empty string. */
export type UserId = Branded<'UserId'>;
/** Identifies one session: one sign-in on one device. */
export type SessionId = Branded<'SessionId'>;
/** Identifies one API key. Public: it is a part of the key itself. */
export type ApiKeyId = Branded<'ApiKeyId'>;
/** Identifies one OAuth client: all first-party apps together, or one service client. */
export type ClientId = Branded<'ClientId'>;

export const userId = (value: string): UserId => value as UserId;
export const sessionId = (value: string): SessionId => value as SessionId;
export const apiKeyId = (value: string): ApiKeyId => value as ApiKeyId;
export const clientId = (value: string): ClientId => value as ClientId;
