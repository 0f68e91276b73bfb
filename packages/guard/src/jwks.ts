export type { IntrospectionOptions } from './jwks/introspection.ts';
export { type JwksOptions, jwks } from './jwks/jwks.ts';
