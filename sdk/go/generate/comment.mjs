// Go comments.

const width = 120;

/** A comment of whole lines, each with its line end; nothing for no text. @param {string} text @param {string} indent */
export function comment(text, indent = '') {
  return text
    .split('\n')
    .flatMap((line) => wrapped(line, width - indent.length * 4))
    .filter((line, _, all) => all.length > 1 || line !== '')
    .map((line) => `${indent}//${line === '' || line.startsWith('\t') ? '' : ' '}${line}\n`)
    .join('');
}

/** @param {string} line @param {number} most */
function wrapped(line, most) {
  if (line.startsWith('\t')) return [line];
  const lines = [''];
  for (const word of line.split(' ')) {
    const last = lines.length - 1;
    const joined = lines[last] === '' ? word : `${lines[last]} ${word}`;
    if (joined.length > most - 3 && lines[last] !== '') lines.push(word);
    else lines[last] = joined;
  }
  return lines;
}
