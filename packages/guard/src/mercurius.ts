export { fieldgateForMercurius, type MercuriusGate } from './gates/mercurius.ts';
export type { GateOptions as FieldgateOptions } from './gates/options.ts';
