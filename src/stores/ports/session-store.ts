import type { ClientInfo, SessionId, UserId } from '@fieldgate/guard/core';
import type { TokenDigest } from '../../domain/ids.ts';
import type { Role } from '../../domain/role.ts';
import type { RefreshTokenState, Rotation, Session, SessionStatus, TokenDigests } from '../../domain/session.ts';
import type { User } from '../../domain/user.ts';

/**
 * Refresh-token families and the revocation of what was issued from them.
 *
 * Every method is one atomic step: under any number of simultaneous calls the outcome is as if they had come one after
 * the other. Outcomes come back as data, also the bad ones: a detected theft stays committed although the request that
 * showed it fails. A method rejects only with `AppError('SERVICE_UNAVAILABLE')`, when the store cannot answer in time;
 * then it may or may not have taken effect, and calling it again is safe.
 *
 * State per session is O(1) however often it is refreshed. Lifetimes and the clock belong to the adapter.
 * `test/contract/session-store.ts` is the definition; every adapter runs it.
 */
export type SessionStore = {
  /**
   * Begins a session for the account as it was at `version`. `superseded`: the account has changed since (password,
   * role, disabled) or is gone, and nothing was stored; look at the account again. A change of the account that was made
   * before is seen here, and an `endAll` that follows the change sees this session: no login outlives what it was based on.
   */
  readonly start: (session: NewSession) => Promise<Session | 'superseded'>;

  /**
   * Spends a refresh token. See `Rotation`: of any number of simultaneous uses exactly one rotates. A token of the
   * session's family that is neither current nor just spent counts as reused, whether or not it was ever given out:
   * O(1) state cannot tell, and its holder knows the family's secret.
   */
  readonly rotate: (use: RefreshUse) => Promise<Rotation>;

  /** What `rotate` would find if the token were used now. Looking changes nothing and ends nothing. */
  readonly recognize: (userId: UserId, sessionId: SessionId, digests: TokenDigests) => Promise<RefreshTokenState>;

  /**
   * Gives a live session a new refresh token of a new family: every token it had before was never ours. Counts as a use,
   * so that the new token has the whole idle lifetime before it. Null if the session is over.
   */
  readonly reissue: (userId: UserId, sessionId: SessionId, digests: TokenDigests) => Promise<Session | null>;

  /**
   * What the session is worth now. Asked once per request that needs a credential, and kept by nobody who asks. An adapter that can
   * answers at once, without a promise; it then throws at once too.
   */
  readonly check: (userId: UserId, sessionId: SessionId) => Promise<SessionStatus> | SessionStatus;

  /** The live sessions of one account, newest first, then by id downwards. */
  readonly list: (userId: UserId) => Promise<readonly Session[]>;

  /** Ends one session of this account; false if there was none (any more). From the answer on, `check` says `ended`. */
  readonly end: (userId: UserId, sessionId: SessionId) => Promise<boolean>;

  /** Whether this is the token family of a live session, whichever of its tokens was presented, spent or not. */
  readonly isFamily: (userId: UserId, sessionId: SessionId, family: TokenDigest) => Promise<boolean>;

  /**
   * Ends all sessions of an account, or all but one; returns how many it ended. An account that is disabled has no live
   * sessions, but they come back with it unless they are ended: whoever disables calls this too.
   */
  readonly endAll: (userId: UserId, except?: SessionId) => Promise<number>;

  /**
   * Tells that what the account may do has changed: role, password, disabled or enabled; with the account as it is now,
   * from the answer on `check` says so and `start` refuses credentials that were checked before. Word that comes late or
   * twice changes nothing: a higher version is never taken back. A store that reads the accounts themselves has nothing to do.
   */
  readonly accountChanged: (account: User) => Promise<void>;

  /** Removes what has expired, a bounded number at a time; returns how many it removed. Correctness never depends on it. */
  readonly purgeExpired: (limit: number) => Promise<number>;
};

export type NewSession = {
  readonly id: SessionId;
  readonly userId: UserId;
  /** Of the account the credential was checked against; it was not disabled. */
  readonly version: number;
  readonly role: Role;
  readonly digests: TokenDigests;
  readonly client: ClientInfo;
};

export type RefreshUse = {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  /** Of the token presented. */
  readonly digests: TokenDigests;
  /** What becomes current if this use rotates. */
  readonly successor: TokenDigest;
  /** Kept beside the successor so that the presented token can give it again; useless without that token. */
  readonly successorNonce: string;
  readonly client: ClientInfo;
  /**
   * Of the account as it was just read; it was not disabled. A store that keeps a copy of them catches up, should it never
   * have heard of a change: a process may die between changing an account and telling.
   */
  readonly version: number;
  readonly role: Role;
};
