import { bearer, type ClientInfo, userId } from '@fieldgate/guard';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createAccessTokens } from '../../../src/crypto/access-token.ts';
import { digestOfEmail } from '../../../src/crypto/email-digest.ts';
import { createId } from '../../../src/crypto/identifiers.ts';
import { keySetFromSecret } from '../../../src/crypto/keys.ts';
import type { PasswordHasher } from '../../../src/crypto/password.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { type Actor, type EventDraft, serverActor } from '../../../src/domain/event.ts';
import { firstPartyClient } from '../../../src/domain/ids.ts';
import { standardRoles } from '../../../src/domain/role.ts';
import { Secret } from '../../../src/domain/secret.ts';
import type { User } from '../../../src/domain/user.ts';
import { createAccounts } from '../../../src/services/accounts.ts';
import { createLoginLockout } from '../../../src/services/login-lockout.ts';
import { createRequireRecentSignIn } from '../../../src/services/recent-sign-in.ts';
import { createSessions, type IssuedTokens } from '../../../src/services/sessions.ts';
import type { KeptSession } from '../../../src/stores/ports/account-store.ts';
import type { RefreshUse, SessionStore } from '../../../src/stores/ports/session-store.ts';
import { sqlAccountStore } from '../../../src/stores/sql/account-store.ts';
import type { SqlDatabase } from '../../../src/stores/sql/database.ts';
import { sqlLoginAttemptStore } from '../../../src/stores/sql/login-attempt-store.ts';
import { sqlSessionStore } from '../../../src/stores/sql/session-store.ts';
import { deleteAllRows, sqliteFile } from '../../support/databases.ts';

export const minute = 60_000;
export const day = 24 * 60 * minute;
export const lifetimes = { idleMs: 30 * day, absoluteMs: 90 * day, reuseWindowMs: 10_000 };
export const goodPassword = 'a long password';
export const otherPassword = 'another long password';
export const admin: Actor = { ...serverActor, kind: 'account', id: 'admin' };
export const browser: ClientInfo = { ip: '203.0.113.9', userAgent: 'Browser' };

/** Accounts and sessions over one SQLite file per test file, which is empty at each test. */
export const accountServices = () => {
  const { connect, drop } = sqliteFile();
  let database: SqlDatabase;
  beforeAll(async () => {
    database = connect();
    await database.migrate();
  });
  beforeEach(() => deleteAllRows(database));
  afterAll(drop);
  return { open: () => openServices(database) };
};

const openServices = (database: SqlDatabase) => {
  let now = Date.UTC(2026, 0, 1);
  const clock = () => now;
  const newId = () => createId(now);
  const events: EventDraft[] = [];
  const record = (event: EventDraft): void => void events.push(event);
  const { hasher, hashing } = createFakeHasher();
  const accountStore = sqlAccountStore(database);
  const notified: User[] = [];
  const stored = sqlSessionStore(database, { lifetimes, clock });
  const notifications = { fail: false };
  const uses: RefreshUse[] = [];
  const sessionStore: SessionStore = {
    ...stored,
    rotate: (use) => {
      uses.push(use);
      return stored.rotate(use);
    },
    accountChanged: async (user: User, kept?: KeptSession) => {
      if (notifications.fail) throw new AppError('SERVICE_UNAVAILABLE');
      notified.push(user);
      return stored.accountChanged(user, kept);
    },
  };
  const accounts = createAccounts({
    roles: standardRoles,
    accounts: accountStore,
    sessions: sessionStore,
    passwords: hasher,
    passwordCheck: async (password) =>
      password.length < goodPassword.length ? { reason: 'PASSWORD_TOO_SHORT', message: 'Too short.' } : null,
    lockout: createLoginLockout({
      attempts: sqlLoginAttemptStore(database),
      policy: { maxFailures: 5, lockMs: 15 * minute },
      clock,
      createId: newId,
      digest: digestOfEmail,
    }),
    clock,
    createId: newId,
    record,
  });
  const accessTokens = createAccessTokens({
    ...{ keys: { current: keys }, issuer: 'http://issuer', audience: 'http://issuer', clientId: firstPartyClient },
    ttlSeconds: 900,
  });
  const sessions = createSessions({
    ...{ sessions: sessionStore, accounts, accessTokens, clock, createId: newId, record },
    requireRecentSignIn: createRequireRecentSignIn({ sessions: sessionStore, maxAgeMs: 10 * minute }),
  });
  const authenticate = bearer({
    verify: (token) => accessTokens.verify(token, now),
    checkSession: stored.check,
    checkServiceToken: null,
  });

  /** What a request with this access token would get: `accepted`, or the reason of its rejection. */
  const request = async ({ accessToken }: Pick<IssuedTokens, 'accessToken'>): Promise<string> => {
    const outcome = await authenticate({
      header: (name) => (name === 'authorization' ? `Bearer ${accessToken}` : null),
    });
    return outcome.kind === 'rejected' ? outcome.reason : outcome.kind;
  };

  return {
    ...{ accounts, sessions, accountStore, accessTokens, events, hashing, uses, notified, notifications, request },
    types: () => events.map(({ type }) => type),
    last: () => events.at(-1),
    advance: (ms: number) => {
      now += ms;
    },
    createAccount: (email = 'ada@example.com') =>
      accounts.createAccount({ email, password: goodPassword }, serverActor),
    login: (password = goodPassword, email = 'ada@example.com') => sessions.login(email, password, browser),
    /** An account whose owner signs in at a provider, and has no password. */
    createWithoutPassword: (email = 'grace@example.com') =>
      accountStore.create({
        ...{ id: userId(newId()), email, name: '', role: 'USER', passwordHash: null, createdAt: now },
      }),
  };
};

/** Hashes at no cost, and counts. */
const createFakeHasher = () => {
  const hashing = {
    verified: 0,
    hasCapacity: true,
    /** Runs while a password is being verified, when its account has been read already. */
    during: async (): Promise<void> => {},
  };
  const count = async (): Promise<void> => {
    hashing.verified += 1;
    await hashing.during();
  };
  const hasher: PasswordHasher = {
    hash: async (password) => `new:${password}`,
    verify: async (hash, password) => {
      await count();
      const match = hash.slice(hash.indexOf(':') + 1) === password;
      return { match, needsRehash: match && hash.startsWith('old:') };
    },
    verifyDummy: async () => {
      await count();
      return { match: false, needsRehash: false };
    },
    requireCapacity: () => {
      if (!hashing.hasCapacity) throw new AppError('SERVICE_UNAVAILABLE');
    },
    reserve: () => () => {},
    load: () => ({ running: 0, waiting: 0, refused: 0 }),
  };
  return { hasher, hashing };
};

const keys = keySetFromSecret(new Secret('tests only: 32 bytes and more, never used by a server that runs'), 'HS256');

/** The code of the error, and what it is about. */
export const failure = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) return `not an AppError: ${String(error)}`;
  return [error.code, error.details.field, error.details.reason].filter(Boolean).join(' ');
};
