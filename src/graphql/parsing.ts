import { type DocumentNode, parse as parseText, type Source } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/**
 * The longest document, in tokens; the introspection query has some 300. Longer ones, and with them those that are nested
 * too deep for a recursive parser or validator, are syntax errors instead of stack overflows.
 */
const maxTokens = 2_000;

/** Parses a document of a bounded size. Throws GraphQLError for anything else. */
export const parse = (source: string | Source): DocumentNode => parseText(source, { maxTokens });

export const useBoundedParser = (): Plugin => ({
  onParse: ({ setParseFn }) => setParseFn(parse),
});
