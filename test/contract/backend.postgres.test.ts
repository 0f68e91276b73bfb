import { describeBackend } from './backends.ts';

describeBackend('PostgreSQL');
