import type { Policies } from '@fieldgate/guard';
import type { DefinitionNode } from 'graphql';
import type { NamedMap } from './resolver-map.ts';

/** The part of the schema that is the user's, checked against ours. */
export type OwnSchema = {
  readonly definitions: readonly DefinitionNode[];
  readonly maps: readonly NamedMap[];
  readonly policies: Policies;
};

export const noOwnSchema: OwnSchema = { definitions: [], maps: [], policies: {} };
