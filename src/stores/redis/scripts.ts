import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisConnection } from './connection.ts';

const folder = new URL('./scripts/', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

export type ScriptName =
  | 'account-changed'
  | 'announce'
  | 'authentication-age'
  | 'consume'
  | 'end'
  | 'end-all'
  | 'list'
  | 'news'
  | 'prune'
  | 'recognize'
  | 'rotate'
  | 'start';

export type ScriptArgument = string | number | Buffer;

/** For a live session the role and version of its account and the time it has left; null for any other. */
export type SessionState = { readonly role: string; readonly version: number; readonly leftMs: number } | null;

/** Each call is sent once. It rejects with the error of Redis, or of ioredis, as it is. */
export type Scripts = {
  /** Runs a script on one key. Resolves with what it returns after key and tag. */
  readonly run: (name: ScriptName, key: string, args: readonly ScriptArgument[]) => Promise<readonly unknown[]>;
  /** Runs `check` for one session per key. Separate from `run`, because every request pays for it. */
  readonly check: (keys: readonly string[], sessions: Buffer) => Promise<readonly SessionState[]>;
};

export const redisScripts = (redis: RedisConnection): Scripts => {
  const { client } = redis;
  const { check, ...others } = loadScripts();
  /** After the answer to another call, no answer on this connection can be matched to its call (ioredis #965). */
  const reset = (): never => {
    redis.reset();
    throw new Error('Redis answered another call than this one.');
  };

  const rethrow = (error: unknown): never => {
    if (error instanceof Error && error.message === 'Command timed out') redis.verifyConnections();
    throw error;
  };

  return {
    run: async (name, key, args) => {
      const { sha, text } = others[name];
      const tag = nextTag();
      redis.corkWrites();
      const reply = await client
        .callBuffer('evalsha', sha, 1, key, tag, ...args)
        .catch((error: unknown) => loadIfUnknown(error, () => client.callBuffer('eval', text, 1, key, tag, ...args)))
        .catch(rethrow);
      return isAnswerTo(reply, key, tag) ? reply.slice(2) : reset();
    },

    check: async (keys, sessions) => {
      const tag = nextTag();
      redis.corkWrites();
      const reply = await client
        .evalsha(check.sha, keys.length, ...keys, tag, sessions)
        .catch((error: unknown) =>
          loadIfUnknown(error, () => client.eval(check.text, keys.length, ...keys, tag, sessions)),
        )
        .catch(rethrow);
      const [key, sameTag, ...words] = typeof reply === 'string' ? reply.split(' ') : [];
      return key === keys[0] && sameTag === tag && words.length === keys.length ? words.map(readState) : reset();
    },
  };
};

const readState = (word: string): SessionState => {
  if (word === '-') return null;
  const [role = '', version, leftMs] = word.split(':');
  return { role, version: Number(version), leftMs: Number(leftMs) };
};

/** Unique within the process, not only within a store: stores may share a connection. */
const nextTag = (): string => {
  calls = (calls + 1) % Number.MAX_SAFE_INTEGER;
  return `${calls}`;
};
let calls = 0;

/** The server refused a script that it does not know yet: nothing has run, so sending its text is safe. */
const loadIfUnknown = (error: unknown, sendText: () => Promise<unknown>): Promise<unknown> => {
  if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return sendText();
  throw error;
};

const isAnswerTo = (reply: unknown, key: string, tag: string): reply is readonly unknown[] =>
  Array.isArray(reply) && isText(reply[0], key) && isText(reply[1], tag);

const isText = (reply: unknown, text: string): boolean => Buffer.isBuffer(reply) && reply.toString() === text;

type Script = { readonly text: string; readonly sha: string };

/** The scripts that do without `session.lua`. */
const standalone: ReadonlySet<string> = new Set(['announce', 'check', 'consume', 'news']);

const loadScripts = (): Readonly<Record<ScriptName | 'check', Script>> => {
  const session = read('session.lua');
  const load = (name: ScriptName | 'check'): Script => {
    const text = standalone.has(name) ? read(`${name}.lua`) : `${session}\n${read(`${name}.lua`)}`;
    // Redis names scripts by their SHA-1; nothing depends on its strength.
    return { text, sha: createHash('sha1').update(text).digest('hex') };
  };
  return {
    'account-changed': load('account-changed'),
    announce: load('announce'),
    'authentication-age': load('authentication-age'),
    check: load('check'),
    consume: load('consume'),
    end: load('end'),
    'end-all': load('end-all'),
    list: load('list'),
    news: load('news'),
    prune: load('prune'),
    recognize: load('recognize'),
    rotate: load('rotate'),
    start: load('start'),
  };
};
