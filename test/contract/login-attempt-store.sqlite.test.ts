import { sqliteFile } from '../support/databases.ts';
import { sqlLoginAttemptStores } from '../support/sql-stores.ts';
import { describeLoginAttemptStore } from './login-attempt-store.ts';

describeLoginAttemptStore('SQLite', sqlLoginAttemptStores(sqliteFile));
