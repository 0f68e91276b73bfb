export { type ApolloGate, fieldgateForApollo } from './gates/apollo.ts';
export type { GateOptions as FieldgateOptions } from './gates/options.ts';
