import { connect, type Socket } from 'node:net';

/** Sends these bytes and resolves with everything that the server answers until it closes the connection. */
export const sendRaw = (url: string, text: string | Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = openSocket(url);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
    socket.write(text);
  });

export const openSocket = (url: string): Socket => connect(Number(new URL(url).port), '127.0.0.1');

/** The statuses of all responses on one connection. */
export const statusesIn = (answer: string): readonly number[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

export const head = (lines: readonly string[]): string =>
  `${['POST /graphql HTTP/1.1', ...lines].join('\r\n')}\r\n\r\n`;

export const json = 'Content-Type: application/json';
