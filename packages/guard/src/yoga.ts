export type { GateOptions as FieldgateOptions } from './gates/options.ts';
export { useFieldgate } from './gates/yoga.ts';
