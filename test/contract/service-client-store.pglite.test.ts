import { pglite } from '../support/databases.ts';
import { sqlServiceClientStores } from '../support/sql-stores.ts';
import { describeServiceClientStore } from './service-client-store.ts';

describeServiceClientStore('PostgreSQL in memory (PGlite)', sqlServiceClientStores(pglite));
