import { pglite } from '../support/databases.ts';
import { sqlIdentityStores } from '../support/sql-stores.ts';
import { describeIdentityStore } from './identity-store.ts';

describeIdentityStore('PostgreSQL in memory (PGlite)', sqlIdentityStores(pglite));
