import { sqliteFile } from '../support/databases.ts';
import { sqlAccountStores } from '../support/sql-stores.ts';
import { describeAccountStore } from './account-store.ts';

describeAccountStore('SQLite', sqlAccountStores(sqliteFile));
