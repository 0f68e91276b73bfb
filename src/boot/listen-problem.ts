export type ListenAddress = {
  readonly host: string;
  readonly port: number;
  /** The variable that chose the port. */
  readonly setting: 'PORT' | 'METRICS_PORT';
};

/** Returns why the server cannot listen there, and what to do. */
export const listenProblem = (error: Error, { host, port, setting }: ListenAddress): string => {
  const code = 'code' in error ? String(error.code) : 'unknown reason';
  switch (code) {
    case 'EADDRINUSE':
      return `${host}:${port} is in use by another process. Stop it, or choose another ${setting}.`;
    case 'EACCES':
    case 'EPERM':
      return `no permission to listen on ${host}:${port}. Choose a ${setting} of 1024 or above.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST ${host} is not an address of this machine (${code}). Choose one, such as 127.0.0.1 or 0.0.0.0.`;
    default:
      return `cannot listen on ${host}:${port} (${code}). Check HOST and ${setting}.`;
  }
};
