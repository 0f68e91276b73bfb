import { pglite } from '../support/databases.ts';
import { sqlLoginAttemptStores } from '../support/sql-stores.ts';
import { describeLoginAttemptStore } from './login-attempt-store.ts';

describeLoginAttemptStore('PostgreSQL in memory (PGlite)', sqlLoginAttemptStores(pglite));
