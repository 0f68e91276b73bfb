import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

export type Note = {
  readonly id: string;
  readonly ownerId: string;
  readonly title: string;
  readonly text: string;
};

/** The notes, in an SQLite file of their own. */
export const openNotes = (file: string) => {
  const database = new DatabaseSync(file);
  database.exec(`create table if not exists notes (
    id text primary key, owner_id text not null, list text not null, title text not null, text text not null,
    unique (owner_id, title)
  ) strict`);
  const columns = 'id, owner_id as ownerId, title, text';
  const all = (rest: string, ...values: readonly string[]): readonly Note[] =>
    database
      .prepare(`select ${columns} from notes ${rest}`)
      .all(...values)
      .map(toNote);
  return {
    count: (): number => Number(database.prepare('select count(*) as count from notes').get()?.['count']),
    all: () => all('order by title'),
    ofOwner: (ownerId: string) => all('where owner_id = ? order by title', ownerId),
    inList: (list: string) => all('where list = ? order by title', list),
    find: (id: string): Note | null => all('where id = ?', id)[0] ?? null,
    /** Null if the owner has a note with this title. */
    add: (note: Omit<Note, 'id'> & { readonly list: string }): Note | null => {
      const id = randomUUID();
      const { changes } = database
        .prepare('insert or ignore into notes (id, owner_id, list, title, text) values (?, ?, ?, ?, ?)')
        .run(id, note.ownerId, note.list, note.title, note.text);
      return changes === 0 ? null : { id, ownerId: note.ownerId, title: note.title, text: note.text };
    },
    change: (id: string, text: string): void =>
      void database.prepare('update notes set text = ? where id = ?').run(text, id),
    [Symbol.dispose]: () => database.close(),
  };
};

export type Notes = ReturnType<typeof openNotes>;

const toNote = ({ id, ownerId, title, text }: Record<string, unknown>): Note => ({
  ...{ id: String(id), ownerId: String(ownerId), title: String(title), text: String(text) },
});
