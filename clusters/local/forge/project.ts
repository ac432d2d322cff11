/** The one project of the local forge. */
export const project = { id: 1, path: 'local/slipway' } as const;
