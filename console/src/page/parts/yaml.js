// @ts-check
// A specification as people write it. It is only shown, never read back.

/** @param {unknown} value @param {string} [indent] @returns {string} */
export function yamlOf(value, indent = '') {
  if (Array.isArray(value)) {
    if (value.every((one) => typeof one !== 'object'))
      return ` [${value.map(scalar).join(', ')}]\n`;
    return `\n${value.map((one) => `${indent}-${yamlOf(one, `${indent}  `).replace(/^\n\s*/, ' ')}`).join('')}`;
  }
  if (typeof value !== 'object' || value === null) return ` ${scalar(value)}\n`;
  const lines = Object.entries(value).filter(([, one]) => one !== undefined);
  if (lines.length === 0) return ' {}\n';
  return `\n${lines.map(([key, one]) => `${indent}${key}:${yamlOf(one, `${indent}  `)}`).join('')}`;
}

/** @param {unknown} value */
function scalar(value) {
  if (typeof value !== 'string') return String(value);
  return /^[A-Za-z][\w./ -]*$/.test(value) ? value : JSON.stringify(value);
}
