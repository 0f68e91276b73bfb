import { defineConfig } from 'fieldgate';
import { openNotes } from './src/notes.ts';
import { isOwnerOrEditor } from './src/policies.ts';
import { resolvers } from './src/resolvers.ts';

export default defineConfig({
  schema: ['schema/**/*.graphql'],
  resolvers,
  roles: ['READER', 'EDITOR', 'ADMIN'],
  moderatorRole: 'EDITOR',
  policies: { ownerOrEditor: isOwnerOrEditor },
  setup: ({ env }) => ({ notes: openNotes(env['NOTES_FILE'] ?? 'notes.sqlite') }),
  context: ({ viewer }) => ({ callerId: viewer.kind === 'account' ? viewer.id : '' }),
});
