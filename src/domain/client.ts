import type { ClientInfo } from '@fieldgate/guard/core';

/** The client of what did not come over a network, or came from an unknown address. */
export const noClient: ClientInfo = { ip: null, userAgent: null };
