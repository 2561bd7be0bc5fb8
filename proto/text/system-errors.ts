import { lstatSync } from 'node:fs';

/** Whether an error is the operating system's: a file that is missing, an address that is taken. */
export function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** A refusal of the operating system for people, in one sentence and with the remedy, if there is one. */
export function systemSentence(error: NodeJS.ErrnoException): string {
  const { code, path = '', syscall, message } = error;
  // A folder that is read as a file has no path in its error.
  if (path === '') {
    if (code === 'EISDIR') return 'a folder is given, and a file is needed';
    return code === 'ENOSPC' ? 'the disk is full' : message;
  }
  switch (code) {
    case 'ENOENT':
      return `there is no file or folder ${path}`;
    case 'EEXIST':
      return syscall === 'mkdir' ? `${path} is a file; a folder is needed` : `${path} is there already`;
    case 'ENOTDIR':
      return `a part of ${path} is a file; a folder is needed`;
    case 'EISDIR':
      return `${path} is a folder; a file is needed`;
    case 'EACCES':
    case 'EPERM':
      return `this user (${process.getuid?.() ?? 'unknown'}) may not use ${path}${ownerOf(path)}`;
    case 'ENOSPC':
      return `the disk of ${path} is full`;
    default:
      return message;
  }
}

/** Names the user whom a file, or else the nearest folder above it, belongs to. */
function ownerOf(path: string): string {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('/'))) {
    if (at === '') return '';
    try {
      return `: ${at} belongs to user ${lstatSync(at).uid}`;
    } catch {
      // It is missing, or hidden from this user: the folder above it says more.
    }
  }
}
