// Writes what the image runs, to the folder given or to dist: the service and all its packages in one file, what it
// serves beside it, and the bill of its packages. One file starts sooner, and in two thirds of the memory, than the
// thousand that it is made of.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { billOf, packagesOf } from './bill.ts';
import { leftOut } from './left-out.ts';
import { PAGE_FILES } from './page/assets.ts';

const from = import.meta.dirname;
const to = resolve(process.argv[2] ?? join(from, 'dist'));

rmSync(to, { recursive: true, force: true });
const { metafile } = await build({
  // Paths stand in what is written.
  absWorkingDir: from,
  entryPoints: [join(from, 'server.ts')],
  outfile: join(to, 'server.cjs'),
  // An ES module that imports node:http has Node load all that hangs on it, a tenth of the start.
  ...{ bundle: true, platform: 'node', target: 'node24', format: 'cjs' },
  define: {
    ...{ 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    // Packages want it to make a `require` from, for which the path will do.
    'import.meta.url': '__filename',
  },
  plugins: [leftOut],
  // `debug` takes it where it finds it: not in the image, but in a folder further up, as in this repository.
  external: ['supports-color'],
  // Names stay: a stack trace is read by people.
  ...{ minifyWhitespace: true, minifySyntax: true, legalComments: 'linked' },
  logLevel: 'warning',
  metafile: true,
});

const copy = (folder: string, files: readonly string[], into: string) => {
  mkdirSync(join(to, into), { recursive: true });
  for (const file of files) cpSync(join(folder, file), join(to, into, file));
};
copy(from, ['package.json'], '.');
copy(join(from, 'page'), PAGE_FILES, 'page');
const library = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));
// It stands where Node looks for a package, so that the same code finds it here and there.
copy(library, ['package.json', 'LICENSE', 'swagger-ui.css', 'swagger-ui-bundle.js'], 'node_modules/swagger-ui-dist');
const service = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) =>
  Object.keys(inputs).filter((file) => inputs[file]?.bytesInOutput),
);
const bill = billOf(service, packagesOf([...bundled, join(library, 'package.json')], from));
writeFileSync(join(to, `${service.name}.cdx.json`), `${JSON.stringify(bill, null, 2)}\n`);
