import { expect, test } from 'vitest';
import { logLinesOf, startServerProcess } from '../support/process.ts';

test('F30: a log that nobody reads holds up neither requests nor the stop, and dropped lines are counted', {
  timeout: 60_000,
}, async () => {
  const server = await startServerProcess();
  const written = () => logLinesOf(server).filter(({ msg }) => msg === 'request').length;
  const dropped = () =>
    logLinesOf(server).reduce((sum, { event, count }) => sum + (event === 'log.dropped' ? Number(count) : 0), 0);
  let sent = 0;
  const ask = async (path: string) => {
    sent += 1;
    const answer = await fetch(server.url + path);
    await answer.text();
    return answer.status;
  };
  const askTimes = (count: number) =>
    Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let n = 0; n < count / 20; n += 1) await ask(`/${'x'.repeat(300)}`);
      }),
    );
  await ask('/first');
  await expect.poll(() => logLinesOf(server).some((line) => line['path'] === '/first')).toBe(true);
  const before = written() - sent;

  server.child.stdout?.pause();
  await askTimes(4_000);
  expect(await ask('/health')).toBe(200);
  server.child.stdout?.resume();
  await expect.poll(() => before + sent - written() - dropped(), { timeout: 20_000 }).toBe(0);
  expect(dropped()).toBeGreaterThan(0);

  server.child.stdout?.pause();
  await askTimes(1_000);
  server.child.kill('SIGTERM');
  expect((await server.exit).code).toBe(0);
});
