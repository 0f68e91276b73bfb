import type { ClientInfo, SessionId, UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from '../../domain/clock.ts';
import type { TokenDigest } from '../../domain/ids.ts';
import type { Page, PageQuery } from '../../domain/page.ts';
import type { Role } from '../../domain/role.ts';
import type { RefreshTokenState, Rotation, Session, SessionStatus, TokenDigests } from '../../domain/session.ts';
import type { User } from '../../domain/user.ts';
import type { KeptSession } from './account-store.ts';

/**
 * Sessions and their refresh tokens.
 *
 * Every method is one atomic step: simultaneous calls end as if they had come one after the other. Outcomes are returned as
 * data, bad ones too: a detected theft stays committed although the request that revealed it fails. A method rejects only
 * with `AppError('SERVICE_UNAVAILABLE')`, when the store cannot answer in time; then it may have taken effect or not, and
 * calling it again is safe.
 *
 * State per session is O(1) however often it is refreshed. Lifetimes and the clock belong to the adapter.
 * `test/contract/session-store.ts` is the definition; every adapter runs it.
 */
export type SessionStore = {
  /**
   * Starts a session for the account as it was at `version`. `superseded`: the account has changed since (password, role,
   * disabled) or was deleted, and nothing was stored; read the account again. A change made before is seen here, and an
   * `endAll` after the change sees this session: no login outlives what it was based on.
   */
  readonly start: (session: NewSession) => Promise<Session | 'superseded'>;

  /**
   * Spends a refresh token. See `Rotation`: of simultaneous uses exactly one rotates. A token of the session's family that
   * is neither current nor just spent counts as reused, whether or not it was ever issued: O(1) state cannot tell, and its
   * holder knows the family's secret.
   */
  readonly rotate: (use: RefreshUse) => Promise<Rotation>;

  /** Returns what `rotate` would find if the token were used now. Changes nothing. */
  readonly recognize: (userId: UserId, sessionId: SessionId, digests: TokenDigests) => Promise<RefreshTokenState>;

  /**
   * Returns how many milliseconds ago the owner of a live session last proved who they are, by the clock that recorded it. Null if
   * the session has ended.
   */
  readonly authenticationAge: (userId: UserId, sessionId: SessionId) => Promise<number | null>;

  /**
   * Returns whether the session is live now. Called once per request that needs a credential; callers must not cache it. An
   * adapter that can answer without a promise does, and then throws synchronously too.
   */
  readonly check: (userId: UserId, sessionId: SessionId) => Promise<SessionStatus> | SessionStatus;

  /** Returns a page of the live sessions of one account, newest first, then by descending id. */
  readonly list: (userId: UserId, page: PageQuery) => Promise<Page<Session>>;

  /** Ends one session of this account; false if it was not live. Once it has answered, `check` returns `ended`. */
  readonly end: (userId: UserId, sessionId: SessionId) => Promise<boolean>;

  /** Whether this is the token family of a live session; spent tokens count too. */
  readonly isFamily: (userId: UserId, sessionId: SessionId, family: TokenDigest) => Promise<boolean>;

  /** Ends all sessions of an account, or all but one; returns how many it ended. */
  readonly endAll: (userId: UserId, except?: SessionId) => Promise<number>;

  /**
   * Takes over a change of the account: role, password, disabled or enabled. Once it has answered, `check` reflects it, `start`
   * refuses credentials that were checked before, and the sessions it ends (`User.sessionsFrom`) are no longer live. Calls that
   * come late or twice change nothing: a lower version never replaces a higher one.
   *
   * `kept` lives on with a refresh token of a new family, if it was live until now; from then on its earlier tokens are unknown.
   * Counts as a use, so that the new token has the whole idle lifetime, and as proven: its owner has just given the former password.
   * Returns it; null if it has ended, or none was named.
   */
  readonly accountChanged: (account: User, kept?: KeptSession) => Promise<Session | null>;

  /**
   * Takes over at most `limit` changes of accounts that were not passed to `accountChanged`: the process died or the store could
   * not be reached in between, or the database was edited by hand. Returns how many. Safe to call from every instance at once.
   * Absent in a store that reads the accounts themselves.
   */
  readonly catchUp?: (limit: number) => Promise<number>;

  /**
   * Removes expired sessions, at most `limit`; returns how many. Correctness never depends on it. A store whose server has a
   * clock goes by that instead of `now`.
   */
  readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number>;
};

export type NewSession = {
  readonly id: SessionId;
  readonly userId: UserId;
  /** Of the account that the credential was checked against; it was not disabled. */
  readonly version: number;
  readonly role: Role;
  readonly sessionsFrom: number;
  readonly digests: TokenDigests;
  readonly client: ClientInfo;
};

export type RefreshUse = {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  /** Of the token presented. */
  readonly digests: TokenDigests;
  /** Becomes current if this use rotates. */
  readonly successor: TokenDigest;
  /** Stored so that the presented token can derive the same successor again; useless without that token. */
  readonly successorNonce: string;
  readonly client: ClientInfo;
  /**
   * Of the account as it was just read; it was not disabled. A store that keeps a copy catches up from it: a process may die
   * between changing an account and calling `accountChanged`.
   */
  readonly version: number;
  readonly role: Role;
  readonly sessionsFrom: number;
};
