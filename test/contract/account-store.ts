import { randomUUID } from 'node:crypto';
import { type UserId, userId } from '@fieldgate/guard';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { User } from '../../src/domain/user.ts';
import type { AccountQuery, AccountStore, NewAccount } from '../../src/stores/ports/account-store.ts';
import type { Harness, TwoInstances } from './harness.ts';

export type AccountStoreHarness = Harness<TwoInstances<AccountStore>>;

export const accountStoreSuite = (harness: AccountStoreHarness): void => {
  let store: AccountStore;
  let other: AccountStore;

  beforeAll(harness.start);
  afterAll(harness.stop);
  beforeEach(async () => {
    ({ store, other } = await harness.open());
  });

  const account = (given: Partial<NewAccount> = {}): NewAccount => ({
    id: userId(randomUUID()),
    email: `${randomUUID()}@example.com`,
    name: 'Ada',
    role: 'USER',
    passwordHash: 'first hash',
    createdAt: 1_000,
    ...given,
  });

  const create = async (given: Partial<NewAccount> = {}): Promise<User> => {
    const user = await store.create(account(given));
    if (user === 'taken') throw new Error('The email of a test account is taken.');
    return user;
  };

  const unknown = userId(randomUUID());

  describe('creating', () => {
    test('an account is found as it was created, without its hash', async () => {
      const { passwordHash: _, ...given } = account({ role: 'MODERATOR', name: 'Ада Łovelace 🦉' });
      const user = await create(given);
      expect(user).toEqual({ ...given, disabledAt: null, version: 1, sessionsFrom: 0 });
      expect(await store.findById(given.id)).toEqual(user);
      expect(await other.findById(given.id)).toEqual(user);
    });

    test('an email that has an account is taken, and that account stays unchanged', async () => {
      const user = await create({ email: 'ada@example.com' });
      expect(await store.create(account({ email: 'ada@example.com', name: 'Eve', passwordHash: 'x' }))).toBe('taken');
      expect(await store.findByEmail('ada@example.com')).toEqual({ user, passwordHash: 'first hash' });
    });

    test('100 simultaneous creations with one email on two instances create one account', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          (index % 2 ? store : other).create(account({ email: 'ada@example.com' })),
        ),
      );
      expect(outcomes.filter((outcome) => outcome !== 'taken')).toHaveLength(1);
      expect((await store.list({ first: 100 })).users).toHaveLength(1);
    });
  });

  describe('finding', () => {
    test('an account that does not exist is null', async () => {
      expect(await store.findById(unknown)).toBeNull();
      expect(await store.findByEmail('nobody@example.com')).toBeNull();
      expect(await store.findHashById(unknown)).toBeNull();
    });

    test('an account and its hash are found by email and by id', async () => {
      const user = await create();
      const expected = { user, passwordHash: 'first hash' };
      expect(await store.findByEmail(user.email)).toEqual(expected);
      expect(await store.findHashById(user.id)).toEqual(expected);
    });

    test('an email is compared exactly, since it was normalised before', async () => {
      await create({ email: 'ada@example.com' });
      expect(await store.findByEmail('ADA@example.com')).toBeNull();
      expect(await store.findByEmail('ada@example.co_')).toBeNull();
    });

    test('a text with U+0000 finds no account', async () => {
      await create({ email: 'ada@example.com' });
      expect(await store.findByEmail('ada@example.com\0')).toBeNull();
      expect(await store.list({ first: 10, search: 'ada\0' })).toEqual({ users: [], hasNextPage: false });
    });
  });

  describe('listing', () => {
    /** Every page, as a client would turn them. */
    const pages = async (query: AccountQuery): Promise<readonly (readonly UserId[])[]> => {
      const { users, hasNextPage } = await store.list(query);
      const last = users.at(-1);
      const page = users.map(({ id }) => id);
      return hasNextPage && last !== undefined ? [page, ...(await pages({ ...query, after: last }))] : [page];
    };

    test('accounts are listed oldest first, then by id, each on one page', async () => {
      const created: User[] = [];
      for (const createdAt of [3_000, 1_000, 1_000, 1_000, 2_000, 1_000, 1_000])
        created.push(await create({ createdAt }));
      const order = created.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
      expect(await pages({ first: 2 })).toEqual([
        order.slice(0, 2),
        order.slice(2, 4),
        order.slice(4, 6),
        order.slice(6),
      ]);
      expect(await pages({ first: 7 })).toEqual([order]);
    });

    test('ids are ordered by bytes, not by a language', async () => {
      const ids = ['a-1', 'B-1', 'a1', 'ä', 'Z', 'z'].map(userId);
      for (const id of ids) await create({ id });
      expect(await pages({ first: 2 })).toEqual([
        ['B-1', 'Z'],
        ['a-1', 'a1'],
        ['z', 'ä'],
      ]);
    });

    test('a page stays the same when an account is created before it', async () => {
      const [first, second] = [await create({ createdAt: 2_000 }), await create({ createdAt: 3_000 })];
      await create({ createdAt: 1_000 });
      expect((await store.list({ first: 5, after: first })).users).toEqual([second]);
    });

    const searched = async (search: string) => (await store.list({ first: 100, search })).users.map(({ name }) => name);

    test.each([
      ['part of a name', 'lovel', ['Ada Lovelace']],
      ['part of an email', '@analytical', ['Ada Lovelace']],
      ['another case', 'LOVELACE', ['Ada Lovelace']],
      ['umlauts in another case', 'MÜLL', ['Jörg Müller']],
      ['umlauts written in two characters', 'mu\u0308ller', ['Jörg Müller']],
      ['ß as SS', 'STRASSE', ['An der Straße']],
      ['a final sigma as any', 'ΟΔΟΣ Α', ['οδος α']],
      ['all accounts for an empty text', '', ['Ada Lovelace', 'Jörg Müller', 'An der Straße', 'οδος α', '100 %_\\']],
      ['nothing for a text that no account has', 'turing', []],
      ['% as it is', '0 %', ['100 %_\\']],
      ['_ as it is', '_', ['100 %_\\']],
      ['a backslash as it is', '\\', ['100 %_\\']],
      ['nothing for a pattern', 'L%E', []],
      ['nothing for a very long text', 'a'.repeat(60_000), []],
    ])('a search finds %s', async (_, search, found) => {
      const names = ['Ada Lovelace', 'Jörg Müller', 'An der Straße', 'οδος α', '100 %_\\'];
      const domains = ['analytical.example', 'a.example', 'b.example', 'c.example', 'd.example'];
      for (const [index, name] of names.entries()) {
        await create({ name, email: `u${index}@${domains[index]}`, createdAt: index });
      }
      expect(await searched(search)).toEqual(found);
    });

    test('a search is paged like the list', async () => {
      const ids = [];
      for (let index = 0; index < 5; index += 1) {
        ids.push((await create({ name: `Ada ${index}`, createdAt: index })).id);
        await create({ name: `Eve ${index}`, createdAt: index });
      }
      // The space keeps the random emails out.
      expect(await pages({ first: 2, search: 'ADA ' })).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
    });
  });

  describe('passwords', () => {
    test('a rehash replaces the hash and keeps the version', async () => {
      const user = await create();
      await store.rehash(user.id, 'first hash', 'newer hash');
      expect(await store.findHashById(user.id)).toEqual({ user, passwordHash: 'newer hash' });
    });

    test('a rehash after a password change does not restore the old password', async () => {
      const user = await create();
      await store.change(user.id, () => ({ passwordHash: 'changed hash' }));
      await store.rehash(user.id, 'first hash', 'newer hash of the first password');
      expect((await store.findHashById(user.id))?.passwordHash).toBe('changed hash');
    });

    test('R15: a password change raises the version', async () => {
      const user = await create();
      const after = { ...user, version: user.version + 1, sessionsFrom: user.version + 1 };
      expect(await store.change(user.id, () => ({ passwordHash: 'second hash' }))).toEqual({
        before: user,
        after,
        revokedKeys: [],
      });
      expect(await store.findHashById(user.id)).toEqual({ user: after, passwordHash: 'second hash' });
    });

    test('one of several simultaneous password changes from the same password takes effect', async () => {
      const user = await create();
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? store : other).change(user.id, ({ passwordHash }) =>
            passwordHash === 'first hash' ? { passwordHash: `hash ${index}` } : null,
          ),
        ),
      );
      expect(outcomes.filter((outcome) => outcome !== null)).toHaveLength(1);
      expect((await store.findById(user.id))?.version).toBe(user.version + 1);
    });
  });

  describe('changing', () => {
    test('a change is decided on the current account and its hash', async () => {
      const user = await create();
      const seen: unknown[] = [];
      await store.change(user.id, (account) => {
        seen.push(account);
        return {};
      });
      expect(seen).toEqual([{ user, passwordHash: 'first hash', isLastAdministrator: false }]);
    });

    test('R18: a new role raises the version, and the same role keeps it', async () => {
      const user = await create();
      const promoted = { ...user, role: 'ADMIN', version: user.version + 1 };
      expect(await store.change(user.id, () => ({ role: 'ADMIN' }))).toEqual({
        before: user,
        after: promoted,
        revokedKeys: [],
      });
      expect(await store.change(user.id, () => ({ role: 'ADMIN' }))).toEqual({
        before: promoted,
        after: promoted,
        revokedKeys: [],
      });
      expect(await store.findById(user.id)).toEqual(promoted);
    });

    test('R16: disabling and enabling each raise the version', async () => {
      const user = await create();
      const disabled = { ...user, disabledAt: 5_000, version: user.version + 1, sessionsFrom: user.version + 1 };
      expect((await store.change(user.id, () => ({ disabledAt: 5_000 })))?.after).toEqual(disabled);
      expect(await store.findById(user.id)).toEqual(disabled);
      const enabled = { ...disabled, disabledAt: null, version: user.version + 2 };
      expect((await store.change(user.id, () => ({ disabledAt: null })))?.after).toEqual(enabled);
    });

    test('simultaneous changes to the same role raise the version once', async () => {
      const user = await create();
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? store : other).change(user.id, () => ({ role: 'ADMIN' }))),
      );
      expect((await store.findById(user.id))?.version).toBe(user.version + 1);
    });

    test('a change that is decided against, or of an unknown account, is null and changes nothing', async () => {
      const user = await create();
      expect(await store.change(user.id, () => null)).toBeNull();
      expect(await store.change(unknown, () => ({ role: 'ADMIN' }))).toBeNull();
      expect(await store.findHashById(user.id)).toEqual({ user, passwordHash: 'first hash' });
    });
  });

  test('simultaneous changes of different kinds all take effect', async () => {
    const user = await create();
    await Promise.all([
      store.change(user.id, () => ({ role: 'MODERATOR' })),
      other.change(user.id, () => ({ disabledAt: 5_000 })),
      store.change(user.id, () => ({ passwordHash: 'second hash' })),
    ]);
    expect(await store.findHashById(user.id)).toEqual({
      user: {
        ...{ ...user, role: 'MODERATOR', disabledAt: 5_000, version: user.version + 3 },
        sessionsFrom: expect.any(Number),
      },
      passwordHash: 'second hash',
    });
  });
};
