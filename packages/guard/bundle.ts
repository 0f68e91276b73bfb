/**
 * Replaces the JavaScript that `tsc` wrote to dist/ by one file for each entry of the package and few that they share. The package
 * is published like this, because importing seventy small files takes four times as long. The declarations stay as they are.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { rolldown } from 'rolldown';

type Manifest = { readonly exports: Readonly<Record<string, string | { readonly [condition: string]: string }>> };

const { exports }: Manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** The source of each entry, by the name of its file in dist/. */
const input = Object.fromEntries(
  Object.values(exports).flatMap((entry) => {
    if (typeof entry === 'string') return [];
    const { '@fieldgate/source': source = '', default: target = '' } = entry;
    return [[target.replace(/^\.\/dist\/|\.js$/g, ''), source]];
  }),
);

const dist = new URL('dist/', import.meta.url);
for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  // Without the file in which tsc keeps what it wrote, the next build writes everything again.
  if (/\.js(?:\.map)?$|^\.tsbuildinfo$/.test(file)) rmSync(new URL(file, dist));
}

const bundle = await rolldown({
  cwd: import.meta.dirname,
  input,
  external: /^[^./]/,
  transform: { target: 'es2024' },
});
await bundle.write({ dir: 'dist', entryFileNames: '[name].js', chunkFileNames: 'shared/[name].js', sourcemap: true });
await bundle.close();
