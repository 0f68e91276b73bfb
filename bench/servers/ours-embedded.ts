/** Our guard in somebody else's Yoga server; GUARD says how much of it. */
import { createOwnYoga, type Guard } from '../own-yoga.ts';
import { listen } from './listen.ts';

listen(createOwnYoga(process.env['GUARD'] as Guard));
