import { randomUUID } from 'node:crypto';
import { type SessionId, sessionId, type UserId } from '@fieldgate/guard';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TokenDigest, tokenDigest } from '../../src/domain/ids.ts';
import { byCreation } from '../../src/domain/page.ts';
import type { Role } from '../../src/domain/role.ts';
import type { Rotation, Session, SessionLifetimes } from '../../src/domain/session.ts';
import type { User } from '../../src/domain/user.ts';
import type { KeptSession } from '../../src/stores/ports/account-store.ts';
import type { SessionStore } from '../../src/stores/ports/session-store.ts';
import { allOf, listAll } from '../support/pages.ts';
import type { Harness, TwoInstances } from './harness.ts';

export type SessionStoreHarness = Harness<SessionStoreSetup, [SessionLifetimes]> & {
  /** Lifetimes to test with; the absolute one at least 2.5 times the idle one, that a multiple of the window. */
  readonly lifetimes: SessionLifetimes;
  /** The shortest time that its clock resolves: 1 where the clock is passed in, more in real time. */
  readonly tickMs: number;
};

export type SessionStoreSetup = TwoInstances<SessionStore> & {
  readonly now: () => number;
  /** Sets the clock on, or sleeps. */
  readonly advance: (ms: number) => Promise<void>;
  /** The number of records for sessions, live or not. */
  readonly countRecords: () => Promise<number>;
  readonly accounts: {
    readonly create: () => Promise<User>;
    readonly changePassword: (id: UserId) => Promise<void>;
    readonly setRole: (id: UserId, role: Role) => Promise<void>;
    readonly setDisabled: (id: UserId, disabled: boolean) => Promise<void>;
    readonly remove: (id: UserId) => Promise<void>;
  };
};

const laptop = { ip: '192.0.2.1', userAgent: 'laptop' };
const phone = { ip: '2001:db8::1', userAgent: 'phone' };

/** A session as its client knows it. */
type SignIn = {
  readonly user: User;
  readonly userId: UserId;
  readonly id: SessionId;
  readonly family: TokenDigest;
  readonly token: TokenDigest;
};

export const sessionStoreSuite = (harness: SessionStoreHarness): void => {
  const { lifetimes, tickMs } = harness;

  let setup: SessionStoreSetup;
  let store: SessionStore;
  let ada: User;

  beforeAll(harness.start);
  afterAll(harness.stop);
  beforeEach(async () => {
    setup = await harness.open(lifetimes);
    store = setup.store;
    ada = await setup.accounts.create();
  });

  const digest = () => tokenDigest(randomUUID());

  const start = async (user: User, client = laptop): Promise<SignIn & { outcome: Session | 'superseded' }> => {
    const signIn = { user, userId: user.id, id: sessionId(randomUUID()), family: digest(), token: digest() };
    const digests = { family: signIn.family, token: signIn.token };
    const { id, version, role, sessionsFrom } = user;
    const outcome = await store.start({ id: signIn.id, userId: id, version, role, sessionsFrom, digests, client });
    return { ...signIn, outcome };
  };

  const reissue = (id: SessionId, digests: KeptSession['digests']) => store.accountChanged(ada, { id, digests });

  const use = (signIn: SignIn, token: TokenDigest, successor = digest(), by = store, client = laptop) =>
    by.rotate({
      userId: signIn.userId,
      sessionId: signIn.id,
      digests: { family: signIn.family, token },
      successor,
      successorNonce: `nonce of ${successor}`,
      client,
      version: signIn.user.version,
      role: signIn.user.role,
      sessionsFrom: signIn.user.sessionsFrom,
    });

  /** Uses the token, expects success and returns its successor. */
  const refresh = async (signIn: SignIn, token: TokenDigest): Promise<TokenDigest> => {
    const successor = digest();
    expect((await use(signIn, token, successor)).kind).toBe('rotated');
    return successor;
  };

  const live = async (by: SessionStore, { userId, id }: SignIn) => {
    const found = await by.check(userId, id);
    if (found.kind !== 'live') throw new Error('The session has ended.');
    return found;
  };

  const statusOf = async ({ userId, id }: SignIn, by = store) => (await by.check(userId, id)).kind;

  describe('starting', () => {
    test('a started session is live and has the role of its account', async () => {
      const session = await start(ada);
      expect(await store.check(ada.id, session.id)).toMatchObject({ kind: 'live', role: 'USER' });
    });

    test('starting returns the session as the list shows it', async () => {
      const { outcome } = await start(ada);
      expect(await allOf(store, ada.id)).toEqual([outcome]);
    });

    test.each<[string, (id: UserId) => Promise<void>]>([
      ['its password changed', (id) => setup.accounts.changePassword(id)],
      ['its role changed', (id) => setup.accounts.setRole(id, 'ADMIN')],
      ['it was disabled', (id) => setup.accounts.setDisabled(id, true)],
      ['it was deleted', (id) => setup.accounts.remove(id)],
    ])('R15, R16: a login starts no session if its account was read before %s', async (_, change) => {
      await change(ada.id);
      const { outcome, id } = await start(ada);
      expect(outcome).toBe('superseded');
      expect((await store.check(ada.id, id)).kind).toBe('ended');
      expect(await setup.countRecords()).toBe(0);
    });

    test('R16: a disabled account starts no session, even at its current version', async () => {
      await setup.accounts.setDisabled(ada.id, true);
      expect((await start({ ...ada, version: ada.version + 1 })).outcome).toBe('superseded');
    });

    test('R15: no login that races with a password change survives it', async () => {
      for (let round = 0; round < 10; round += 1) {
        const user = await setup.accounts.create();
        const logins = Array.from({ length: 8 }, () => start(user));
        await setup.accounts.changePassword(user.id);
        await setup.other.endAll(user.id);
        await Promise.all(logins);
        expect(await allOf(store, user.id)).toEqual([]);
      }
    });
  });

  describe('rotating', () => {
    test('R01: using a refresh token spends it and makes its successor current', async () => {
      const session = await start(ada);
      const second = await refresh(session, session.token);
      await refresh(session, second);
      expect(await statusOf(session)).toBe('live');
    });

    test('rotating returns the session with the time and the client of this use', async () => {
      const session = await start(ada);
      await setup.advance(tickMs);
      const rotation = await use(session, session.token, digest(), store, phone);
      const [listed] = await allOf(store, ada.id);
      expect(rotation).toEqual({ kind: 'rotated', session: listed });
      expect(listed).toMatchObject({ ...phone, id: session.id, userId: ada.id });
      expect(listed?.lastSeenAt).toBeGreaterThan(listed?.createdAt ?? Number.POSITIVE_INFINITY);
    });

    test('R03, F01: one of 100 simultaneous uses on two instances rotates, and all others get its successor', async () => {
      const session = await start(ada);
      const uses = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const successor = digest();
          return {
            successor,
            outcome: await use(session, session.token, successor, index % 2 ? store : setup.other),
          };
        }),
      );
      const winners = uses.filter(({ outcome }) => outcome.kind === 'rotated');
      expect(winners).toHaveLength(1);
      const successor = winners[0]?.successor ?? digest();
      const nonces = uses.flatMap(({ outcome }) => (outcome.kind === 'replayed' ? [outcome.successorNonce] : []));
      expect(nonces).toEqual(Array.from({ length: 99 }, () => `nonce of ${successor}`));
      await refresh(session, successor);
    });

    test('R04: the token just spent returns the same successor until the window closes', async () => {
      const session = await start(ada);
      const successor = await refresh(session, session.token);
      await setup.advance(lifetimes.reuseWindowMs - tickMs);
      expect(await use(session, session.token)).toMatchObject({
        kind: 'replayed',
        successorNonce: `nonce of ${successor}`,
        session: { id: session.id },
      });
      await refresh(session, successor);
    });

    test('R04: a replay prolongs neither the window nor the session', async () => {
      const session = await start(ada);
      await refresh(session, session.token);
      const before = await allOf(store, ada.id);
      await setup.advance(lifetimes.reuseWindowMs - tickMs);
      await use(session, session.token, digest(), store, phone);
      expect(await allOf(store, ada.id)).toEqual(before);
      await setup.advance(tickMs);
      expect(await use(session, session.token)).toEqual({ kind: 'reused' });
    });

    test('R02: a spent token used after its window ends its session', async () => {
      const session = await start(ada);
      const successor = await refresh(session, session.token);
      await setup.advance(lifetimes.reuseWindowMs);
      expect(await use(session, session.token)).toEqual({ kind: 'reused' });
      expect(await statusOf(session, setup.other)).toBe('ended');
      expect(await use(session, successor)).toEqual({ kind: 'unknown' });
    });

    test('R05: a spent token used after its successor ends its session, even within the window', async () => {
      const session = await start(ada);
      const third = await refresh(session, await refresh(session, session.token));
      expect(await use(session, session.token)).toEqual({ kind: 'reused' });
      expect(await use(session, third)).toEqual({ kind: 'unknown' });
    });

    test('R02: a token spent long ago ends its session', async () => {
      const session = await start(ada);
      let current = session.token;
      for (let turn = 0; turn < 5; turn += 1) current = await refresh(session, current);
      expect(await use(session, session.token)).toEqual({ kind: 'reused' });
      expect(await statusOf(session)).toBe('ended');
    });

    test('R02: reuse is reported once, and then the tokens of that session are unknown', async () => {
      const session = await start(ada);
      await refresh(session, await refresh(session, session.token));
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => use(session, session.token)));
      expect(outcomes.filter(({ kind }) => kind === 'reused')).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === 'unknown')).toHaveLength(19);
    });

    test('R02: reuse ends that session only', async () => {
      const [session, sibling] = [await start(ada), await start(ada)];
      const stranger = await start(await setup.accounts.create());
      await refresh(session, await refresh(session, session.token));
      expect(await use(session, session.token)).toEqual({ kind: 'reused' });
      expect([await statusOf(session), await statusOf(sibling), await statusOf(stranger)]).toEqual([
        'ended',
        'live',
        'live',
      ]);
    });

    test('a token of the family that was never issued counts as reused', async () => {
      const session = await start(ada);
      expect(await use(session, digest())).toEqual({ kind: 'reused' });
      expect(await statusOf(session)).toBe('ended');
    });

    test.each<[string, (mine: SignIn, theirs: SignIn) => Promise<Rotation>]>([
      ['of another family', (mine) => use({ ...mine, family: digest() }, mine.token)],
      ['of the family of another session', (mine, theirs) => use({ ...mine, family: theirs.family }, theirs.token)],
      ['of another account', (mine, theirs) => use({ ...mine, userId: theirs.userId }, mine.token)],
      ['of an unknown session', (mine) => use({ ...mine, id: sessionId(randomUUID()) }, mine.token)],
    ])('R10: a token %s is unknown and ends nothing', async (_, attempt) => {
      const [mine, theirs] = [await start(ada), await start(await setup.accounts.create())];
      expect(await attempt(mine, theirs)).toEqual({ kind: 'unknown' });
      await refresh(mine, mine.token);
      await refresh(theirs, theirs.token);
    });

    test('R05: with a window of 0 every second use is reuse', async () => {
      setup = await harness.open({ ...lifetimes, reuseWindowMs: 0 });
      store = setup.store;
      const session = await start(await setup.accounts.create());
      await refresh(session, session.token);
      expect(await use(session, session.token)).toEqual({ kind: 'reused' });
    });

    test('R05: with a window of 0 simultaneous uses are reuse too', async () => {
      setup = await harness.open({ ...lifetimes, reuseWindowMs: 0 });
      store = setup.store;
      const session = await start(await setup.accounts.create());
      const uses = await Promise.all(Array.from({ length: 10 }, () => use(session, session.token)));
      expect(uses.map(({ kind }) => kind).sort()).toEqual(['reused', 'rotated', ...Array(8).fill('unknown')]);
    });

    test('a session takes one record, however often it is refreshed', async () => {
      const hourMs = 3_600_000;
      setup = await harness.open({ ...lifetimes, idleMs: hourMs, absoluteMs: hourMs });
      store = setup.store;
      const session = await start(await setup.accounts.create());
      let current = session.token;
      for (let turn = 0; turn < 1_000; turn += 1) current = await refresh(session, current);
      expect(await setup.countRecords()).toBe(1);
      expect(await statusOf(session)).toBe('live');
    });
  });

  describe('recognising', () => {
    const recognize = ({ userId, id, family }: SignIn, token: TokenDigest) =>
      store.recognize(userId, id, { family, token });

    test('recognizing returns what a use would find and uses nothing', async () => {
      const session = await start(ada);
      expect(await recognize(session, session.token)).toBe('current');
      const second = await refresh(session, session.token);
      expect(await recognize(session, second)).toBe('current');
      expect(await recognize(session, session.token)).toBe('replayable');
      await refresh(session, second);
      expect(await recognize(session, session.token)).toBe('spent');
      expect(await statusOf(session)).toBe('live');
    });

    test('a token just spent is replayable until the window closes', async () => {
      const session = await start(ada);
      await refresh(session, session.token);
      await setup.advance(lifetimes.reuseWindowMs - tickMs);
      expect(await recognize(session, session.token)).toBe('replayable');
      await setup.advance(tickMs);
      expect(await recognize(session, session.token)).toBe('spent');
    });

    test('a token of another family, session or account, or of an ended session, is unknown', async () => {
      const [session, other] = [await start(ada), await start(ada)];
      const stranger = await setup.accounts.create();
      expect(await recognize({ ...session, family: digest() }, session.token)).toBe('unknown');
      expect(await recognize({ ...session, id: other.id }, session.token)).toBe('unknown');
      expect(await recognize({ ...session, userId: stranger.id }, session.token)).toBe('unknown');
      await setup.accounts.setDisabled(ada.id, true);
      expect(await recognize(session, session.token)).toBe('unknown');
      await setup.accounts.setDisabled(ada.id, false);
      await store.end(ada.id, session.id);
      expect(await recognize(session, session.token)).toBe('unknown');
    });
  });

  describe('reissuing', () => {
    test('R15: a reissued session continues with the new token alone, and all former ones are unknown', async () => {
      const session = await start(ada);
      const second = await refresh(session, session.token);
      const renewed = { ...session, family: digest(), token: digest() };
      const answer = await reissue(session.id, { family: renewed.family, token: renewed.token });
      expect(await allOf(store, ada.id)).toEqual([answer]);
      expect(await use(session, session.token)).toEqual({ kind: 'unknown' });
      expect(await use(session, second)).toEqual({ kind: 'unknown' });
      await refresh(renewed, renewed.token);
    });

    test('R06: reissuing closes the reuse window', async () => {
      const session = await start(ada);
      await refresh(session, session.token);
      const digests = { family: session.family, token: digest() };
      await reissue(session.id, digests);
      expect((await use(session, session.token)).kind).not.toBe('replayed');
    });

    test('reissuing gives the new token a full idle lifetime', async () => {
      const session = await start(ada);
      await setup.advance(lifetimes.idleMs - tickMs);
      await reissue(session.id, { family: digest(), token: digest() });
      await setup.advance(lifetimes.idleMs - tickMs);
      expect(await statusOf(session)).toBe('live');
    });

    test('an ended, foreign or unknown session is not reissued', async () => {
      const [ended, other] = [await start(ada), await start(await setup.accounts.create())];
      await store.end(ada.id, ended.id);
      const digests = { family: digest(), token: digest() };
      for (const id of [ended.id, other.id, sessionId(randomUUID())]) {
        expect(await reissue(id, digests)).toBeNull();
      }
      expect(await setup.countRecords()).toBe(1);
      await refresh(other, other.token);
    });
  });

  describe('ending', () => {
    test('R12: an ended session and its refresh token are rejected by every instance at once', async () => {
      const session = await start(ada);
      expect(await store.end(ada.id, session.id)).toBe(true);
      expect(await statusOf(session, setup.other)).toBe('ended');
      expect(await use(session, session.token, digest(), setup.other)).toEqual({ kind: 'unknown' });
    });

    test('R06: ending closes the reuse window', async () => {
      const session = await start(ada);
      await refresh(session, session.token);
      await store.end(ada.id, session.id);
      expect(await use(session, session.token)).toEqual({ kind: 'unknown' });
    });

    test('ending an ended or unknown session is false', async () => {
      const session = await start(ada);
      await store.end(ada.id, session.id);
      expect(await store.end(ada.id, session.id)).toBe(false);
      expect(await store.end(ada.id, sessionId(randomUUID()))).toBe(false);
    });

    test('one of several simultaneous calls ends the session', async () => {
      const session = await start(ada);
      const ended = await Promise.all(Array.from({ length: 20 }, () => store.end(ada.id, session.id)));
      expect(ended.filter(Boolean)).toHaveLength(1);
    });

    test("R14: another account's session can be neither ended nor checked nor listed", async () => {
      const session = await start(ada);
      const eve = await setup.accounts.create();
      expect(await store.end(eve.id, session.id)).toBe(false);
      expect((await store.check(eve.id, session.id)).kind).toBe('ended');
      expect(await allOf(store, eve.id)).toEqual([]);
      expect(await statusOf(session)).toBe('live');
    });

    test("R13: ending all ends each of the account's sessions and none of another's", async () => {
      const mine = [await start(ada), await start(ada), await start(ada)];
      const theirs = await start(await setup.accounts.create());
      expect(await store.endAll(ada.id)).toBe(3);
      expect(await Promise.all(mine.map((session) => statusOf(session)))).toEqual(['ended', 'ended', 'ended']);
      expect(await statusOf(theirs)).toBe('live');
      expect(await store.endAll(ada.id)).toBe(0);
    });

    test('R15: ending all sessions but one keeps that one', async () => {
      const [kept, ended] = [await start(ada), await start(ada)];
      expect(await store.endAll(ada.id, kept.id)).toBe(1);
      expect([await statusOf(kept), await statusOf(ended)]).toEqual(['live', 'ended']);
    });

    test("R14: ending all sessions but another account's ends all", async () => {
      await start(ada);
      const theirs = await start(await setup.accounts.create());
      expect(await store.endAll(ada.id, theirs.id)).toBe(1);
      expect(await statusOf(theirs)).toBe('live');
    });

    test('no refresh that races with the end of a session brings it back', async () => {
      for (let round = 0; round < 20; round += 1) {
        const session = await start(ada);
        await Promise.all([use(session, session.token), setup.other.endAll(ada.id), use(session, session.token)]);
        expect(await statusOf(session)).toBe('ended');
      }
      expect(await setup.countRecords()).toBe(0);
    });

    test('a family is recognized while its session lives, with its own account and session alone', async () => {
      const session = await start(ada);
      const eve = await setup.accounts.create();
      await refresh(session, session.token);
      expect(await store.isFamily(ada.id, session.id, session.family)).toBe(true);
      expect(await store.isFamily(ada.id, session.id, session.token)).toBe(false);
      expect(await store.isFamily(eve.id, session.id, session.family)).toBe(false);
      expect(await store.isFamily(ada.id, sessionId(randomUUID()), session.family)).toBe(false);
      await store.end(ada.id, session.id);
      expect(await store.isFamily(ada.id, session.id, session.family)).toBe(false);
    });
  });

  describe('following the account', () => {
    test('R18: a role change is in force at the next check of every instance and ends nothing', async () => {
      const session = await start(ada);
      await setup.accounts.setRole(ada.id, 'MODERATOR');
      for (const by of [store, setup.other]) {
        const { account = { role: 'MODERATOR' }, ...status } = await live(by, session);
        expect(status).toEqual({ kind: 'live', role: 'MODERATOR', accountVersion: 2 });
        expect(account).toMatchObject({ role: 'MODERATOR' });
      }
      await refresh(session, session.token);
    });

    test('R16: a disabled account has no live session', async () => {
      const session = await start(ada);
      await setup.accounts.setDisabled(ada.id, true);
      expect(await statusOf(session)).toBe('ended');
      expect(await use(session, session.token)).toEqual({ kind: 'unknown' });
      expect(await reissue(session.id, { family: digest(), token: digest() })).toBeNull();
      expect(await store.isFamily(ada.id, session.id, session.family)).toBe(false);
      expect(await allOf(store, ada.id)).toEqual([]);
    });

    test('R16: disabling ends the sessions for good, and none comes back when the account is enabled', async () => {
      const session = await start(ada);
      await setup.accounts.setDisabled(ada.id, true);
      await setup.accounts.setDisabled(ada.id, false);
      expect(await statusOf(session)).toBe('ended');
      expect(await use(session, session.token)).toEqual({ kind: 'unknown' });
      expect(await setup.countRecords()).toBe(0);
    });

    test('R16: a deleted account has no live session', async () => {
      const session = await start(ada);
      await setup.accounts.remove(ada.id);
      expect(await statusOf(session)).toBe('ended');
      expect(await use(session, session.token)).toEqual({ kind: 'unknown' });
    });
  });

  describe('expiring', () => {
    test('R08: a session that is not refreshed ends exactly at its idle limit', async () => {
      const [, session] = [await start(ada), await start(ada)];
      await setup.advance(lifetimes.idleMs - tickMs);
      expect(await statusOf(session)).toBe('live');
      await setup.advance(tickMs);
      expect(await statusOf(session)).toBe('ended');
      expect(await use(session, session.token)).toEqual({ kind: 'unknown' });
      expect(await allOf(store, ada.id)).toEqual([]);
      expect(await reissue(session.id, { family: digest(), token: digest() })).toBeNull();
      expect(await store.isFamily(ada.id, session.id, session.family)).toBe(false);
      expect(await store.end(ada.id, session.id)).toBe(false);
      expect(await store.endAll(ada.id)).toBe(0);
    });

    test('a refresh extends the idle limit', async () => {
      const session = await start(ada);
      await setup.advance(lifetimes.idleMs - tickMs);
      await refresh(session, session.token);
      await setup.advance(lifetimes.idleMs - tickMs);
      expect(await statusOf(session)).toBe('live');
      await setup.advance(tickMs);
      expect(await statusOf(session)).toBe('ended');
    });

    test('R08: a spent token of an expired session is unknown', async () => {
      const session = await start(ada);
      await refresh(session, await refresh(session, session.token));
      await setup.advance(lifetimes.idleMs);
      expect(await use(session, session.token)).toEqual({ kind: 'unknown' });
    });

    test('R07: a session ends at its absolute limit, however often it was refreshed', async () => {
      const session = await start(ada);
      const begun = setup.now();
      let current = session.token;
      const step = lifetimes.idleMs / 2;
      while (setup.now() + step < begun + lifetimes.absoluteMs) {
        await setup.advance(step);
        current = await refresh(session, current);
      }
      const [listed] = await allOf(store, ada.id);
      expect(listed?.expiresAt).toBe((listed?.createdAt ?? 0) + lifetimes.absoluteMs);
      await setup.advance(begun + lifetimes.absoluteMs - tickMs - setup.now());
      expect(await statusOf(session)).toBe('live');
      await setup.advance(tickMs);
      expect(await statusOf(session)).toBe('ended');
      expect(await use(session, current)).toEqual({ kind: 'unknown' });
    });

    test('R07: an absolute limit below the idle limit applies from the start', async () => {
      setup = await harness.open({ ...lifetimes, idleMs: lifetimes.absoluteMs, absoluteMs: lifetimes.idleMs });
      store = setup.store;
      const { outcome } = await start(await setup.accounts.create());
      expect(outcome).not.toBe('superseded');
      if (outcome !== 'superseded') expect(outcome.expiresAt).toBe(outcome.createdAt + lifetimes.idleMs);
    });
  });

  describe('listing', () => {
    test('sessions are listed newest first', async () => {
      const started: SignIn[] = [];
      for (let count = 0; count < 3; count += 1) {
        started.push(await start(ada));
        await setup.advance(tickMs);
      }
      const [oldest] = started;
      if (oldest !== undefined) await refresh(oldest, oldest.token);
      expect((await allOf(store, ada.id)).map(({ id }) => id)).toEqual(started.map(({ id }) => id).reverse());
    });

    test('sessions of the same moment are listed by descending id', async () => {
      if (tickMs > 1) return; // Only where the clock stands still.
      const ids = (await Promise.all([start(ada), start(ada), start(ada)])).map(({ id }) => id);
      expect((await allOf(store, ada.id)).map(({ id }) => id)).toEqual(ids.sort().reverse());
    });

    test('R13: a listed session has times and client, and no token', async () => {
      const session = await start(ada, phone);
      const [listed] = await allOf(store, ada.id);
      expect(listed).toEqual({
        id: session.id,
        userId: ada.id,
        createdAt: expect.any(Number),
        lastSeenAt: listed?.createdAt,
        authenticatedAt: listed?.createdAt,
        expiresAt: (listed?.createdAt ?? 0) + lifetimes.idleMs,
        ip: phone.ip,
        userAgent: phone.userAgent,
      });
    });

    test('sessions are listed page by page, and the list stays right when others start or end meanwhile', async () => {
      const started = await Promise.all(Array.from({ length: 5 }, () => start(ada)));
      await setup.advance(tickMs);
      started.push(await start(ada));
      const whole = (await allOf(store, ada.id)).map(({ id }) => id);
      expect([...whole].sort()).toEqual(started.map(({ id }) => id).sort());
      for (const first of [1, 2, 5]) {
        expect((await listAll((page) => store.list(ada.id, page), first)).map(({ id }) => id)).toEqual(whole);
      }
      const { items, hasNextPage } = await store.list(ada.id, { first: 3, after: null });
      const last = items.at(-1);
      await store.end(ada.id, last?.id ?? sessionId(''));
      await setup.advance(tickMs);
      await start(ada);
      const next = await store.list(ada.id, { first: 3, after: last ? byCreation(last) : null });
      expect([hasNextPage, next.items.map(({ id }) => id), next.hasNextPage]).toEqual([true, whole.slice(3), false]);
    });

    test('the client of a session may be unknown', async () => {
      const noClient = { ip: null, userAgent: null };
      const digests = { family: digest(), token: digest() };
      const id = sessionId(randomUUID());
      const { version, role, sessionsFrom } = ada;
      await store.start({ id, userId: ada.id, version, role, sessionsFrom, digests, client: noClient });
      expect(await allOf(store, ada.id)).toMatchObject([noClient]);
    });
  });

  describe('purging', () => {
    test('a purge removes expired sessions alone', async () => {
      await start(ada);
      const refreshed = await start(ada);
      await setup.advance(lifetimes.idleMs - tickMs);
      await refresh(refreshed, refreshed.token);
      expect(await store.purgeExpired(100, setup.now())).toBe(0);
      await setup.advance(tickMs);
      await store.purgeExpired(100, setup.now());
      expect(await setup.countRecords()).toBe(1);
      expect(await statusOf(refreshed)).toBe('live');
    });

    test('a purge removes no more than its limit', async () => {
      for (let count = 0; count < 5; count += 1) await start(ada);
      await setup.advance(lifetimes.idleMs);
      const before = await setup.countRecords();
      const removed = await store.purgeExpired(2, setup.now());
      expect(removed).toBeLessThanOrEqual(2);
      expect(await setup.countRecords()).toBe(before - removed);
      await store.purgeExpired(100, setup.now());
      expect(await setup.countRecords()).toBe(0);
    });
  });
};
