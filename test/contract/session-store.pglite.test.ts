import { pglite } from '../support/databases.ts';
import { sqlSessionStores } from '../support/sql-stores.ts';
import { describeSessionStore } from './session-store.ts';

describeSessionStore('PostgreSQL in memory (PGlite)', sqlSessionStores(pglite));
