import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { apiKeyId } from '../../src/domain/ids.ts';
import { sqlApiKeyStore } from '../../src/stores/sql/api-key-store.ts';
import { sqliteFile } from '../support/databases.ts';
import { sqlApiKeyStores } from '../support/sql-stores.ts';
import { describeApiKeyStore } from './api-key-store.ts';

describeApiKeyStore('SQLite', sqlApiKeyStores(sqliteFile));

test('API key store: SQLite answers the look-up of every request at once, by primary key', async () => {
  const { connect, drop } = sqliteFile();
  const database = connect();
  await database.migrate();
  expect(sqlApiKeyStore(database).find(apiKeyId(randomUUID()))).toBeNull();
  await drop();
});
