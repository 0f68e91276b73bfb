/** A client of the inspector protocol for a server that runs with `--inspect`. */
export type Inspector = {
  readonly send: <Result>(method: string, params?: object) => Promise<Result>;
  /** Calls back with every event of this name. */
  readonly on: <Event>(method: string, onEvent: (event: Event) => void) => void;
  readonly close: () => void;
};

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
};

type Pending = { readonly resolve: (result: never) => void; readonly reject: (error: Error) => void };

export const connectInspector = async (port: number): Promise<Inspector> => {
  const targets = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
  const socket = new WebSocket(targets[0].webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('The inspector refused the connection.')));
  });
  const pending = new Map<number, Pending>();
  const listeners = new Map<string, (event: never) => void>();
  let lastId = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params, result, error }: Message = JSON.parse(String(data));
    if (method !== undefined) listeners.get(method)?.(params as never);
    const waiting = id === undefined ? undefined : pending.get(id);
    if (waiting === undefined) return;
    pending.delete(id ?? 0);
    if (error) waiting.reject(new Error(error.message));
    else waiting.resolve(result as never);
  });
  return {
    send: (method, params = {}) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        pending.set(lastId, { resolve, reject });
        socket.send(JSON.stringify({ id: lastId, method, params }));
      }),
    on: (method, onEvent) => {
      listeners.set(method, onEvent);
    },
    close: () => socket.close(),
  };
};
