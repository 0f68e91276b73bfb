import { apiKeyId, type KnownScopes, type UserId } from '@fieldgate/guard/core';
import { apiKeyPrefix, createApiKeyText } from '../crypto/api-key.ts';
import type { ApiKey } from '../domain/api-key.ts';
import { toSeconds } from '../domain/clock.ts';
import { AppError, badInput } from '../domain/errors.ts';
import type { Actor } from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import { checkPage, type Page, type PageQuery } from '../domain/page.ts';
import { grantable, rejectGrant } from '../domain/scope.ts';
import type { ApiKeyStore } from '../stores/ports/api-key-store.ts';
import type { Accounts } from './accounts.ts';
import { type ApiKeyVerificationDeps, createApiKeyVerification } from './api-key-verification.ts';

const maxNameLength = 100;
const maxScopes = 50;
/** Each key has its own rate limit, so an account without this bound would have none. */
const maxLiveKeys = 50;
const dayMs = 86_400_000;
const maxDays = 365;
const defaultDays = 90;

export type ApiKeyInput = {
  readonly name: string;
  readonly scopes: readonly string[];
  /** 1 to 365; 90 by default. */
  readonly expiresInDays?: number | undefined;
  /** The version of the account that the credential of its owner was checked against; undefined where none was. */
  readonly ownerVersion?: number | undefined;
};

/** `secret` is the key itself: it is shown once and stored nowhere. */
export type CreatedApiKey = { readonly apiKey: ApiKey; readonly secret: string };

type ApiKeysDeps = ApiKeyVerificationDeps & {
  readonly apiKeys: ApiKeyStore;
  readonly accounts: Pick<Accounts, 'find'>;
  /** The scopes that can be granted at all: called when a key is created. */
  readonly knownScopes: () => KnownScopes | Promise<KnownScopes>;
  readonly createId: () => string;
};

export type ApiKeys = ReturnType<typeof createApiKeys>;

/** API keys for programs: created and revoked by their owners, verified at each request that presents one. */
export const createApiKeys = (deps: ApiKeysDeps) => {
  const { apiKeys, clock, record } = deps;

  /**
   * Creates a key for this account. Errors: BAD_USER_INPUT (name, scopes, expiresInDays), TOO_MANY_API_KEYS, NOT_FOUND;
   * UNAUTHENTICATED (TOKEN_STALE) if the account has changed since its owner's credential was checked.
   */
  const create = async (ownerId: UserId, input: ApiKeyInput, actor: Actor): Promise<CreatedApiKey> => {
    const owner = await deps.accounts.find(ownerId);
    if (!owner) throw new AppError('NOT_FOUND');
    const name = parseName(input.name);
    const scopes = parseScopes(input.scopes, await deps.knownScopes(), owner.role);
    const lifetimeMs = parseDays(input.expiresInDays ?? defaultDays) * dayMs;
    const createdAt = clock();
    const id = apiKeyId(deps.createId());
    const { text, digest } = createApiKeyText(id);
    const expiresAt = toSeconds(createdAt) * 1000 + lifetimeMs;
    const { ownerVersion } = input;
    const newKey = { id, userId: owner.id, ownerVersion, name, scopes, digest, createdAt, expiresAt };
    const apiKey = await apiKeys.create(newKey, maxLiveKeys);
    if (apiKey === null) throw new AppError('NOT_FOUND');
    if (apiKey === 'superseded') throw new AppError('UNAUTHENTICATED', { reason: 'TOKEN_STALE' });
    if (apiKey === 'full') throw new AppError('TOO_MANY_API_KEYS', {}, tooManyKeys);
    record({ type: 'api_key.created', actor, userId: owner.id, metadata: { keyId: id, name } });
    return { apiKey, secret: text };
  };

  /** Resolves with a page of the keys of an account, newest first. Errors: BAD_USER_INPUT (first). */
  const list = async (owner: UserId, page: PageQuery): Promise<Page<ApiKey>> => apiKeys.list(owner, checkPage(page));

  /** Revokes one key of this account. Errors: NOT_FOUND, alike for another account's key and for none (ASVS 8.2.2). */
  const revoke = async (owner: UserId, id: string, actor: Actor): Promise<ApiKey> => {
    const at = clock();
    const revoked = isUuid(id) ? await apiKeys.revoke(owner, apiKeyId(id), at) : null;
    if (!revoked) throw new AppError('NOT_FOUND');
    if (revoked.revokedAt === at) {
      record({ type: 'api_key.revoked', actor, userId: owner, metadata: { keyId: revoked.id, name: revoked.name } });
    }
    return revoked;
  };

  return { create, list, revoke, ...createApiKeyVerification(deps) };
};

const tooManyKeys = `The account has ${maxLiveKeys} live API keys, which is the maximum. Revoke one first.`;

/** Returns the public beginning of this key's text, by which a leaked key can be found. */
export const prefixOf = ({ id }: ApiKey): string => apiKeyPrefix(id);

const parseName = (text: string): string => {
  const name = text.normalize('NFC').trim();
  if (name === '' || [...name].length > maxNameLength || /\p{Cc}/u.test(name)) {
    throw badInput(
      'name',
      'NAME_INVALID',
      'The name of the key is invalid. Use 1 to 100 characters and no control characters.',
    );
  }
  return name;
};

const parseScopes = (given: readonly string[], known: KnownScopes, role: string): readonly string[] => {
  const scopes = [...new Set(given)];
  if (scopes.length > maxScopes) {
    throw badInput('scopes', 'OUT_OF_RANGE', 'There are too many scopes. A key can have 50.');
  }
  const rejection = rejectGrant(scopes, known, role);
  if (rejection === null) return scopes;
  const required = { scopes: grantable(known, role) };
  throw new AppError('BAD_USER_INPUT', { field: 'scopes', reason: rejection, required }, scopeMessages[rejection]);
};

const scopeMessages = {
  SCOPE_UNKNOWN: 'At least one scope does not exist on this server. You can grant those in extensions.required.',
  SCOPE_BEYOND_ROLE: 'At least one scope exceeds the role of the account. You can grant those in extensions.required.',
} as const;

const parseDays = (days: number): number => {
  if (Number.isInteger(days) && days >= 1 && days <= maxDays) return days;
  throw badInput('expiresInDays', 'OUT_OF_RANGE', 'The lifetime of the key is out of range. Use 1 to 365 whole days.');
};
