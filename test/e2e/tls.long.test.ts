import { writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { selfSignedCertificate } from '../support/certificates.ts';
import { freePort, spawnServer, temporaryFolder } from '../support/process.ts';
import { startServer } from '../support/server.ts';

type Pair = ReturnType<typeof selfSignedCertificate>;

const filesFor = (pair: Partial<Pair>, folder = temporaryFolder()) => {
  const files = { TLS_CERT: join(folder, 'cert.pem'), TLS_KEY: join(folder, 'key.pem') };
  if (pair.cert !== undefined) writeFileSync(files.TLS_CERT, pair.cert);
  if (pair.key !== undefined) writeFileSync(files.TLS_KEY, pair.key, { mode: 0o600 });
  return files;
};

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

const ask = (url: string, ca: string, method = 'GET', body = ''): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request(url, { method, ca, agent: false, headers: { 'content-type': 'application/json' } }, async (response) => {
      const text = (await response.toArray()).join('');
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
    })
      .on('error', reject)
      .end(body);
  });

const hello = JSON.stringify({ query: '{ hello }' });

/** Resolves with the protocol that was agreed on, rejects if none was. */
const handshake = (url: string, options: ConnectionOptions): Promise<string | null> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', ...options }, () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.on('error', reject);
  });

describe('TLS_CERT and TLS_KEY', () => {
  test('G13: the server speaks HTTPS, sends HSTS in every response and names https in its metadata', async () => {
    const pair = selfSignedCertificate();
    const server = await startServer({ ...filesFor(pair), ISSUER: '' });
    expect(server.url).toMatch(/^https:/);
    const answers = [
      await ask(`${server.url}/graphql`, pair.cert, 'POST', hello),
      await ask(`${server.url}/graphql`, pair.cert, 'POST', 'x'.repeat(200_000)),
      await ask(`${server.url}/nothing`, pair.cert),
      await ask(`${server.url}/health`, pair.cert),
      await ask(`${server.url}/.well-known/jwks.json`, pair.cert),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 413, 404, 200, 200]);
    for (const { headers } of answers) {
      expect(headers['strict-transport-security']).toBe('max-age=31536000');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['x-powered-by']).toBeUndefined();
    }
    const metadata = await ask(`${server.url}/.well-known/oauth-authorization-server`, pair.cert);
    expect(JSON.parse(metadata.body)).toMatchObject({ issuer: 'https://localhost:0' });
  });

  test('TLS below 1.2 is refused', async () => {
    const pair = selfSignedCertificate();
    const server = await startServer(filesFor(pair));
    const old = { ca: pair.cert, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(handshake(server.url, old)).rejects.toThrow();
    expect(await handshake(server.url, { ca: pair.cert, maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
    expect(await handshake(server.url, { ca: pair.cert })).toBe('TLSv1.3');
  });

  test('the HTTPS port does not answer plain HTTP, and a plain server sends no HSTS', async () => {
    const secure = await startServer(filesFor(selfSignedCertificate()));
    await expect(fetch(secure.url.replace('https', 'http'))).rejects.toThrow();
    const plain = await startServer();
    expect((await plain.fetch('/health')).headers.get('strict-transport-security')).toBeNull();
  });

  test('a renewed certificate is used within a minute, and half of a renewed pair is not', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const folder = temporaryFolder();
      const [first, second] = [selfSignedCertificate(), selfSignedCertificate()];
      const server = await startServer(filesFor(first, folder));
      const health = (ca: string) => ask(`${server.url}/health`, ca).then(({ status }) => status);

      filesFor({ cert: second.cert }, folder);
      vi.advanceTimersByTime(60_000);
      await expect
        .poll(() => server.logLines().map(({ msg }) => msg))
        .toContain('certificate not renewed; keeping the current certificate');
      expect(await health(first.cert)).toBe(200);

      filesFor(second, folder);
      vi.advanceTimersByTime(60_000);
      await expect.poll(() => server.logLines().map(({ event }) => event)).toContain('tls.reloaded');
      expect(await health(second.cert)).toBe(200);
      await expect(health(first.cert)).rejects.toThrow();
      expect(JSON.stringify(server.logLines())).not.toContain(second.key.split('\n')[1]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('SIGHUP makes the server use a renewed certificate at once', async () => {
    const folder = temporaryFolder();
    const [first, second] = [selfSignedCertificate(), selfSignedCertificate()];
    const port = String(await freePort());
    const server = spawnServer({ ...filesFor(first, folder), DATA_DIR: folder, PORT: port });
    const health = (ca: string) =>
      ask(`https://127.0.0.1:${port}/health`, ca).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(() => health(first.cert), { timeout: 15_000 }).toBe(200);
    filesFor(second, folder);
    server.child.kill('SIGHUP');
    await expect.poll(() => health(second.cert)).toBe(200);
  });
});

describe('starting', () => {
  const [one, other] = [selfSignedCertificate(), selfSignedCertificate()];
  test.each([
    ['a missing certificate file', { key: one.key }, 'TLS_CERT'],
    ['a missing key file', { cert: one.cert }, 'TLS_KEY'],
    ['a certificate file without a certificate', { cert: 'hello', key: one.key }, 'TLS_CERT holds no certificate'],
    ['a key file without a key', { cert: one.cert, key: one.cert }, 'TLS_KEY holds no private key'],
    ['the key of another certificate', { cert: one.cert, key: other.key }, 'TLS_KEY is not the key'],
  ])('F33: the start is refused with %s, and names the variable', async (_what, pair, problem) => {
    const server = spawnServer({ ...filesFor(pair), DATA_DIR: temporaryFolder(), PORT: '0' });
    expect((await server.exit).code).toBe(1);
    expect(server.output()).toContain(problem);
  });

  test.each(['TLS_CERT', 'TLS_KEY'])('F33: the start is refused with %s alone', (name) => {
    expect(() => parseConfig({ [name]: '/x.pem' })).toThrow('TLS_CERT and TLS_KEY go together');
  });
});
