import { type DocumentNode, GraphQLError, Lexer, parse, Source, TokenKind } from 'graphql';
import { limitError } from './limits.ts';

/**
 * The longest document, in tokens; the introspection query has some 200. With longer ones, those are refused that are
 * nested too deep for a recursive parser or validator: they would be stack overflows.
 */
const maxTokens = 2_000;

/** Parses a document of a bounded size. Throws GraphQLError for anything else. */
export const parseDocument = (text: string): DocumentNode => {
  try {
    return parse(text, { maxTokens });
  } catch (error) {
    if (isTooLong(text)) throw limitError({ reason: 'TOKENS', message: `A document may have ${maxTokens} tokens.` });
    throw error;
  }
};

/** Only asked when parsing failed: the parser does not say why. */
const isTooLong = (text: string): boolean => {
  const lexer = new Lexer(new Source(text));
  try {
    for (let count = 0; count <= maxTokens; count += 1) {
      if (lexer.advance().kind === TokenKind.EOF) return false;
    }
    return true;
  } catch (error) {
    if (error instanceof GraphQLError) return false;
    throw error;
  }
};
