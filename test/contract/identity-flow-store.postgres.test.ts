import { postgresMissing, postgresServer } from '../support/databases.ts';
import { sqlIdentityFlowStores } from '../support/sql-stores.ts';
import { describeIdentityFlowStore } from './identity-flow-store.ts';

describeIdentityFlowStore('PostgreSQL', sqlIdentityFlowStores(postgresServer), await postgresMissing());
