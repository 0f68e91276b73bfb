import { expect } from 'vitest';
import { testWithServer } from '../support/server.ts';

const test = testWithServer();

/** The names and labels of every series, without the values. */
const seriesOf = (text: string): ReadonlySet<string> => new Set(text.match(/^fieldgate_.*(?= \S+$)/gm));

test('L08: 10 000 random names, aliases, keys, paths and methods of callers add no series', {
  timeout: 60_000,
}, async ({ server }) => {
  const series = async () => seriesOf(await (await server.fetch('/metrics')).text());
  const random = () => `x${Math.random().toString(36).slice(2)}`;
  const send = () => {
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: random() })).toString('base64url');
    return Promise.all([
      server.gql(`query ${random()} { ${random()}: me { id } }`, { token: `${header}.e30.AAAA` }),
      server.fetch(`/${random()}`, { method: random().toUpperCase() }).then((answer) => answer.text()),
    ]);
  };
  await send();
  await series(); // Reading the metrics is counted too.
  const before = await series();
  for (let round = 0; round < 100; round++) await Promise.all(Array.from({ length: 20 }, send));
  expect((await series()).difference(before)).toEqual(new Set());
});
