import type { ClientInfo, SessionId, UserId, Viewer } from '@fieldgate/guard/core';
import type { EpochMillis } from './clock.ts';
import { noClient } from './session.ts';

/**
 * Everything that is written down about accounts and their credentials. One row per type: how it turned out, whether it is
 * kept in the database or is a line in the log alone (what a busy or a hostile client could do many times a second), how
 * loud the line is, and what it says. Only what is really recorded somewhere stands here.
 */
export const eventTable = {
  'user.signed_up': { outcome: 'success', kept: true, level: 'info', message: 'an account was made' },
  'user.login_succeeded': { outcome: 'success', kept: true, level: 'info', message: 'somebody signed in' },
  'user.login_failed': { outcome: 'failure', kept: true, level: 'info', message: 'a sign-in was refused' },
  'user.login_refused': { outcome: 'failure', kept: false, level: 'info', message: 'a sign-in came during a lock' },
  'user.locked': { outcome: 'failure', kept: true, level: 'warn', message: 'too many wrong passwords for one email' },
  'user.unlocked': { outcome: 'success', kept: true, level: 'info', message: 'an administrator ended a lock' },
  'user.logged_out': { outcome: 'success', kept: true, level: 'info', message: 'somebody signed out' },
  'user.disabled': { outcome: 'success', kept: true, level: 'info', message: 'an account was switched off' },
  'user.enabled': { outcome: 'success', kept: true, level: 'info', message: 'an account was switched on' },
  'role.changed': { outcome: 'success', kept: true, level: 'info', message: 'an account got another role' },
  'password.changed': { outcome: 'success', kept: true, level: 'info', message: 'a password was changed' },
  'identity.linked': { outcome: 'success', kept: true, level: 'info', message: 'an identity was linked' },
  'identity.unlinked': { outcome: 'success', kept: true, level: 'info', message: 'an identity was unlinked' },
  'session.revoked': { outcome: 'success', kept: true, level: 'info', message: 'sessions were ended' },
  'token.refreshed': { outcome: 'success', kept: false, level: 'info', message: 'a session was refreshed' },
  'token.replayed': { outcome: 'success', kept: true, level: 'info', message: 'a refresh was answered once more' },
  'token.reuse_detected': { outcome: 'failure', kept: true, level: 'warn', message: 'a spent refresh token came back' },
  'access.refused': { outcome: 'failure', kept: false, level: 'info', message: 'a right was missing' },
  'api_key.created': { outcome: 'success', kept: true, level: 'info', message: 'an API key was made' },
  'api_key.revoked': { outcome: 'success', kept: true, level: 'info', message: 'an API key was revoked' },
  'api_key.used': { outcome: 'success', kept: false, level: 'info', message: 'an API key was used' },
  'client.created': { outcome: 'success', kept: true, level: 'info', message: 'a service client was made' },
  'client.secret_rotated': {
    outcome: 'success',
    kept: true,
    level: 'info',
    message: 'a service client got a new secret',
  },
  'client.disabled': { outcome: 'success', kept: true, level: 'info', message: 'a service client was switched off' },
  'client.login_failed': { outcome: 'failure', kept: false, level: 'info', message: 'a service client was refused' },
  'client.token_issued': { outcome: 'success', kept: false, level: 'info', message: 'a service client got a token' },
  'client.token_revoked': {
    outcome: 'success',
    kept: true,
    level: 'info',
    message: 'a token of a service was revoked',
  },
  'key.rotated': { outcome: 'success', kept: true, level: 'info', message: 'the next signing key was published' },
  'key.revoked': { outcome: 'success', kept: true, level: 'info', message: 'a signing key was revoked' },
  'rate.limited': { outcome: 'failure', kept: false, level: 'warn', message: 'somebody asked too often' },
} as const satisfies Record<string, EventRow>;

type EventRow = {
  readonly outcome: EventOutcome;
  readonly kept: boolean;
  readonly level: 'info' | 'warn';
  readonly message: string;
};

export type EventType = keyof typeof eventTable;
export type EventOutcome = 'success' | 'failure';

export const isEventType = (text: string): text is EventType => Object.hasOwn(eventTable, text);

/** Who acts. An `account` acts in a session or with a password, an `api_key` for its owner, a `service` for itself. */
export type Actor = {
  readonly kind: ActorKind;
  /** Of the account, the key or the service client; null for the others. */
  readonly id: string | null;
  readonly client: ClientInfo;
};

/** `server`: what happens of itself, at the start for example. */
export type ActorKind = 'account' | 'api_key' | 'service' | 'command_line' | 'server' | 'anonymous';

export const commandLine: Actor = { kind: 'command_line', id: null, client: noClient };
export const serverActor: Actor = { kind: 'server', id: null, client: noClient };

/** Somebody who has shown nothing (yet). */
export const anonymousActor = (client: ClientInfo): Actor => ({ kind: 'anonymous', id: null, client });
/** The holder of an account. */
export const accountActor = (userId: UserId, client: ClientInfo): Actor => ({ kind: 'account', id: userId, client });

/** Whoever a request was verified to come from. */
export const actorFor = (viewer: Viewer, client: ClientInfo): Actor => {
  switch (viewer.kind) {
    case 'anonymous':
      return anonymousActor(client);
    case 'service':
      return { kind: 'service', id: viewer.id, client };
    case 'account':
      return viewer.apiKeyId ? { kind: 'api_key', id: viewer.apiKeyId, client } : accountActor(viewer.id, client);
  }
};

/** What is known where something happens. Never a token, a secret or a password, nor an email that is nobody's here. */
export type EventDraft = {
  readonly type: EventType;
  readonly actor: Actor;
  /** The account it is about, if it is about one: its holder may see it. */
  readonly userId?: UserId | null;
  readonly sessionId?: SessionId | null;
  /** A constant of ours that says why, in capitals. */
  readonly reason?: string | null;
  readonly metadata?: EventMetadata;
};

/** A few short values. */
export type EventMetadata = Readonly<Record<string, string | number | boolean>>;

/** Writes an event down. Returns at once, never throws, and keeps no request waiting. */
export type RecordEvent = (draft: EventDraft) => void;

/** An event as it is kept. Type and kind are open: another version may have written words this one does not know. */
export type AuthEvent = {
  /** Sorts by time, and within one process in the order things happened. */
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

/** An event that was recorded just now. */
export type NewAuthEvent = AuthEvent & { readonly type: EventType };

const longestText = 256;
/** What breaks a line, moves a cursor, turns the reading direction or cannot be written as UTF-8 (ASVS 16.4.1). */
const unfit = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text of somebody else's, fit for a line of a log: one line, well formed, cut. */
export const loggable = (text: string): string => text.slice(0, longestText).replace(unfit, '\ufffd');

export const toEvent = (draft: EventDraft, id: string, time: EpochMillis): NewAuthEvent => {
  const { type, actor, userId = null, sessionId = null, reason = null, metadata = {} } = draft;
  const { ip, userAgent, requestId = null } = actor.client;
  return {
    ...{ id, time, type, outcome: eventTable[type].outcome, actor: { kind: actor.kind, id: actor.id } },
    ...{ userId, sessionId, reason, requestId },
    ip: ip === null ? null : loggable(ip),
    userAgent: userAgent === null ? null : loggable(userAgent),
    metadata: Object.fromEntries(
      Object.entries(metadata).map(([name, value]) => [name, typeof value === 'string' ? loggable(value) : value]),
    ),
  };
};
