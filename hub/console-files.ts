import { readFile } from 'node:fs/promises';
import { packageFolder } from './host/package.js';
import { type FileRequest, htmlPage, type PublicFile } from './http/answer/files.js';

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

const folder = new URL('bundle/console/', packageFolder);

/** The page of the console. Its routes follow `#`, so each address below `/console/` is a file. */
export async function consolePage(): Promise<PublicFile> {
  const bytes = await readFile(new URL('index.html', folder));
  return htmlPage(
    bytes,
    {},
    {
      'Permissions-Policy': 'geolocation=(), microphone=(), camera=()',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    },
  );
}

/** A script or style. Its name holds the hash of its content, so a browser keeps it for good. @returns undefined where there is no such file */
export async function consoleAsset({ name, encodings }: FileRequest): Promise<PublicFile | undefined> {
  // The system refuses a name that is too long with an error, and any client could fill the log with such errors.
  const contentType = /^[\w-]{1,100}\.(js|css)$/.exec(name)?.[1];
  if (contentType === undefined) return undefined;
  const encoding = /\bbr\b/.test(encodings) ? 'br' : 'gzip';
  try {
    const bytes = await readFile(new URL(`${name}.${encoding === 'br' ? 'br' : 'gz'}`, folder));
    const headers = {
      'Content-Encoding': encoding,
      'Cache-Control': 'public, max-age=31536000, immutable',
      Vary: 'Accept-Encoding',
    };
    return { contentType: types[contentType] ?? '', bytes, headers };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
