import { postgresMissing, postgresServer } from '../support/databases.ts';
import { sqlEventStores } from '../support/sql-stores.ts';
import { describeEventStore } from './event-store.ts';

describeEventStore('PostgreSQL', sqlEventStores(postgresServer), await postgresMissing());
