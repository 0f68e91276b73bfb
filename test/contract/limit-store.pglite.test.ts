import { pglite } from '../support/databases.ts';
import { sqlLimitStores } from '../support/limit-stores.ts';
import { describeLimitStore } from './limit-store.ts';

describeLimitStore('PGlite', sqlLimitStores(pglite));
