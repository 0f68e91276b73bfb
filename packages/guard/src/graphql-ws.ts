export { fieldgateForGraphqlWs, type GraphqlWsGate } from './gates/graphql-ws.ts';
export type { GateOptions as FieldgateOptions } from './gates/options.ts';
