import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { Script } from 'node:vm';
import * as bundle from '@graphql-yoga/render-graphiql/graphiql';
import { favicon, logo, styles } from './styles.ts';

export type Page = { readonly html: string; readonly contentSecurityPolicy: string };

/**
 * Returns the GraphiQL page with its Account panel: one document that loads nothing from other servers. It is the same for
 * every caller, so its policy allows scripts by their digests: a nonce would forbid caching the page.
 */
export const renderPage = (): Page => {
  const scripts = [workersScript(), bundle.js, browserScript()].map(asInlineScript);
  return { html: markup(scripts), contentSecurityPolicy: policyFor(scripts) };
};

const welcome = `# Welcome to Fieldgate!
#
# Run me: Ctrl-Enter.
# Then sign in on the left,
# and run me again.

query Welcome {
  hello
  viewer {
    kind
    role
    expiresAt
  }
}
`;

const aboutMe = `# Only for signed-in callers:
# who you are and where.

query AboutMe {
  me {
    id
    email
    role
    createdAt
  }
  sessions {
    edges {
      node {
        id
        current
        userAgent
        expiresAt
      }
    }
  }
}
`;

/** Monaco runs its language services in workers. Inlined, they need no further request. */
const workersScript = (): string => `
  const workerSources = {
    editorWorkerService: ${JSON.stringify(bundle.editorWorkerService)},
    json: ${JSON.stringify(bundle.jsonWorker)},
    graphql: ${JSON.stringify(bundle.graphqlWorker)},
  };
  self.MonacoEnvironment = {
    globalAPI: false,
    getWorkerUrl: (_moduleId, label) => URL.createObjectURL(new Blob([workerSources[label]], { type: 'text/javascript' })),
  };`;

/** The modules of `browser/`, imported ones first. */
const browserModules = [
  'react',
  'session',
  'authorized-fetch',
  'sign-in-form',
  'signed-in-view',
  'panel',
  'tabs',
  'main',
];

/** Joins the browser's modules into one script. They import only each other, and their top-level names are unique. */
const browserScript = (): string => {
  const options = { title: 'Fieldgate', logo, tabs: [welcome, aboutMe] };
  const modules = browserModules.map((name) => readModule(new URL(`browser/${name}.ts`, import.meta.url)));
  const script = `(() => {\nconst pageOptions = ${JSON.stringify(options)};\n${modules.join('\n')}\n})();`;
  // Throws a SyntaxError if two modules declare the same name.
  new Script(script);
  return script;
};

const readModule = (file: URL): string =>
  stripTypeScriptTypes(readFileSync(file, 'utf8'))
    .replace(/^import [^;]*;$/gm, '')
    .replace(/^export (?=const )/gm, '');

/** `<!--` and `<script` change how HTML is parsed. In strings and patterns, the only places they occur, `\x3C` is the same. */
const asInlineScript = (source: string): string => source.replace(/<(?=!--|\/?script)/gi, '\\x3C');

const policyFor = (scripts: readonly string[]): string =>
  [
    "default-src 'none'",
    `script-src ${scripts.map((script) => `'sha256-${sha256(script)}'`).join(' ')}`,
    // Monaco adds style elements and attributes at run time.
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "connect-src 'self'",
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64');

const markup = (scripts: readonly string[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Fieldgate</title>
<link rel="icon" href="${favicon}">
<style>${bundle.css}</style>
<style>${styles}</style>
</head>
<body class="no-focus-outline">
<noscript>GraphiQL needs JavaScript.</noscript>
<div id="root"></div>
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
