import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from 'vitest';
import { createFieldgate } from '../../src/index.ts';
import { unlimited } from './process.ts';

export type Received = { readonly status: number; readonly type: string | null; readonly body: string };

/** A path, and what to send there. */
export type Send = (path: string, init?: RequestInit) => Promise<Received>;

const receive = async (response: Response): Promise<Received> => ({
  status: response.status,
  type: response.headers.get('content-type'),
  body: await response.text(),
});

/**
 * A `test` whose functions get the package as its users embed it, one `fieldgate` for the whole file: `viaFetch` and
 * `post` call its `fetch`, without a socket; `viaListener` sends to its `listener` on a free port.
 */
export const testWithFieldgate = (env: Record<string, string> = {}) =>
  base
    .extend('env', { scope: 'file' }, env)
    .extend('fieldgate', { scope: 'file' }, async ({ env: variables }, { onCleanup }) => {
      const directory = mkdtempSync(join(tmpdir(), 'fieldgate-'));
      const settings = { DATA_DIR: directory, LOG_LEVEL: 'fatal', ...unlimited, ...variables };
      const fieldgate = await createFieldgate({ env: settings });
      onCleanup(async () => {
        await fieldgate.close();
        rmSync(directory, { recursive: true });
      });
      return fieldgate;
    })
    .extend(
      'viaFetch',
      { scope: 'file' },
      ({ fieldgate }): Send =>
        async (path, init) => {
          const request = new Request(`http://localhost:4000${path}`, init);
          return receive(await fieldgate.fetch(request, { ip: '127.0.0.1' }));
        },
    )
    .extend('viaListener', { scope: 'file' }, async ({ fieldgate }, { onCleanup }): Promise<Send> => {
      const server = createServer(fieldgate.listener).listen(0, '127.0.0.1');
      onCleanup(() => void server.close());
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      return async (path, init) => receive(await fetch(`http://127.0.0.1:${port}${path}`, init));
    })
    .extend(
      'post',
      { scope: 'file' },
      ({ viaFetch }) =>
        (body: unknown, headers: Record<string, string> = {}) =>
          viaFetch('/graphql', toPost(body, headers)),
    );

/** A body that is text or bytes is sent as it is, any other as JSON. */
export const toPost = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body),
});
