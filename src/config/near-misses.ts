import { editDistance } from '../domain/did-you-mean.ts';
import type { Variables } from './variables.ts';

/** Returns a warning for each unknown variable whose name resembles a known one. */
export const findNearMisses = (env: Variables, known: readonly string[]): readonly string[] =>
  Object.keys(env).flatMap((name) => {
    if (known.includes(name) || name.length < 4) return [];
    const near = known.find((other) => isNear(name.toUpperCase(), other));
    return near === undefined
      ? []
      : [`${name} is not a variable of Fieldgate and has no effect; did you mean ${near}?`];
  });

/** Other programs have short names of their own: `HOME` is not `HOST`. */
const isNear = (name: string, known: string): boolean => editDistance(name, known) <= (known.length < 8 ? 1 : 2);
