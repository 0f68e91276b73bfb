import { type ApiKeyId, apiKeyId, type ClientInfo, type KnownScopes, type UserId } from '@fieldgate/guard/core';
import { apiKeyPrefix, createApiKeyText, isSameDigest, type ParsedApiKey, parseApiKeyText } from '../crypto/api-key.ts';
import { type ApiKey, apiKeyState } from '../domain/api-key.ts';
import { type Clock, type EpochMillis, type EpochSeconds, toSeconds } from '../domain/clock.ts';
import { AppError, badInput } from '../domain/errors.ts';
import type { Actor, RecordEvent } from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import { grantable, rejectGrant } from '../domain/scope.ts';
import { noClient } from '../domain/session.ts';
import type { ApiKeyOnFile, ApiKeyStore } from '../stores/ports/api-key-store.ts';
import type { Accounts } from './accounts.ts';

const longestName = 100;
const mostScopes = 50;
/** Each has a rate limit of its own, so an account with any number of them would have none. */
const mostLive = 50;
const dayMs = 86_400_000;
const longestDays = 365;
const useRecordedEveryMs = 60_000;

const defaultDays = 90;

export type ApiKeyInput = {
  readonly name: string;
  readonly scopes: readonly string[];
  /** 1 to 365; 90 if nothing is said. */
  readonly expiresInDays?: number | undefined;
};

/** `secret` is the key itself: it exists here and with whoever is told, and is stored noClient. */
export type CreatedApiKey = { readonly apiKey: ApiKey; readonly secret: string };

export type ApiKeyVerification =
  | { readonly kind: 'valid'; readonly claims: ApiKeyClaims }
  | { readonly kind: 'invalid'; readonly reason: 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'TOKEN_REVOKED' };

/** A key looked at without being used. `key` is null unless the text is that key, secret and all. */
export type ApiKeyInspection = {
  readonly isWellFormed: boolean;
  readonly verification: ApiKeyVerification;
  readonly key: ApiKey | null;
};

type ApiKeyClaims = {
  readonly keyId: ApiKeyId;
  readonly userId: UserId;
  readonly role: string;
  readonly scopes: readonly string[];
  readonly expiresAt: EpochSeconds;
};

type Dependencies = {
  readonly apiKeys: ApiKeyStore;
  readonly accounts: Pick<Accounts, 'find'>;
  /** What can be granted at all: asked when a key is made. */
  readonly knownScopes: () => KnownScopes | Promise<KnownScopes>;
  readonly clock: Clock;
  readonly createId: () => string;
  readonly record: RecordEvent;
  /** Told when a use could not be written down. The request that used the key goes on. */
  readonly onTrouble: (error: unknown) => void;
};

export type ApiKeys = ReturnType<typeof createApiKeys>;

/** Keys for programs: made and revoked by their owners, looked up at each request that brings one. */
export const createApiKeys = (deps: Dependencies) => {
  const { apiKeys, clock, record } = deps;

  /** A new key for this account. Errors: BAD_USER_INPUT (name, scopes, expiresInDays), TOO_MANY_API_KEYS, NOT_FOUND. */
  const create = async (ownerId: UserId, input: ApiKeyInput, actor: Actor): Promise<CreatedApiKey> => {
    const owner = await deps.accounts.find(ownerId);
    if (!owner) throw new AppError('NOT_FOUND');
    const name = parseName(input.name);
    const scopes = parseScopes(input.scopes, await deps.knownScopes(), owner.role);
    const lifetimeMs = parseDays(input.expiresInDays ?? defaultDays) * dayMs;
    const now = clock();
    const id = apiKeyId(deps.createId());
    const { text, digest } = createApiKeyText(id);
    const expiresAt = toSeconds(now) * 1000 + lifetimeMs;
    const newKey = { id, userId: owner.id, name, scopes, digest, createdAt: now, expiresAt };
    const apiKey = await apiKeys.create(newKey, mostLive);
    if (apiKey === null) throw new AppError('NOT_FOUND');
    if (apiKey === 'full') throw new AppError('TOO_MANY_API_KEYS');
    record({ type: 'api_key.created', actor, userId: owner.id, metadata: { keyId: id, name } });
    return { apiKey, secret: text };
  };

  const list = (owner: UserId): Promise<readonly ApiKey[]> => apiKeys.list(owner);

  /** Ends one key of this account. Errors: NOT_FOUND, alike for another account's key and for none (ASVS 8.2.2). */
  const revoke = async (owner: UserId, id: string, actor: Actor): Promise<ApiKey> => {
    const at = clock();
    const revoked = isUuid(id) ? await apiKeys.revoke(owner, apiKeyId(id), at) : null;
    if (!revoked) throw new AppError('NOT_FOUND');
    if (revoked.revokedAt === at) {
      record({ type: 'api_key.revoked', actor, userId: owner, metadata: { keyId: revoked.id, name: revoked.name } });
    }
    return revoked;
  };

  /**
   * What a presented key is worth now. A text that cannot be a key is refused without a look-up; a key that is not there,
   * and one with another secret, take the same way. Why a key is refused is told to whoever has its secret, and nobody else.
   */
  const verify = (
    text: string,
    { client = noClient }: { readonly client?: ClientInfo } = {},
  ): ApiKeyVerification | Promise<ApiKeyVerification> => {
    const presented = parseApiKeyText(text);
    if (!presented) return invalid('TOKEN_INVALID');
    return apiKeys.find(presented.id).then((onFile) => use(presented, onFile, client));
  };

  const use = (presented: ParsedApiKey, onFile: ApiKeyOnFile | null, client: ClientInfo): ApiKeyVerification => {
    const verification = decide(presented, onFile, clock());
    if (verification.kind === 'valid' && onFile) recordUse(onFile.key, client);
    return verification;
  };

  /** What `verify` would say, and of which key; it counts as no use. The key is told to whoever has its secret alone. */
  const inspect = async (text: string): Promise<ApiKeyInspection> => {
    const presented = parseApiKeyText(text);
    if (!presented) return { isWellFormed: false, verification: invalid('TOKEN_INVALID'), key: null };
    const onFile = await apiKeys.find(presented.id);
    const isGenuine = isSameDigest(presented.digest, onFile?.digest ?? null);
    const verification = decide(presented, onFile, clock());
    return { isWellFormed: true, verification, key: isGenuine && onFile ? onFile.key : null };
  };

  const beingRecorded = new Set<ApiKeyId>();

  /** Beside the request, and at most once a minute: an audit needs the day and the minute, not a write per request. */
  const recordUse = ({ id, userId, lastUsedAt }: ApiKey, client: ClientInfo): void => {
    const now = clock();
    if ((lastUsedAt !== null && now - lastUsedAt < useRecordedEveryMs) || beingRecorded.has(id)) return;
    beingRecorded.add(id);
    apiKeys
      .recordUse(id, now, now - useRecordedEveryMs)
      .then((isFirst) => {
        if (isFirst) record({ type: 'api_key.used', actor: { kind: 'api_key', id, client }, userId });
      })
      .catch(deps.onTrouble)
      .finally(() => beingRecorded.delete(id));
  };

  return { create, list, revoke, verify, inspect };
};

const decide = (presented: ParsedApiKey, onFile: ApiKeyOnFile | null, now: EpochMillis): ApiKeyVerification => {
  const isGenuine = isSameDigest(presented.digest, onFile?.digest ?? null);
  if (!onFile || !isGenuine) return invalid('TOKEN_INVALID');
  const { key, owner } = onFile;
  const state = apiKeyState(key, now);
  if (state === 'revoked' || owner.disabled) return invalid('TOKEN_REVOKED');
  if (state === 'expired') return invalid('TOKEN_EXPIRED');
  const { id: keyId, userId, scopes, expiresAt } = key;
  return { kind: 'valid', claims: { keyId, userId, role: owner.role, scopes, expiresAt: toSeconds(expiresAt) } };
};

/** How every text of this key begins: to find a key by that turned up somewhere. */
export const prefixOf = ({ id }: ApiKey): string => apiKeyPrefix(id);

const invalid = (reason: Extract<ApiKeyVerification, { kind: 'invalid' }>['reason']): ApiKeyVerification => ({
  kind: 'invalid',
  reason,
});

const parseName = (text: string): string => {
  const name = text.normalize('NFC').trim();
  if (name === '' || [...name].length > longestName || /\p{Cc}/u.test(name)) {
    throw badInput('name', 'NAME_INVALID', 'A key has a name of 1 to 100 characters and no control characters.');
  }
  return name;
};

const parseScopes = (given: readonly string[], known: KnownScopes, role: string): readonly string[] => {
  const scopes = [...new Set(given)];
  if (scopes.length > mostScopes) throw badInput('scopes', 'OUT_OF_RANGE', 'A key has at most 50 scopes.');
  const refusal = rejectGrant(scopes, known, role);
  if (refusal === null) return scopes;
  const required = { scopes: grantable(known, role) };
  throw new AppError('BAD_USER_INPUT', { field: 'scopes', reason: refusal, required }, scopeMessages[refusal]);
};

const scopeMessages = {
  SCOPE_UNKNOWN: 'One of the scopes is none that this server knows.',
  SCOPE_BEYOND_ROLE: 'One of the scopes goes beyond what the account may.',
} as const;

const parseDays = (days: number): number => {
  if (Number.isInteger(days) && days >= 1 && days <= longestDays) return days;
  throw badInput('expiresInDays', 'OUT_OF_RANGE', 'A key lives for 1 to 365 days.');
};
