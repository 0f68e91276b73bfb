import { decodeProtectedHeader } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCommand } from '../support/command-line.ts';
import { postgresMissing, postgresServer } from '../support/databases.ts';
import {
  freePort,
  meQuery,
  refreshMutation,
  send,
  signupMutation,
  spawnServer,
  temporaryFolder,
  whenListening,
} from '../support/process.ts';
import { pause, until } from '../support/time.ts';

/** `ROTATION_SECONDS=60 npx vitest run key-rotation-load` for a thorough run. */
const seconds = Number(process.env['ROTATION_SECONDS'] ?? 10);
const requestsPerSecond = 200;
const people = 4;
const tokenTtlMs = 10_000;
/** Older tokens may expire on their way where the machine is busy. */
const oldestMs = tokenTtlMs - 2_000;

const missing = await postgresMissing();
const kidOf = (token: string) => decodeProtectedHeader(token).kid ?? '';

/** Two processes of the server on one database, which keep rotating their keys. */
const twoInstances = async () => {
  const database = await postgresServer();
  onTestFinished(database.drop);
  const folder = temporaryFolder();
  const env = {
    ...{ DATABASE_URL: database.url, DATA_DIR: folder, ISSUER: 'http://localhost:4000', LOG_LEVEL: 'warn' },
    ...{ KEY_ROTATION: '2s', ACCESS_TOKEN_TTL: `${tokenTtlMs / 1000}s` },
  };
  const ports = [await freePort(), await freePort()] as const;
  const servers = ports.map((port) => spawnServer({ ...env, PORT: String(port) }));
  await Promise.all(servers.map(whenListening));
  const [one, two] = servers.map(({ url }) => url) as [string, string];
  const run = (...args: string[]) => runCommand(env, ...args);
  return { one, two, run, output: () => servers.map(({ output }) => output()).join('') };
};

const ask = async (url: string, token: string): Promise<string> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: meQuery }),
  });
  const { errors } = JSON.parse(await response.text());
  return errors ? `${response.status} ${JSON.stringify(errors[0].extensions)}` : String(response.status);
};

describe.skipIf(missing !== null)('two instances that rotate their keys every 2 s', () => {
  test(`J03, J04, F17: ${requestsPerSecond} requests a second for ${seconds} s have no valid token rejected, and tokens of a revoked key fail within 5 s`, {
    timeout: (seconds + 60) * 1000,
  }, async () => {
    const { one, two, run, output } = await twoInstances();
    const tokens: { readonly token: string; readonly at: number }[] = [];
    const either = () => (Math.random() < 0.5 ? one : two);
    let isOver = false;

    /** Keeps refreshing, at either instance. */
    const person = async (index: number): Promise<void> => {
      const made = await send(one, signupMutation, { email: `person${index}@example.com` });
      let grant = made.data.signup;
      while (!isOver) {
        tokens.push({ token: grant.accessToken, at: Date.now() });
        await pause(200);
        grant = (await send(either(), refreshMutation, grant)).data.refresh;
      }
    };
    const everyone = Promise.all(Array.from({ length: people }, (_, index) => person(index)));
    await until(async () => tokens.length >= people);

    const outcomes = new Map<string, number>();
    const kids = new Set<string>();
    const inFlight = new Set<Promise<void>>();
    const request = async (): Promise<void> => {
      const usable = tokens.filter(({ at }) => Date.now() - at < oldestMs);
      const { token } = usable[Math.floor(Math.random() * usable.length)] ?? { token: '' };
      kids.add(kidOf(token));
      const outcome = await ask(either(), token);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    };
    const startedAt = Date.now();
    let sent = 0;
    while (Date.now() - startedAt < seconds * 1000) {
      for (const due = ((Date.now() - startedAt) * requestsPerSecond) / 1000; sent < due; sent += 1) {
        const pending = request().finally(() => inFlight.delete(pending));
        inFlight.add(pending);
      }
      if (inFlight.size >= requestsPerSecond) await Promise.race(inFlight);
      await pause(5);
    }
    await Promise.all(inFlight);
    expect([...outcomes.keys()]).toEqual(['200']);
    expect(kids.size).toBeGreaterThanOrEqual(Math.min(4, seconds / 3));

    const newest = tokens.at(-1)?.token ?? '';
    const revoked = kidOf(newest);
    const command = await run('key', 'revoke', '--', revoked);
    expect(command).toMatchObject({ code: 0, err: '' });
    const isRefused = async (url: string) => (await ask(url, newest)).includes('TOKEN_INVALID');
    await Promise.all([one, two].map((url) => until(() => isRefused(url), 5_000)));
    const others = tokens.filter(({ token, at }) => kidOf(token) !== revoked && Date.now() - at < oldestMs);
    for (const { token } of others.slice(-20))
      expect([await ask(one, token), await ask(two, token)]).toEqual(['200', '200']);
    expect(others.length).toBeGreaterThan(0);

    isOver = true;
    await everyone;
    expect(output()).toBe('');
    if (process.env['ROTATION_SECONDS']) {
      process.stderr.write(`${JSON.stringify(Object.fromEntries(outcomes))}, tokens of ${kids.size} keys\n`);
    }
  });
});
