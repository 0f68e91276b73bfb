/** Asks for `me` a hundred times a second, or as often as it is told, on one connection, in a worker thread, until it gets a message. */
import { Agent, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

type Probe = { readonly port: number; readonly token: string; readonly pauseMs?: number };
const { port, token, pauseMs = 10 }: Probe = workerData;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const body = '{"query":"{ me { id } }"}';
const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'content-length': body.length };

const ask = () =>
  new Promise<number>((resolve, reject) => {
    const startedAt = performance.now();
    request({ host: '127.0.0.1', port, path: '/graphql', method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', () => resolve(performance.now() - startedAt));
    })
      .once('error', reject)
      .end(body);
  });

const tookMs: number[] = [];
let isStopped = false;
parentPort?.once('message', () => {
  isStopped = true;
});
while (!isStopped) {
  tookMs.push(await ask());
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
parentPort?.postMessage(tookMs);
agent.destroy();
