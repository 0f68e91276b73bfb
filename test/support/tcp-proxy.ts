import { once } from 'node:events';
import { createServer, connect as dial, type Socket } from 'node:net';

/** Receives what the server sends, and returns what the client gets. */
type Tamper = (bytes: Buffer) => Buffer;

type TcpProxy = {
  /** As the address of a Redis server. */
  readonly url: string;
  readonly port: number;
  /** Applies to every connection from now on. */
  tamper: Tamper;
  readonly drop: () => void;
};

/** A proxy in front of a server on this machine that can change what the server sends. */
export async function tcpProxy(serverPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = dial(serverPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true));
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (bytes: Buffer) => {
      const passed = proxy.tamper(bytes);
      if (passed.length > 0) client.write(passed);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const proxy: TcpProxy = {
    url: `redis://127.0.0.1:${port}`,
    port,
    tamper: (bytes) => bytes,
    drop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return proxy;
}
