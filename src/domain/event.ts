import type { ClientInfo, SessionId, UserId } from '@fieldgate/guard/core';
import { noClient } from './client.ts';
import type { EpochMillis } from './clock.ts';
import type { CallerIdentity } from './rate-limit.ts';

/**
 * Every event about accounts and their credentials. One row per type: its outcome, whether it is stored in the database or only
 * logged (what a busy or a hostile client can cause many times a second), and the level and message of its log line.
 */
export const eventTable = {
  'user.signed_up': { outcome: 'success', isStored: true, level: 'info', message: 'account created' },
  'user.login_succeeded': { outcome: 'success', isStored: true, level: 'info', message: 'signed in' },
  'user.login_failed': { outcome: 'failure', isStored: true, level: 'info', message: 'sign-in rejected' },
  'user.login_refused': {
    outcome: 'failure',
    isStored: false,
    level: 'info',
    message: 'sign-in refused during a lock',
  },
  'user.locked': {
    outcome: 'failure',
    isStored: true,
    level: 'warn',
    message: 'email locked after too many wrong passwords',
  },
  'user.unlocked': { outcome: 'success', isStored: true, level: 'info', message: 'lock ended by an administrator' },
  'user.logged_out': { outcome: 'success', isStored: true, level: 'info', message: 'signed out' },
  'user.disabled': { outcome: 'success', isStored: true, level: 'info', message: 'account disabled' },
  'user.enabled': { outcome: 'success', isStored: true, level: 'info', message: 'account enabled' },
  'role.changed': { outcome: 'success', isStored: true, level: 'info', message: 'role changed' },
  'password.changed': { outcome: 'success', isStored: true, level: 'info', message: 'password changed' },
  'identity.linked': { outcome: 'success', isStored: true, level: 'info', message: 'identity linked' },
  'identity.unlinked': { outcome: 'success', isStored: true, level: 'info', message: 'identity unlinked' },
  'session.revoked': { outcome: 'success', isStored: true, level: 'info', message: 'sessions revoked' },
  'token.refreshed': { outcome: 'success', isStored: false, level: 'info', message: 'session refreshed' },
  'token.replayed': {
    outcome: 'success',
    isStored: true,
    level: 'info',
    message: 'refresh repeated within the reuse window',
  },
  'token.reuse_detected': {
    outcome: 'failure',
    isStored: true,
    level: 'warn',
    message: 'spent refresh token presented again',
  },
  'access.refused': { outcome: 'failure', isStored: false, level: 'info', message: 'access denied' },
  'api_key.created': { outcome: 'success', isStored: true, level: 'info', message: 'API key created' },
  'api_key.revoked': { outcome: 'success', isStored: true, level: 'info', message: 'API key revoked' },
  'api_key.used': { outcome: 'success', isStored: false, level: 'info', message: 'API key used' },
  'client.created': { outcome: 'success', isStored: true, level: 'info', message: 'service client created' },
  'client.secret_rotated': {
    outcome: 'success',
    isStored: true,
    level: 'info',
    message: 'service client secret rotated',
  },
  'client.disabled': { outcome: 'success', isStored: true, level: 'info', message: 'service client disabled' },
  'client.login_failed': {
    outcome: 'failure',
    isStored: false,
    level: 'info',
    message: 'service client authentication failed',
  },
  'client.token_issued': {
    outcome: 'success',
    isStored: false,
    level: 'info',
    message: 'access token issued to a service client',
  },
  'client.token_revoked': {
    outcome: 'success',
    isStored: true,
    level: 'info',
    message: 'access token of a service client revoked',
  },
  'key.rotated': { outcome: 'success', isStored: true, level: 'info', message: 'next signing key published' },
  'key.revoked': { outcome: 'success', isStored: true, level: 'info', message: 'signing key revoked' },
  'rate.limited': { outcome: 'failure', isStored: false, level: 'warn', message: 'rate limit exceeded' },
} as const satisfies Record<string, EventRow>;

type EventRow = {
  readonly outcome: EventOutcome;
  readonly isStored: boolean;
  readonly level: 'info' | 'warn';
  readonly message: string;
};

export type EventType = keyof typeof eventTable;
export type EventOutcome = 'success' | 'failure';

export const isEventType = (text: string): text is EventType => Object.hasOwn(eventTable, text);

/** Who acts: an `account` in a session or with a password, an `api_key` for its owner, a `service` for itself. */
export type Actor = {
  readonly kind: ActorKind;
  /** The id of the account, the key or the service client; null for the others. */
  readonly id: string | null;
  readonly client: ClientInfo;
  /** Why the server acts, as code of its owner says. Shown as `asServer` in the metadata. */
  readonly purpose?: string;
};

/** `server`: the server itself, for example at its start. */
export type ActorKind = 'account' | 'api_key' | 'service' | 'command_line' | 'server' | 'anonymous';

export const commandLine: Actor = { kind: 'command_line', id: null, client: noClient };
export const serverActor: Actor = { kind: 'server', id: null, client: noClient };

/** Code of the server's owner, which acts for no caller. */
export const serverActorFor = (purpose: string): Actor => ({ ...serverActor, purpose });

/** A caller without a verified credential. */
export const anonymousActor = (client: ClientInfo): Actor => ({ kind: 'anonymous', id: null, client });
/** The owner of an account. */
export const accountActor = (userId: UserId, client: ClientInfo): Actor => ({ kind: 'account', id: userId, client });

/** Returns the actor of a request with this viewer. */
export const actorFor = (viewer: CallerIdentity, client: ClientInfo): Actor => {
  switch (viewer.kind) {
    case 'anonymous':
      return anonymousActor(client);
    case 'service':
      return { kind: 'service', id: viewer.id, client };
    case 'account':
      return viewer.apiKeyId ? { kind: 'api_key', id: viewer.apiKeyId, client } : accountActor(viewer.id, client);
  }
};

/** What a caller of `record` knows. It never contains a token, a secret, a password, or an email without an account. */
export type EventDraft = {
  readonly type: EventType;
  readonly actor: Actor;
  /** The account the event is about, if any: its owner may see the event. */
  readonly userId?: UserId | null;
  readonly sessionId?: SessionId | null;
  /** A constant in capitals that says why. */
  readonly reason?: string | null;
  readonly metadata?: EventMetadata;
};

/** A few short values. */
export type EventMetadata = Readonly<Record<string, string | number | boolean>>;

/** Records an event. Returns at once, never throws, and delays no request. */
export type RecordEvent = (draft: EventDraft) => void;

/** An event as it is stored. Type and kind are open: another version may have written values this one does not know. */
export type AuthEvent = {
  /** Sorts by time, and within one process in the order of recording. */
  readonly id: string;
  readonly time: EpochMillis;
  readonly type: string;
  readonly outcome: EventOutcome;
  readonly actor: { readonly kind: string; readonly id: string | null };
  readonly userId: UserId | null;
  readonly sessionId: SessionId | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly reason: string | null;
  readonly metadata: EventMetadata;
};

/** An event that this version has just recorded. */
export type NewAuthEvent = AuthEvent & { readonly type: EventType };

const maxTextLength = 256;
/** What breaks a line, moves a cursor, reverses the reading direction or is not valid UTF-8 (ASVS 16.4.1). */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Returns untrusted text made safe for a log: one line, well formed, truncated. */
export const loggable = (text: string): string => text.slice(0, maxTextLength).replace(unsafe, '\ufffd');

export const toEvent = (draft: EventDraft, id: string, time: EpochMillis): NewAuthEvent => {
  const { type, actor, userId = null, sessionId = null, reason = null, metadata = {} } = draft;
  const { ip, userAgent, requestId = null } = actor.client;
  return {
    ...{ id, time, type, outcome: eventTable[type].outcome, actor: { kind: actor.kind, id: actor.id } },
    ...{ userId, sessionId, reason, requestId },
    ip: ip === null ? null : loggable(ip),
    userAgent: userAgent === null ? null : loggable(userAgent),
    metadata: Object.fromEntries(
      Object.entries({ ...metadata, ...(actor.purpose === undefined ? {} : { asServer: actor.purpose }) }).map(
        ([name, value]) => [name, typeof value === 'string' ? loggable(value) : value],
      ),
    ),
  };
};
