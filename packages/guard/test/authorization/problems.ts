import { SchemaRulesError } from '@fieldgate/guard';

/** Returns the problems for which a schema is refused, none if it is not. */
export const problemsOf = (build: () => unknown): readonly string[] => {
  try {
    build();
  } catch (error) {
    if (error instanceof SchemaRulesError) return error.problems;
    throw error;
  }
  return [];
};
