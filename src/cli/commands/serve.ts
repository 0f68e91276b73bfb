import { runServer } from '../../boot/process.ts';
import type { ExitCode, Shell } from '../shell.ts';

/** Runs the server in this process until a signal ends it. */
export const serveCommand = async (shell: Shell): Promise<ExitCode> => {
  await runServer(shell.environment());
  return 0;
};
