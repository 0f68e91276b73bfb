import { runServer } from '../../boot/process.ts';
import type { ExitCode } from '../shell.ts';

/** Runs the server in this process until a signal ends it. */
export const serveCommand = async (): Promise<ExitCode> => {
  await runServer();
  return 0;
};
