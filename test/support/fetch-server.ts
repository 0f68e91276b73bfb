import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createFieldgate } from '../../src/index.ts';
import { unlimited } from './process.ts';

export type Posted = { readonly status: number; readonly body: string };

/** The whole server without a socket, asked through `fetch`; closed when the test is over. */
export const fetchServerForTest = async (env: Record<string, string> = {}) => {
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
  /** A body that is text or bytes goes out as it is. */
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
