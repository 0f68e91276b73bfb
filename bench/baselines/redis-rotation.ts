/** Bare rotation scripts per second in Redis, called through the client that the server uses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { reportRate } from './rate.ts';

const redis = new Redis(process.env['REDIS_URL'] ?? '');
const lua = readFileSync(join(import.meta.dirname, 'rotation.lua'), 'utf8');
const sha = String(await redis.script('LOAD', lua));

const width = 16;
const tokens = Array.from({ length: width }, (_, lane) => `token-of-lane-${lane}-0`);
for (const [lane, token] of tokens.entries()) await redis.hset(`bench:rotation:${lane}`, 'token', token);

let count = 0;
await reportRate({
  width,
  step: async (lane) => {
    count += 1;
    const next = `token-of-lane-${lane}-${count}`;
    const done = await redis.evalsha(sha, 1, `bench:rotation:${lane}`, tokens[lane] ?? '', next, 60_000);
    if (done !== 1) throw new Error('the session holds another token');
    tokens[lane] = next;
  },
});
redis.disconnect();
