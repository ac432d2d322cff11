/** The app that is called, and its namespace where that is another than the caller's: `'redis'`, `'loki.monitoring'`. */
export function callee(call: string): { readonly app: string; readonly namespace?: string } {
  const [app = '', namespace] = call.split('.');
  return namespace === undefined ? { app } : { app, namespace };
}
