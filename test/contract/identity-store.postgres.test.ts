import { postgresMissing, postgresServer } from '../support/databases.ts';
import { sqlIdentityStores } from '../support/sql-stores.ts';
import { describeIdentityStore } from './identity-store.ts';

describeIdentityStore('PostgreSQL', sqlIdentityStores(postgresServer), await postgresMissing());
