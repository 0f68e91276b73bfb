import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { findTlsPairProblem, type TlsPairProblem } from '../crypto/tls-pair.ts';
import type { TransportLimits } from '../http/transport-limits.ts';
import type { Log } from '../telemetry/log.ts';

type TlsFiles = NonNullable<Config['tls']>;
type TlsPair = { readonly cert: string; readonly key: string };
type TlsServerDeps = { readonly listener: RequestListener; readonly limits: TransportLimits; readonly log: Log };

/** Thrown for files that cannot be served with. The message names the variables and holds nothing of the files. */
export class TlsError extends Error {
  override readonly name = 'TlsError';
}

export type TlsServer = {
  readonly server: Server;
  /** Reads the files again and uses them if they have changed and are valid. Otherwise keeps the current pair. Never rejects. */
  readonly reload: () => Promise<void>;
};

const problems: Readonly<Record<TlsPairProblem, string>> = {
  'no-certificate': 'TLS_CERT holds no certificate in PEM form.',
  'no-key': 'TLS_KEY holds no private key in PEM form, or one with a passphrase.',
  'not-a-pair': 'TLS_KEY is not the key of the certificate in TLS_CERT.',
};

const reloadEveryMs = 60_000;
const handshakeTimeoutMs = 10_000;
const oneYearSeconds = 31_536_000;

/**
 * Returns a server that speaks TLS 1.2 and 1.3 and follows its files: a renewed certificate is used within a minute.
 * Rejects with `TlsError`.
 */
export const createTlsServer = async (
  files: TlsFiles,
  { listener, limits, log }: TlsServerDeps,
): Promise<TlsServer> => {
  let current = await readTlsPair(files);
  const handshake = { minVersion: 'TLSv1.2', handshakeTimeout: handshakeTimeoutMs } as const;
  const server = createServer({ ...limits.options, ...handshake, ...current }, withTransportSecurity(listener));
  const reload = async (): Promise<void> => {
    try {
      const next = await readTlsPair(files);
      if (next.cert === current.cert && next.key === current.key) return;
      server.setSecureContext({ ...next, minVersion: 'TLSv1.2' });
      current = next;
      log.info({ event: 'tls.reloaded' }, 'using the renewed certificate');
    } catch (error) {
      // Perhaps only one of the two files has been replaced yet.
      log.error({ err: error }, 'certificate not renewed; keeping the current certificate');
    }
  };
  const timer = setInterval(reload, reloadEveryMs).unref();
  server.once('close', () => clearInterval(timer));
  return { server, reload };
};

/** Makes browsers use HTTPS from their second visit on (RFC 6797). */
const withTransportSecurity =
  (listener: RequestListener): RequestListener =>
  (request, response) => {
    response.setHeader('strict-transport-security', `max-age=${oneYearSeconds}`);
    listener(request, response);
  };

/** Rejects with `TlsError`. */
export const readTlsPair = async ({ certFile, keyFile }: TlsFiles): Promise<TlsPair> => {
  const [cert, key] = await Promise.all([readText(certFile, 'TLS_CERT'), readText(keyFile, 'TLS_KEY')]);
  const problem = findTlsPairProblem(cert, key);
  if (problem !== null) throw new TlsError(problems[problem]);
  return { cert, key };
};

const readText = async (file: string, variable: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new TlsError(`${variable}: the file ${resolve(file)} cannot be read${code}.`);
  }
};
