import { describeBackend } from './backends.ts';

describeBackend('Redis Cluster');
