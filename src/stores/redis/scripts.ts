import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisConnection } from './connection.ts';

const folder = new URL('./scripts/', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

export type ScriptName =
  | 'account-changed'
  | 'check'
  | 'end'
  | 'end-all'
  | 'list'
  | 'prune'
  | 'recognize'
  | 'reissue'
  | 'rotate'
  | 'start';

export type ScriptArgument = string | number | Buffer;

/** Runs a script on one key. Resolves with what it returns after key and tag. Not retried; errors are Redis's own. */
export type RunScript = (name: ScriptName, key: string, args: readonly ScriptArgument[]) => Promise<readonly unknown[]>;

export const scriptRunner = (redis: RedisConnection): RunScript => {
  const { client } = redis;
  const scripts = loadScripts();
  let calls = 0;

  return async (name, key, args) => {
    const { sha, text } = scripts[name];
    calls = (calls + 1) % Number.MAX_SAFE_INTEGER;
    const tag = `${calls}`;
    const reply = await client.callBuffer('evalsha', sha, 1, key, tag, ...args).catch((error: unknown) => {
      // The server refused because it does not know the script yet: nothing has run, so sending it again is safe.
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) {
        return client.callBuffer('eval', text, 1, key, tag, ...args);
      }
      throw error;
    });
    if (!isAnswerTo(reply, key, tag)) {
      // Somebody else's answer: nothing on this connection can be believed any more (ioredis #965).
      redis.reset();
      throw new Error('Redis answered another call than this one.');
    }
    return reply.slice(2);
  };
};

const isAnswerTo = (reply: unknown, key: string, tag: string): reply is readonly unknown[] =>
  Array.isArray(reply) && isText(reply[0], key) && isText(reply[1], tag);

const isText = (reply: unknown, text: string): boolean => Buffer.isBuffer(reply) && reply.toString() === text;

type Script = { readonly text: string; readonly sha: string };

/** What sessions are made of goes before all scripts but the one that every request asks for. */
const loadScripts = (): Readonly<Record<ScriptName, Script>> => {
  const session = read('session.lua');
  const load = (name: ScriptName): Script => {
    const text = name === 'check' ? read('check.lua') : `${session}\n${read(`${name}.lua`)}`;
    // Redis names scripts by their SHA-1. Nothing is protected by it.
    return { text, sha: createHash('sha1').update(text).digest('hex') };
  };
  return {
    'account-changed': load('account-changed'),
    check: load('check'),
    end: load('end'),
    'end-all': load('end-all'),
    list: load('list'),
    prune: load('prune'),
    recognize: load('recognize'),
    reissue: load('reissue'),
    rotate: load('rotate'),
    start: load('start'),
  };
};
