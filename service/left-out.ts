import type { Plugin } from 'esbuild';

/** What is sent to Redis by a name of the client's, and the file that defines it. AUTH is the client's own. */
const COMMANDS = { incrBy: 'INCRBY', get: 'GET', AUTH: 'AUTH' };

const commands = Object.entries(COMMANDS).map(([name, file]) => `${name}: require('./${file}.js').default`);

const NOTHING = 'module.exports = {};';

/** What stands in a package's file instead of what is there. */
const INSTEAD: readonly (readonly [file: RegExp, contents: string])[] = [
  // Five hundred, each of which a client is given a method for before it connects.
  [
    /\/@redis\/client\/dist\/lib\/commands\/index\.js$/,
    `module.exports = { __esModule: true, default: { ${commands.join(', ')} }, NON_STICKY_COMMANDS: {} };`,
  ],
  // Those for the modules of Redis: search, series, filters, documents.
  [/\/@redis\/(bloom|json|search|time-series)\/dist\/lib\/index\.js$/, NOTHING],
  // The service chooses how it exports, and it is none of these.
  [/\/@opentelemetry\/(exporter-[a-z]+-otlp-grpc|exporter-zipkin)\/(build|dist)\//, NOTHING],
  // A body is JSON, in UTF-8, -16 or -32; these are of Chinese, Japanese and Korean encodings.
  [/\/iconv-lite\/encodings\/tables\/[^/]+\.json$/, NOTHING],
];

/**
 * Leaves out of the bundle what the service never reaches: half of what a start would read, and most of what it would
 * do before it is ready.
 */
export const leftOut: Plugin = {
  name: 'left-out',
  setup: (build) => {
    const unmet = new Set(INSTEAD.map(([file]) => file));
    for (const [file, contents] of INSTEAD) {
      build.onLoad({ filter: file }, () => {
        unmet.delete(file);
        return { contents, loader: 'js' };
      });
    }
    // A later version may keep its files elsewhere, and all that is in them would be back.
    build.onEnd(() => ({ errors: Array.from(unmet, (file) => ({ text: `Nothing is left out by ${file}.` })) }));
  },
};
