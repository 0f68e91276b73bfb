import { sqliteFile } from '../support/databases.ts';
import { sqlApiKeyStores } from '../support/sql-stores.ts';
import { describeApiKeyStore } from './api-key-store.ts';

describeApiKeyStore('SQLite', sqlApiKeyStores(sqliteFile));
