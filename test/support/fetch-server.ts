import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createFieldgate } from '../../src/index.ts';
import { unlimited } from './process.ts';

export type Posted = { readonly status: number; readonly body: string };

/** A whole server without a socket, reached through `fetch`. It is closed at the end of the test. */
export const startFetchServer = async (env: Record<string, string> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldgate-'));
  const fieldgate = await createFieldgate({ DATA_DIR: folder, LOG_LEVEL: 'fatal', ...unlimited, ...env });
  onTestFinished(async () => {
    await fieldgate.close();
    rmSync(folder, { recursive: true });
  });
  const send = async (path: string, init: RequestInit = {}): Promise<Posted> => {
    const response = await fieldgate.fetch(new Request(`http://localhost:4000${path}`, init), { ip: '127.0.0.1' });
    return { status: response.status, body: await response.text() };
  };
  /** A string or bytes are sent unchanged. */
  const post = (body: unknown, headers: Record<string, string> = {}): Promise<Posted> =>
    send('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body:
        typeof body === 'string' || body instanceof Uint8Array
          ? new Uint8Array(Buffer.from(body))
          : JSON.stringify(body),
    });
  return { send, post };
};
