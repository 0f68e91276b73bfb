import { type ASTNode, type DefinitionNode, GraphQLError, parse, Source } from 'graphql';

/** Some SDL of the user, and the file that problems name. */
export type SdlSource = { readonly file: string; readonly text: string };

/** What is wrong, where, and how to mend it: one line. */
export type Problem = string;

/** Returns all definitions, and what cannot be parsed. */
export const parseSources = (
  sources: readonly SdlSource[],
): { readonly definitions: readonly DefinitionNode[]; readonly problems: readonly Problem[] } => {
  const problems: Problem[] = [];
  const definitions = sources.flatMap(({ file, text }) => {
    try {
      return text.trim() === '' ? [] : parse(new Source(text, file)).definitions;
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      const { line = 1, column = 1 } = error.locations?.[0] ?? {};
      problems.push(`${file}:${line}:${column}: ${error.message}`);
      return [];
    }
  });
  return { definitions, problems };
};

/** `file:line:column` of a node that was parsed from a file of the user. */
export const placeOf = ({ loc }: Pick<ASTNode, 'loc'>): string =>
  loc ? `${loc.source.name}:${loc.startToken.line}:${loc.startToken.column}` : 'the schema';
