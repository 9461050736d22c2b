// www/platform.js for the script that starts a frame: it fetches nothing, which a frame in a sandbox could not.

/** The picture says it. @returns {Promise<string>} */
export async function loadStills() {
  return "";
}
