import { type DocumentNode, GraphQLError, Lexer, parse, Source, TokenKind } from 'graphql';
import { limitError } from './query-limits.ts';

/**
 * The longest document, in tokens (the introspection query has about 200). The limit also bounds nesting, which would otherwise overflow
 * the stack of the recursive parser and validator.
 */
const maxTokens = 2_000;

/** Parses a document of a bounded size. Throws GraphQLError for anything else. */
export const parseDocument = (text: string): DocumentNode => {
  try {
    return parse(text, { maxTokens });
  } catch (error) {
    if (isTooLong(text))
      throw limitError({
        reason: 'TOKENS',
        message: `A document may have at most ${maxTokens} tokens. Split it into several.`,
      });
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
