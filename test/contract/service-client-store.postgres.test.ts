import { postgresMissing, postgresServer } from '../support/databases.ts';
import { sqlServiceClientStores } from '../support/sql-stores.ts';
import { describeServiceClientStore } from './service-client-store.ts';

describeServiceClientStore('PostgreSQL', sqlServiceClientStores(postgresServer), await postgresMissing());
