import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  meQuery,
  refreshMutation,
  send,
  signupMutation,
  startServerProcess,
  temporaryFolder,
} from '../support/process.ts';
import { head, json, openSocket, statusesIn } from '../support/raw-http.ts';

describe('faults in the process', () => {
  test('F32, L07: an uncaught error is a line in the log, and the server goes on as strict as before', async () => {
    const folder = temporaryFolder();
    const saboteur = join(folder, 'saboteur.mjs');
    writeFileSync(
      saboteur,
      `import { connect } from 'node:net';
       setTimeout(() => { throw new Error('thrown in a timer'); }, 300).unref();
       setTimeout(() => void Promise.reject(new Error('rejected for nobody')), 300).unref();
       setTimeout(() => connect(1, '127.0.0.1'), 300).unref();`,
    );
    const server = await startServerProcess({ DATA_DIR: folder, NODE_OPTIONS: `--import=${saboteur}` });
    for (const words of ['thrown in a timer', 'rejected for nobody', 'ECONNREFUSED']) {
      await expect.poll(server.output).toContain(words);
    }
    const { accessToken } = (await send(server.url, signupMutation, { email: 'after@example.com' })).data.signup;
    expect((await send(server.url, meQuery, {}, accessToken)).data.me.email).toBe('after@example.com');
    const refused = await send(server.url, meQuery, {}, `${accessToken}x`);
    expect(refused.errors[0].extensions.reason).toBe('TOKEN_INVALID');
    expect(server.child.exitCode).toBeNull();
  });

  test('F30: a closed log holds up neither requests nor the stop', async () => {
    const server = await startServerProcess();
    server.child.stdout?.destroy();
    server.child.stderr?.destroy();
    for (let i = 0; i < 50; i++) expect((await send(server.url, '{ hello }')).data.hello).toEqual(expect.any(String));
    server.child.kill('SIGTERM');
    expect(await server.exit).toEqual({ code: 0, signal: null });
  });
});

const listenTo = (socket: Socket) => {
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  return { text: () => received, closed: new Promise((resolve) => socket.once('close', resolve)) };
};

describe('stopping', () => {
  test('F18: SIGTERM answers requests that have begun, closes idle connections at once and accepts no new ones', async () => {
    const server = await startServerProcess();
    const { data } = await send(server.url, signupMutation, { email: 'stop@example.com' });
    const body = JSON.stringify({ query: refreshMutation, variables: data.signup });
    const [begun, idle] = [openSocket(server.url), openSocket(server.url)];
    const [fromBegun, fromIdle] = [begun, idle].map(listenTo);
    begun.write(head(['Host: x', json, `Content-Length: ${body.length}`]) + body.slice(0, 50));
    idle.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => fromIdle?.text()).toContain('200 OK');
    server.child.kill('SIGTERM');
    await fromIdle?.closed;
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
    begun.write(body.slice(50));
    await fromBegun?.closed;
    const answer = fromBegun?.text() ?? '';
    expect(statusesIn(answer)).toEqual([200]);
    expect(answer).toMatch(/Connection: close/i);
    expect(answer).toContain('"refreshToken":"fgr_');
    expect(await server.exit).toEqual({ code: 0, signal: null });
  });
});
