import { acceptsAnything } from '@fieldgate/guard/server';

export const graphqlResponse = 'application/graphql-response+json';
export const plainJson = 'application/json';

/** The two types an answer of one piece can have. They differ in what a status may say: see GraphQL over HTTP §6.4. */
export type MediaType = typeof graphqlResponse | typeof plainJson;

/**
 * The type in which a client is answered that accepts this, or null if it wants neither (a stream, say). The first of its
 * types that fits is taken; a client that leaves the choice to us gets `application/json`.
 */
export const chooseMediaType = (accept: string | null): MediaType | null => {
  // Without a choice, or the one that nearly all clients make: nothing has to be taken apart.
  if (accept === null || accept === '*/*' || accept === plainJson) return plainJson;
  for (const range of accept.split(',')) {
    const [type, ...parameters] = range.replace(/\s/g, '').toLowerCase().split(';');
    if (parameters.some((parameter) => parameter.startsWith('charset=') && parameter !== 'charset=utf-8')) continue;
    if (type === graphqlResponse) return graphqlResponse;
    if (type === plainJson || type === '*/*' || type === 'application/*') return plainJson;
  }
  return null;
};

/** The type of a refusal, for a client that would be answered in the chosen one. */
export const refusalMediaType = (accept: string | null, chosen: MediaType): MediaType =>
  chosen === plainJson && acceptsAnything(accept) ? graphqlResponse : chosen;
