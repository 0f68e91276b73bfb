import { postgresMissing, postgresServer } from '../support/databases.ts';
import { sqlLimitStores } from '../support/limit-stores.ts';
import { describeLimitStore } from './limit-store.ts';

describeLimitStore('PostgreSQL', sqlLimitStores(postgresServer), await postgresMissing());
