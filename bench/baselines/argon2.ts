/** Password checks per second when the machine does nothing else: argon2id, 19 MiB, 2 passes. */
import { availableParallelism } from 'node:os';
import { password } from '../data.ts';
import { importFromOurs } from '../from-ours.ts';
import { reportRate } from './rate.ts';

const { hash, verify } = await importFromOurs('@node-rs/argon2');
const stored: string = await hash(password, { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 });

await reportRate({ width: availableParallelism(), step: () => verify(stored, password) });
