import { describeBackend } from './backends.ts';

describeBackend('SQLite');
