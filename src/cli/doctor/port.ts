import { get, type IncomingMessage } from 'node:http';
import { get as getByTls } from 'node:https';
import { createServer } from 'node:net';
import type { Config } from '../../config/config.ts';
import { type DoctorResult, fail, ok } from './result.ts';

const healthTimeoutMs = 2_000;

/** Whether the port is free, or in use by a server like this one, or by something else. */
export const checkPort = async ({ host, port, tls }: Config): Promise<DoctorResult> => {
  if (port === 0) return ok('port', 'Any free port will be used.');
  const address = `${host}:${port}`;
  const problem = await tryListening(host, port);
  if (problem === null) return ok('port', `${address} is free; no server is running there.`);
  switch (problem) {
    case 'EADDRINUSE':
      return (await isHealthyServer({ host, port, isTls: tls !== null }))
        ? ok('port', `A server is running on ${address} and answers.`)
        : fail(
            'port',
            `Something else listens on ${address}, or a server that does not answer.`,
            'Stop it, or choose another PORT.',
          );
    case 'EACCES':
      return fail('port', `You have no permission to listen on ${address}.`, 'Choose a PORT of 1024 or above.');
    default:
      return fail(
        'port',
        `Cannot listen on ${address} (${problem}).`,
        'Choose a HOST of this machine, such as 127.0.0.1 or 0.0.0.0.',
      );
  }
};

/** Returns null if it works, else the system's error code. */
const tryListening = (host: string, port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });

type Address = { readonly host: string; readonly port: number; readonly isTls: boolean };

/** The certificate is not verified: the question is only whether a server like this one has the port. */
const isHealthyServer = ({ host, port, isTls }: Address): Promise<boolean> =>
  new Promise((resolve) => {
    const hostname = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    const options = { host: hostname, port, path: '/health', timeout: healthTimeoutMs };
    const onResponse = (response: IncomingMessage): void => {
      response.toArray().then(
        (chunks) => resolve(response.statusCode === 200 && chunks.join('').includes('"status":"ok"')),
        () => resolve(false),
      );
    };
    const request = isTls ? getByTls({ ...options, rejectUnauthorized: false }, onResponse) : get(options, onResponse);
    request.on('timeout', () => request.destroy()).on('error', () => resolve(false));
  });
