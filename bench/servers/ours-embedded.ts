/** Our guard in an embedder's Yoga server; GUARD says how much of it. */
import { type GuardUse, loadOwnYoga } from '../own-yoga.ts';
import { listen } from './listen.ts';

const createOwnYoga = await loadOwnYoga();
listen(createOwnYoga(process.env['GUARD'] as GuardUse));
