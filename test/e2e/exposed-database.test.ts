import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runInProcess } from '../support/command-line.ts';
import { temporaryFolder } from '../support/process.ts';
import { startServer } from '../support/server.ts';

it('a database file that other users may read or write is warned of at the start and by doctor', async () => {
  const dataDir = temporaryFolder();
  const start = async () => {
    const server = await startServer({}, { dataDir });
    await server.stop();
    return server.logLines().filter((line) => String(line['msg']).includes('fieldgate.sqlite'));
  };
  const doctor = async () => (await runInProcess(['doctor', '--json'], { env: { DATA_DIR: dataDir, PORT: '0' } })).out;

  expect(await start()).toEqual([]);
  expect(await doctor()).not.toContain('chmod 600');
  const file = join(dataDir, 'fieldgate.sqlite');
  chmodSync(file, 0o666);
  expect(await start()).toMatchObject([{ level: 40, msg: expect.stringContaining(`chmod 600 ${file}`) }]);
  expect(await doctor()).toContain(`chmod 600 ${file}`);
});
