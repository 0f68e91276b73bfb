import { randomUUID } from 'node:crypto';
import { type SessionId, sessionId } from '@fieldgate/guard';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TokenDigest, tokenDigest } from '../../src/domain/ids.ts';
import type { Session } from '../../src/domain/session.ts';
import type { User } from '../../src/domain/user.ts';
import { allOf } from '../support/pages.ts';
import type { SessionStoreHarness, SessionStoreSetup } from './session-store.ts';

/** What a session store keeps of the moment when the owner of a session last proved who they are. */
export const sessionAuthenticationSuite = (harness: SessionStoreHarness): void => {
  const { lifetimes, tickMs } = harness;
  let setup: SessionStoreSetup;
  let ada: User;

  beforeAll(harness.start);
  afterAll(harness.stop);
  beforeEach(async () => {
    setup = await harness.open(lifetimes);
    ada = await setup.accounts.create();
  });

  const digest = () => tokenDigest(randomUUID());
  const client = { ip: null, userAgent: null };

  const start = async (): Promise<{ id: SessionId; family: TokenDigest; token: TokenDigest; session: Session }> => {
    const [id, family, token] = [sessionId(randomUUID()), digest(), digest()];
    const { version, role, sessionsFrom } = ada;
    const session = await setup.store.start({
      id,
      userId: ada.id,
      version,
      role,
      sessionsFrom,
      digests: { family, token },
      client,
    });
    if (session === 'superseded') throw new Error('The account has changed.');
    return { id, family, token, session };
  };

  const ageOf = (id: SessionId, store = setup.store) => store.authenticationAge(ada.id, id);
  const listed = async () => (await allOf(setup.store, ada.id))[0];

  test('a session is authenticated when it starts, and that ages on every instance', async () => {
    const { id, session } = await start();
    expect(session.authenticatedAt).toBe(session.createdAt);
    await setup.advance(tickMs);
    for (const store of [setup.store, setup.other]) {
      const age = await ageOf(id, store);
      expect(age).toBeGreaterThanOrEqual(tickMs > 1 ? tickMs * 0.9 : tickMs);
      expect(age).toBeLessThan(tickMs + 5_000);
    }
  });

  test('a refresh proves nothing: neither a rotation nor a replay makes the age less', async () => {
    const { id, family, token, session } = await start();
    const { id: userId, version, role, sessionsFrom } = ada;
    await setup.advance(tickMs);
    const account = { userId, version, role, sessionsFrom };
    const use = { ...account, sessionId: id, digests: { family, token }, successorNonce: 'nonce', client };
    for (const kind of ['rotated', 'replayed']) {
      const rotation = await setup.store.rotate({ ...use, successor: digest() });
      expect(rotation).toMatchObject({ kind, session: { authenticatedAt: session.authenticatedAt } });
    }
    expect((await listed())?.authenticatedAt).toBe(session.authenticatedAt);
  });

  test('a session that is kept on a change of the account counts as proven then', async () => {
    const { id, session } = await start();
    await setup.advance(tickMs);
    const proven = await setup.store.accountChanged(ada, { id, digests: { family: digest(), token: digest() } });
    expect(proven?.authenticatedAt).toBe(proven?.lastSeenAt);
    expect(proven?.authenticatedAt).toBeGreaterThan(session.authenticatedAt);
    expect(await listed()).toEqual(proven);
  });

  test('a session that ended, of another account, or of a disabled account has no age', async () => {
    const [{ id }, ended] = [await start(), await start()];
    await setup.store.end(ada.id, ended.id);
    const eve = await setup.accounts.create();
    expect(await ageOf(ended.id)).toBeNull();
    expect(await setup.store.authenticationAge(eve.id, id)).toBeNull();
    expect(await ageOf(sessionId(randomUUID()))).toBeNull();
    await setup.accounts.setDisabled(ada.id, true);
    expect(await ageOf(id)).toBeNull();
  });
};
