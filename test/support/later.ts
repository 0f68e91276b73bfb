/** Preloaded into a process (`--import`), it puts that process's clock twenty minutes ahead. */
const { now } = Date;
Date.now = () => now() + 20 * 60_000;
