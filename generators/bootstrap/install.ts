import { downloadOf, type Tool, type ToolName } from './tools.ts';

/**
 * The lines of a shell that bring a tool into a folder, from its makers and with its checksum checked. They leave what
 * they fetched in the folder where they run.
 * @param machine `linux-x64`
 * @param into a folder on the PATH: `/usr/local/bin`
 * @returns for a machine of which no checksum is known, one comment that says what a person types
 */
export function installLines(name: ToolName, tool: Tool, machine: string, into: string): string[] {
  const { version, holds, otherwise } = tool;
  const download = downloadOf(tool, machine);
  if (!download) return [`# ${name} ${version} or later: ${otherwise}`];
  const file = `${name}${holds === 'program' ? '' : holds === 'tar.gz' ? '.tar.gz' : '.zip'}`;
  const sum = machine.startsWith('darwin-') ? 'shasum -a 256' : 'sha256sum';
  return [
    // No redirect may leave TLS: https://curl.se/docs/manpage.html#--proto
    `curl --proto '=https' --tlsv1.2 --retry 3 -fsSL -o ${file} '${download.url}'`,
    `echo '${download.sha256}  ${file}' | ${sum} -c -`,
    ...unpack(name, holds, file, into),
  ];
}

function unpack(name: ToolName, holds: Tool['holds'], file: string, into: string): string[] {
  const place = `install -m 755 ${name} ${quoted(`${into}/${name}`)}`;
  switch (holds) {
    case 'program':
      return [place];
    case 'tar.gz':
      return [`tar -xzf ${file} ${name}`, place];
    case 'installer':
      return [
        `unzip -q ${file}`,
        `./aws/install --update --install-dir ${quoted(`${into}/../share/aws-cli`)} --bin-dir ${quoted(into)}`,
      ];
  }
}

const quoted = (path: string) => `'${path.replaceAll("'", "'\\''")}'`;
