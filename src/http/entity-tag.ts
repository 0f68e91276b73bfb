/** Whether what the client has is what it would get. If-None-Match compares weakly (RFC 9110 §13.1.2). */
export const isCurrent = (ifNoneMatch: string | null, etag: string): boolean =>
  (ifNoneMatch ?? '').split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
