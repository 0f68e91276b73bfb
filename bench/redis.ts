import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from './processes.ts';

/** Starts a Redis that keeps nothing on disk; resolves to null where redis-server is not installed. */
export const startRedis = async (): Promise<{ readonly url: string; readonly stop: () => void } | null> => {
  const port = await freePort();
  const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no' };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const stop = (): void => void child.kill('SIGKILL');
  process.once('exit', stop);
  const failed = once(child, 'error').then(() => false);
  const started = await Promise.race([failed, untilListening(port)]);
  return started ? { url: `redis://127.0.0.1:${port}`, stop } : null;
};

const untilListening = async (port: number): Promise<boolean> => {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isUp) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
};
