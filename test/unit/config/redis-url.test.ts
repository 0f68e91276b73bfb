import { describe, expect, test } from 'vitest';
import { parseRedisUrl } from '../../../src/config/redis-url.ts';

const open = { username: null, password: null, tls: false };

/** With the password as plain text, to compare. */
const parsed = (text: string) => {
  const url = parseRedisUrl(text);
  return url.kind === 'invalid' ? url : { ...url, password: url.password?.reveal() ?? null };
};
const problem = (text: string) => {
  const url = parseRedisUrl(text);
  return url.kind === 'invalid' ? url.problem : null;
};

describe('a Redis URL', () => {
  test.each([
    ['redis://localhost', { host: 'localhost', port: 6379 }, 0],
    ['redis://127.0.0.1:7000/3', { host: '127.0.0.1', port: 7000 }, 3],
    ['redis://[::1]:7000', { host: '::1', port: 7000 }, 0],
    ['redis://[2001:db8::1]/0', { host: '2001:db8::1', port: 6379 }, 0],
    ['redis://redis_1.internal/', { host: 'redis_1.internal', port: 6379 }, 0],
  ])('%s names one server', (text, node, db) => {
    expect(parsed(text)).toEqual({ kind: 'single', node, db, ...open });
  });

  test.each([
    ['redis://:pass@host', null, 'pass'],
    ['redis://user@host', 'user', null],
    ['redis://user:pass@host', 'user', 'pass'],
    ['redis://us%3Aer:p%40ss%2Fw%3Ard@host', 'us:er', 'p@ss/w:rd'],
    ['redis://user:with:colons@host', 'user', 'with:colons'],
    ['redis://user:p%C3%A4ss@host', 'user', 'päss'],
  ])('%s gives the credentials', (text, username, password) => {
    expect(parsed(text)).toMatchObject({ username, password });
  });

  test.each(['rediss://host', 'rediss+cluster://host', 'rediss+sentinel://host/main'])('%s asks for TLS', (text) => {
    expect(parsed(text)).toMatchObject({ tls: true });
  });

  test('names the nodes of a cluster', () => {
    expect(parsed('redis+cluster://app:pw@one:7000,[::1],three:7002/')).toEqual({
      kind: 'cluster',
      nodes: [
        { host: 'one', port: 7000 },
        { host: '::1', port: 6379 },
        { host: 'three', port: 7002 },
      ],
      ...open,
      username: 'app',
      password: 'pw',
    });
  });

  test('names sentinels, the master they watch, and its database', () => {
    expect(parsed('redis+sentinel://:pw@one,two:26380/my%20main/2?sentinelPassword=other%2Fpw')).toMatchObject({
      kind: 'sentinel',
      sentinels: [
        { host: 'one', port: 26_379 },
        { host: 'two', port: 26_380 },
      ],
      name: 'my main',
      db: 2,
      password: 'pw',
    });
    const url = parseRedisUrl('redis+sentinel://one/main?sentinelPassword=other%2Fpw');
    expect(url.kind === 'sentinel' ? url.sentinelPassword?.reveal() : null).toBe('other/pw');
  });

  test.each([
    ['', /must be redis:\/\//],
    ['localhost:6379', /must be redis:\/\//],
    ['http://localhost', /must be redis:\/\//],
    ['redis+tls://localhost', /must be redis:\/\//],
    ['REDIS://localhost', /must be redis:\/\//],
    ['redis://user:p@ss@host', /percent-encode @/],
    ['redis://user:p/ss@host', /percent-encode/],
    ['redis://user:p%ss@host', /not correctly percent-encoded/],
    ['redis://', /host/],
    ['redis://host:0', /host or port/],
    ['redis://host:70000', /host or port/],
    ['redis://::1:6379', /host or port/],
    ['redis://one,two', /several hosts/],
    ['redis://host/main', /database/],
    ['redis://host/1/2', /database/],
    ['redis://host/-1', /database/],
    ['redis://host?db=1', /options/],
    ['redis+cluster://host/1', /cluster has only/],
    ['redis+cluster://one,,two', /host or port/],
    ['redis+sentinel://host', /name of the master/],
    ['redis+sentinel://host/main/x', /database/],
    ['redis+sentinel://host/main/0/1', /database/],
    ['redis+sentinel://host/main?db=1', /sentinelPassword/],
  ])('%j is refused and says why', (text, why) => {
    expect(problem(text)).toMatch(why);
  });

  test('F33 a problem never holds what was written', () => {
    const secrets = ['redis://s3cret:hunter2@host:x', 'redis://s3cret:hunt%er2@h', 'hunter2', 'redis://h/s3cret'];
    for (const text of secrets) expect(problem(text)).not.toMatch(/s3cret|hunt/);
  });

  test('what it read prints no password', () => {
    const url = parseRedisUrl('redis+sentinel://user:hunter2@host/main?sentinelPassword=hunter3');
    expect(JSON.stringify(url)).not.toContain('hunter');
  });
});
