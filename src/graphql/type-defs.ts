import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { authTypeDefs } from '@fieldgate/guard';
import { type DocumentNode, type EnumTypeDefinitionNode, Kind, parse, Source, visit } from 'graphql';
import type { Roles } from '../domain/role.ts';

const folder = fileURLToPath(new URL('../../schema/', import.meta.url));

/** Returns our SDL, the files under schema/ as one document, with these roles in `enum Role` and, by their position, in our rules. */
export const loadTypeDefs = (roles: Roles): DocumentNode => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  const sources = files.map((name) => new Source(readFileSync(join(folder, name), 'utf8'), `schema/${name}`));
  const documents = [new Source(authTypeDefs(roles.names, { roleEnum: null }), '@fieldgate/guard'), ...sources].map(
    (source) => parse(source),
  );
  return withRoles({ kind: Kind.DOCUMENT, definitions: documents.flatMap(({ definitions }) => definitions) }, roles);
};

const withRoles = (document: DocumentNode, roles: Roles): DocumentNode => {
  const byOurName: Readonly<Record<string, string>> = { MODERATOR: roles.moderator, ADMIN: roles.administrator };
  return visit(document, {
    EnumTypeDefinition: (node) => (node.name.value === 'Role' ? roleEnum(node, roles) : undefined),
    Directive: (node) => {
      if (node.name.value !== 'auth') return undefined;
      return visit(node, {
        EnumValue: (value) => ({ ...value, value: byOurName[value.value] ?? value.value }),
      });
    },
  });
};

const roleEnum = (node: EnumTypeDefinitionNode, { names }: Roles): EnumTypeDefinitionNode => ({
  ...node,
  values: names.map((name) => {
    const written = node.values?.find((value) => value.name.value === name);
    return written ?? { kind: Kind.ENUM_VALUE_DEFINITION, name: { kind: Kind.NAME, value: name } };
  }),
});
