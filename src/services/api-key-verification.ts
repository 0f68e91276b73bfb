import type { ApiKeyId, ClientInfo, UserId } from '@fieldgate/guard/core';
import { isSameDigest, type ParsedApiKey, parseApiKeyText } from '../crypto/api-key.ts';
import { type ApiKey, apiKeyState } from '../domain/api-key.ts';
import { noClient } from '../domain/client.ts';
import { type Clock, type EpochMillis, type EpochSeconds, toSeconds } from '../domain/clock.ts';
import type { RecordEvent } from '../domain/event.ts';
import type { Signals } from '../domain/signals.ts';
import type { ApiKeyOnFile, ApiKeyStore } from '../stores/ports/api-key-store.ts';

const useIntervalMs = 60_000;

export type ApiKeyVerification =
  | { readonly kind: 'valid'; readonly claims: ApiKeyClaims }
  | { readonly kind: 'invalid'; readonly reason: 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'TOKEN_REVOKED' };

/** An API key examined without being used. `key` is null unless the text is that key, secret included. */
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

export type ApiKeyVerificationDeps = {
  readonly apiKeys: Pick<ApiKeyStore, 'find' | 'recordUse'>;
  readonly clock: Clock;
  readonly record: RecordEvent;
  /** `backgroundError` gets the error of a use that could not be recorded; the request that used the key goes on. */
  readonly signals: Pick<Signals, 'backgroundError'>;
};

/** Verifies the API keys that requests present. */
export const createApiKeyVerification = ({ apiKeys, clock, record, signals }: ApiKeyVerificationDeps) => {
  /**
   * Returns what a presented key is worth now. A malformed text is rejected without a store lookup; an unknown key and a wrong
   * secret take the same path. Only a caller with the right secret learns why a key is rejected.
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

  /** Resolves with what `verify` would return, and with the key. It does not count as a use. */
  const inspect = async (text: string): Promise<ApiKeyInspection> => {
    const presented = parseApiKeyText(text);
    if (!presented) return { isWellFormed: false, verification: invalid('TOKEN_INVALID'), key: null };
    const onFile = await apiKeys.find(presented.id);
    const isGenuine = isSameDigest(presented.digest, onFile?.digest ?? null);
    const verification = decide(presented, onFile, clock());
    return { isWellFormed: true, verification, key: isGenuine && onFile ? onFile.key : null };
  };

  const beingRecorded = new Set<ApiKeyId>();

  /** In the background, and at most once a minute: an audit needs the day and the minute, not a write per request. */
  const recordUse = ({ id, userId, lastUsedAt }: ApiKey, client: ClientInfo): void => {
    const now = clock();
    if ((lastUsedAt !== null && now - lastUsedAt < useIntervalMs) || beingRecorded.has(id)) return;
    beingRecorded.add(id);
    apiKeys
      .recordUse(id, now, now - useIntervalMs)
      .then((isFirst) => {
        if (isFirst) record({ type: 'api_key.used', actor: { kind: 'api_key', id, client }, userId });
      })
      .catch(signals.backgroundError)
      .finally(() => beingRecorded.delete(id));
  };

  return { verify, inspect };
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

const invalid = (reason: Extract<ApiKeyVerification, { kind: 'invalid' }>['reason']): ApiKeyVerification => ({
  kind: 'invalid',
  reason,
});
