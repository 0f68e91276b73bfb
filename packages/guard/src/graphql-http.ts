export { fieldgateForGraphqlHttp, type GraphqlHttpGate } from './gates/graphql-http.ts';
export type { GateOptions as FieldgateOptions } from './gates/options.ts';
