import { randomUUID } from 'node:crypto';
import { apiKeyId, userId } from '@fieldgate/guard';
import { expect, it, onTestFinished } from 'vitest';
import { createApiKeyText } from '../../../src/crypto/api-key.ts';
import { serverActor } from '../../../src/domain/event.ts';
import { createApiKeys } from '../../../src/services/api-keys.ts';
import { sqlAccountStore } from '../../../src/stores/sql/account-store.ts';
import { sqlApiKeyStore } from '../../../src/stores/sql/api-key-store.ts';
import { sqliteFile } from '../../support/databases.ts';

const setUp = async () => {
  const { connect, drop } = sqliteFile();
  onTestFinished(drop);
  const database = connect();
  await database.migrate();
  const [accounts, store] = [sqlAccountStore(database), sqlApiKeyStore(database, { retentionMs: 1_000 })];
  const owner = userId(randomUUID());
  const account = { id: owner, email: 'ada@example.com', name: 'Ada', passwordHash: 'hash' } as const;
  await accounts.create({ ...account, role: 'USER', createdAt: 1 });
  const calls = { find: 0, recordUse: 0 };
  let now = 1_000_000;
  const apiKeys = createApiKeys({
    apiKeys: {
      ...store,
      find: (id) => {
        calls.find += 1;
        return store.find(id);
      },
      recordUse: (...use) => {
        calls.recordUse += 1;
        return store.recordUse(...use);
      },
    },
    accounts: { find: async (id) => accounts.findById(userId(id)) },
    knownScopes: () => new Map([['account:read', ['USER']]]),
    clock: () => now,
    createId: randomUUID,
    record: () => {},
    signals: {
      backgroundError: (error) => {
        throw error;
      },
    },
  });
  const { apiKey, secret } = await apiKeys.create(owner, { name: 'x', scopes: ['account:read'] }, serverActor);
  const advance = (ms: number) => {
    now += ms;
  };
  return { apiKeys, apiKey, secret, calls, advance };
};

const invalid = { kind: 'invalid', reason: 'TOKEN_INVALID' };
const settled = () => new Promise((resume) => setTimeout(resume, 20));

it('K07: a key with the right id and a wrong secret is rejected in the same way as an unknown key', async () => {
  const { apiKeys, apiKey, secret, calls } = await setUp();
  const forged = createApiKeyText(apiKey.id).text;
  expect([forged.slice(0, 36), forged === secret]).toEqual([secret.slice(0, 36), false]);
  expect(await apiKeys.verify(forged)).toEqual(invalid);
  expect(await apiKeys.verify(createApiKeyText(apiKeyId(randomUUID())).text)).toEqual(invalid);
  expect(calls.find).toBe(2);
  expect(await apiKeys.verify(secret)).toMatchObject({ kind: 'valid', claims: { keyId: apiKey.id, role: 'USER' } });
});

it('K07: only a caller with the right secret learns why a key is rejected', async () => {
  const { apiKeys, apiKey, secret } = await setUp();
  await apiKeys.revoke(apiKey.userId, apiKey.id, serverActor);
  expect(await apiKeys.verify(createApiKeyText(apiKey.id).text)).toEqual(invalid);
  expect(await apiKeys.verify(secret)).toEqual({ kind: 'invalid', reason: 'TOKEN_REVOKED' });
});

it('a mistyped key is rejected without a lookup', async () => {
  const { apiKeys, secret, calls } = await setUp();
  expect(await apiKeys.verify(`${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`)).toEqual(invalid);
  expect(calls.find).toBe(0);
});

it('K08: a use is stored once a minute, however many requests there are', async () => {
  const { apiKeys, secret, calls, advance } = await setUp();
  await Promise.all(Array.from({ length: 10 }, () => apiKeys.verify(secret)));
  await settled();
  advance(59_999);
  await Promise.all(Array.from({ length: 10 }, () => apiKeys.verify(secret)));
  await settled();
  expect(calls.recordUse).toBe(1);
  advance(1);
  await apiKeys.verify(secret);
  await settled();
  expect(calls.recordUse).toBe(2);
});
