import { randomUUID } from 'node:crypto';
import { apiKeyId, type UserId, userId } from '@fieldgate/guard';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { identityId, tokenDigest } from '../../src/domain/ids.ts';
import type { User } from '../../src/domain/user.ts';
import { sqlAccountStore } from '../../src/stores/sql/account-store.ts';
import { sqlApiKeyStore } from '../../src/stores/sql/api-key-store.ts';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { sqlIdentityStore } from '../../src/stores/sql/identity-store.ts';
import { postgresMissing, postgresServer, sqliteFile, type TestDatabase } from '../support/databases.ts';
import { allOf } from '../support/pages.ts';

const backends = [
  { name: 'SQLite', provide: async () => sqliteFile(), missing: null },
  { name: 'PostgreSQL', provide: postgresServer, missing: await postgresMissing() },
] as const;

describe.each(backends)('what is made for an account, in $name', ({ provide, missing }) => {
  describe.skipIf(missing !== null)('with this backend', () => {
    let provided: TestDatabase;
    let database: SqlDatabase;
    let ada: User;

    beforeAll(async () => {
      provided = await provide();
      database = provided.connect();
      await database.migrate();
    });
    afterAll(() => provided.drop());
    beforeEach(async () => {
      ada = await createAccount();
    });

    const createAccount = async (): Promise<User> => {
      const id = userId(randomUUID());
      const account = { id, email: `${id}@example.com`, name: '', role: 'USER', passwordHash: 'hash' } as const;
      const user = await sqlAccountStore(database).create({ ...account, createdAt: 1 });
      if (user === 'taken') throw new Error('A random email is taken.');
      return user;
    };
    const change = (revokeApiKeysAt?: number) =>
      sqlAccountStore(database).change(ada.id, () => ({
        passwordHash: randomUUID(),
        ...(revokeApiKeysAt === undefined ? {} : { revokeApiKeysAt }),
      }));
    const createKey = (ownerVersion?: number, owner: UserId = ada.id, expiresAt = 1_000) =>
      sqlApiKeyStore(database, { retentionMs: 1_000 }).create(
        {
          ...{ id: apiKeyId(randomUUID()), userId: owner, name: 'k', scopes: [], createdAt: 1, expiresAt },
          ...{ digest: tokenDigest(randomUUID()), ownerVersion },
        },
        10,
      );
    const link = (ownerVersion?: number, owner: UserId = ada.id) =>
      sqlIdentityStore(database).link(
        {
          ...{ id: identityId(randomUUID()), userId: owner, issuer: 'https://acme.example', subject: randomUUID() },
          ...{ provider: 'acme', email: null, createdAt: 1 },
        },
        ownerVersion,
      );

    test('R27: a key and a link are refused once the account has another version than the credential', async () => {
      expect(await createKey(ada.version)).toMatchObject({ userId: ada.id });
      expect(await link(ada.version)).toMatchObject({ userId: ada.id });
      await change();
      expect(await createKey(ada.version)).toBe('superseded');
      expect(await link(ada.version)).toBe('superseded');
      expect(await createKey(ada.version + 1)).toMatchObject({ userId: ada.id });
      expect(await link(ada.version + 1)).toMatchObject({ userId: ada.id });
    });

    test('where no credential was checked, as on the command line, the version does not matter', async () => {
      await change();
      expect(await createKey()).toMatchObject({ userId: ada.id });
      expect(await link()).toMatchObject({ userId: ada.id });
      const nobody = userId(randomUUID());
      expect([await createKey(undefined, nobody), await link(undefined, nobody)]).toEqual([null, 'superseded']);
    });

    test('R27: a change revokes the live keys of the account in its own step, and of no other', async () => {
      const [live, expired] = [await createKey(), await createKey(undefined, ada.id, 3)];
      const eve = await createAccount();
      await createKey(undefined, eve.id);
      expect((await change())?.revokedKeys).toEqual([]);
      const id = typeof live === 'object' && live ? live.id : null;
      expect((await change(5))?.revokedKeys).toEqual([{ id, name: 'k' }]);
      const listed = await allOf(sqlApiKeyStore(database, { retentionMs: 1_000 }), ada.id);
      expect(listed.map((key) => [key.id === id, key.revokedAt]).sort()).toEqual([
        [false, null],
        [true, 5],
      ]);
      expect(expired).not.toBeNull();
      expect(await allOf(sqlApiKeyStore(database, { retentionMs: 1_000 }), eve.id)).toMatchObject([
        { revokedAt: null },
      ]);
      expect((await change(6))?.revokedKeys).toEqual([]);
    });

    test('R27: of keys made and changes made at once, none is live that was made for an older version', async () => {
      for (let round = 0; round < 10; round += 1) {
        ada = await createAccount();
        await Promise.all([createKey(1), createKey(1), change(5), createKey(1), createKey(1)]);
        const live = (await allOf(sqlApiKeyStore(database, { retentionMs: 1_000 }), ada.id)).filter(
          ({ revokedAt }) => revokedAt === null,
        );
        expect(live).toEqual([]);
      }
    });
  });
});
