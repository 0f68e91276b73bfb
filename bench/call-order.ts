import type { Debugger } from 'node:inspector';
import type { Inspector } from './inspector.ts';
import type { OwnFunction } from './sources.ts';

/** One call of a function of ours. `caller` is the nearest function of ours beneath it on the stack, null where there is none. */
export type Call = { readonly caller: OwnFunction | null; readonly callee: OwnFunction };

/** Sets a breakpoint at the start of each function, sends one request, and records in which order they are hit. */
export const recordCalls = async (
  inspector: Inspector,
  functions: readonly OwnFunction[],
  ask: () => Promise<void>,
): Promise<readonly Call[]> => {
  const byId = new Map(functions.map((each) => [each.id, each]));
  const functionOf = ({ functionLocation: at }: Debugger.CallFrame): OwnFunction | null =>
    byId.get(`${at?.scriptId}:${at?.lineNumber}:${at?.columnNumber}`) ?? null;
  const calls: Call[] = [];
  await inspector.send('Debugger.enable');
  const breakpoints = await setBreakpoints(inspector, functions);
  inspector.on<Debugger.PausedEventDataType>('Debugger.paused', ({ callFrames: [top, ...below], hitBreakpoints }) => {
    const callee = top ? functionOf(top) : null;
    // A breakpoint in a loop of the function is hit more than once; the first statement is entered by a call.
    if (callee && hitBreakpoints?.some((id) => breakpoints.get(id) === callee)) {
      calls.push({ caller: below.map(functionOf).find((each) => each !== null) ?? null, callee });
    }
    void inspector.send('Debugger.resume');
  });
  await ask();
  await inspector.send('Debugger.disable');
  return calls;
};

const setBreakpoints = async (
  inspector: Inspector,
  functions: readonly OwnFunction[],
): Promise<ReadonlyMap<string, OwnFunction>> => {
  const breakpoints = new Map<string, OwnFunction>();
  for (const each of functions) {
    const start = { scriptId: each.scriptId, ...each.start };
    const { locations } = await inspector.send<Debugger.GetPossibleBreakpointsReturnType>(
      'Debugger.getPossibleBreakpoints',
      { start, end: { scriptId: each.scriptId, ...each.end }, restrictToFunction: true },
    );
    const [location] = locations;
    if (location === undefined) continue;
    const { breakpointId } = await inspector.send<Debugger.SetBreakpointReturnType>('Debugger.setBreakpoint', {
      location,
    });
    breakpoints.set(breakpointId, each);
  }
  return breakpoints;
};
