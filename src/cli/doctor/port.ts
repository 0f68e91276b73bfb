import { get, type IncomingMessage } from 'node:http';
import { get as getByTls } from 'node:https';
import { createServer } from 'node:net';
import type { Config } from '../../config/config.ts';
import { type Finding, fail, ok } from './result.ts';

const patienceMs = 2_000;

/** Whether the port is free, or a server like this one has it, or somebody else. */
export const examinePort = async ({ host, port, tls }: Config): Promise<Finding> => {
  if (port === 0) return ok('port', 'Any free port will be taken.');
  const place = `${host}:${port}`;
  const problem = await tryListening(host, port);
  if (problem === null) return ok('port', `${place} is free; no server is running there.`);
  switch (problem) {
    case 'EADDRINUSE':
      return (await isHealthyServer({ host, port, isTls: tls !== null }))
        ? ok('port', `A server is running on ${place} and answers.`)
        : fail(
            'port',
            `Something else listens on ${place}, or a server that does not answer.`,
            'Stop it, or choose another PORT.',
          );
    case 'EACCES':
      return fail('port', `You may not listen on ${place}.`, 'Choose a PORT from 1024 up.');
    default:
      return fail(
        'port',
        `${place} cannot be listened on (${problem}).`,
        'Choose a HOST of this machine, such as 127.0.0.1 or 0.0.0.0.',
      );
  }
};

/** Null if it works, else the system's word for why not. */
const tryListening = (host: string, port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });

type Place = { readonly host: string; readonly port: number; readonly isTls: boolean };

/** Who a certificate is for does not matter here: the question is whether a server like this one has the port. */
const isHealthyServer = ({ host, port, isTls }: Place): Promise<boolean> =>
  new Promise((resolve) => {
    const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    const where = { host: name, port, path: '/health', timeout: patienceMs };
    const onAnswer = (answer: IncomingMessage): void => {
      answer.toArray().then(
        (chunks) => resolve(answer.statusCode === 200 && chunks.join('').includes('"status":"ok"')),
        () => resolve(false),
      );
    };
    const asked = isTls ? getByTls({ ...where, rejectUnauthorized: false }, onAnswer) : get(where, onAnswer);
    asked.on('timeout', () => asked.destroy()).on('error', () => resolve(false));
  });
