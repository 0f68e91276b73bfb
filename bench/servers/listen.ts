import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';

export const port = Number(process.env['PORT']);
export const host = '127.0.0.1';

/** Every server built on node:http listens with the same settings. */
export const listen = (listener: RequestListener): void => {
  createServer({ keepAliveTimeout: 65_000 }, listener).listen(port, host);
};
