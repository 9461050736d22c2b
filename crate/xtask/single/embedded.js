// Texts that stand in the page itself.

/**
 * @param {string} id
 * @returns {string}
 */
export function embedded(id) {
  const text = document.getElementById(id)?.textContent;
  if (!text) {
    throw new Error(`this file is incomplete: '${id}' is missing`);
  }
  return text;
}
