import { pglite } from '../support/databases.ts';
import { sqlEventStores } from '../support/sql-stores.ts';
import { describeEventStore } from './event-store.ts';

describeEventStore('PostgreSQL in memory (PGlite)', sqlEventStores(pglite));
