import { pglite } from '../support/databases.ts';
import { sqlIdentityFlowStores } from '../support/sql-stores.ts';
import { describeIdentityFlowStore } from './identity-flow-store.ts';

describeIdentityFlowStore('PostgreSQL in memory (PGlite)', sqlIdentityFlowStores(pglite));
