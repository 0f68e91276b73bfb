import { sqliteFile } from '../support/databases.ts';
import { sqlServiceClientStores } from '../support/sql-stores.ts';
import { describeServiceClientStore } from './service-client-store.ts';

describeServiceClientStore('SQLite', sqlServiceClientStores(sqliteFile));
