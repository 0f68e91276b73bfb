import { postgresMissing, postgresServer } from '../support/databases.ts';
import { sqlSessionStores } from '../support/sql-stores.ts';
import { describeSessionStore } from './session-store.ts';

describeSessionStore('PostgreSQL', sqlSessionStores(postgresServer), await postgresMissing());
