import { join } from 'node:path';
import jwt from 'jsonwebtoken';
import type { Bench } from './bench.ts';
import { caller, secret } from './data.ts';
import type { Launch } from './processes.ts';

/** The names of the rows, as tables and targets use them. */
export const names = {
  floor: 'node:http answering a constant (the floor)',
  yogaFast: 'bare Yoga, no authentication, maxRequestBodySize: false',
  yoga: 'bare Yoga, no authentication, as it comes',
  yogaJwt: 'Yoga + plugin-jwt + generic-auth (no revocation check)',
  tutorial: 'the tutorial: Yoga + jsonwebtoken + Redis GET + async @auth',
  apollo: 'Apollo Server + graphql-shield + jsonwebtoken (no revocation check)',
  mercurius: 'Mercurius + mercurius-auth + @fastify/jwt + jit + Redis GET',
  ours: 'Fieldgate, embedded default (SQLite)',
  oursStrict: 'Fieldgate, Redis, revocation strict',
  oursFeed: 'Fieldgate, Redis, revocation feed',
  embedded: 'Fieldgate in your own Yoga: guardSchema + useFieldgate',
  compiled: 'Fieldgate in front of compiled queries: admit + graphql-jit',
  embeddedSchema: 'the same, plugin off (guarded schema only)',
  embeddedOff: 'the same without Fieldgate',
} as const;

type PeerName = Exclude<keyof typeof names, 'ours' | 'oursStrict' | 'oursFeed'>;

type Peer = { readonly file: string; readonly env?: Readonly<Record<string, string>>; readonly needsRedis?: boolean };

const peers: Readonly<Record<PeerName, Peer>> = {
  floor: { file: 'floor' },
  yogaFast: { file: 'yoga', env: { BODY_LIMIT: 'off' } },
  yoga: { file: 'yoga' },
  yogaJwt: { file: 'yoga-jwt' },
  tutorial: { file: 'tutorial', needsRedis: true },
  apollo: { file: 'apollo' },
  mercurius: { file: 'mercurius', needsRedis: true },
  embedded: { file: 'ours-embedded', env: { GUARD: 'on' } },
  compiled: { file: 'ours-compiled' },
  embeddedSchema: { file: 'ours-embedded', env: { GUARD: 'schema' } },
  embeddedOff: { file: 'ours-embedded', env: { GUARD: 'off' } },
};

/** How to start a peer; null if it needs a Redis and there is none. `answer` is what the floor answers. */
export const peerLaunch = ({ ours, redisUrl }: Bench, name: PeerName, answer: unknown): Launch | null => {
  const { file, env, needsRedis = false } = peers[name];
  if (needsRedis && redisUrl === null) return null;
  return {
    name: names[name],
    args: [join(import.meta.dirname, 'servers', `${file}.ts`)],
    env: { OURS: ours.root, ANSWER: JSON.stringify(answer), ...(redisUrl && { REDIS_URL: redisUrl }), ...env },
  };
};

/** The token of the peers. */
export const peerToken = jwt.sign({ role: 'USER', sid: '01a2b3c4-0000-7000-8000-00000000abcd' }, secret, {
  algorithm: 'HS256',
  subject: caller.id,
  jwtid: 'c29tZS1yYW5kb20tYnl0ZXM',
  expiresIn: '1d',
});
