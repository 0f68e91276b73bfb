import { createServer } from 'node:net';
import type { Config } from '../config.ts';
import { type Finding, fail, ok } from './finding.ts';

const patienceMs = 2_000;

/** Whether the port is free, or a server like this one has it, or somebody else. */
export const examinePort = async ({ host, port }: Config): Promise<Finding> => {
  if (port === 0) return ok('port', 'Any free port will be taken.');
  const place = `${host}:${port}`;
  const problem = await tryListening(host, port);
  if (problem === null) return ok('port', `${place} is free; no server is running there.`);
  switch (problem) {
    case 'EADDRINUSE':
      return (await isHealthyServer(host, port))
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

const isHealthyServer = async (host: string, port: number): Promise<boolean> => {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  try {
    const answer = await fetch(`http://${name}:${port}/health`, { signal: AbortSignal.timeout(patienceMs) });
    const body: unknown = await answer.json();
    return answer.ok && typeof body === 'object' && body !== null && 'status' in body && body.status === 'ok';
  } catch {
    return false;
  }
};
