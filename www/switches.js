// The switches of embed.html. They stand in the fragment, so that the query stays the link, letter for letter, with the
// check characters at its end: embed.html?s=dmcrypt-2016&m=4&c=hb#theme=dark&panels=free,throttle&controls=0&t=12.5
//
// Pages that we will never see again use them: a switch keeps its name and its meaning for ever, new ones may come.

/**
 * @typedef {object} Switches
 * @property {"light" | "dark" | "auto"} theme
 * @property {string[]} panels  by name, in the order of the page; none for all
 * @property {boolean} controls
 * @property {number | null} t  where the cursor stands at first, in seconds
 */

/**
 * Takes an address apart. Switches behind the check characters of the query are understood as well, and a link that
 * stands in the fragment: both are easily made by hand.
 * @param {string} address  query and fragment
 * @param {string[]} panels  names of those that there are
 * @returns {{link: string, switches: Switches, wrong: string[]}}
 */
export function readSwitches(address, panels) {
  /** @type {Switches} */
  const switches = { theme: "auto", panels: [], controls: true, t: null };
  /** @type {string[]} */
  const wrong = [];
  /** By name, what takes the value; false for one that it cannot be. @type {Record<string, (value: string) => boolean>} */
  const known = {
    theme: (value) => {
      const isKnown = value === "light" || value === "dark" || value === "auto";
      switches.theme = isKnown ? value : "auto";
      return isKnown;
    },
    panels: (value) => {
      const names = value.split(",");
      switches.panels = panels.filter((name) => names.includes(name));
      return names.every((name) => panels.includes(name));
    },
    controls: (value) => {
      switches.controls = value !== "0";
      return value === "0" || value === "1";
    },
    t: (value) => {
      const isTime = /^\d+(\.\d+)?$/.test(value);
      switches.t = isTime ? Number(value) : null;
      return isTime;
    },
  };
  const expected = /** @type {Record<string, string>} */ ({
    theme: "light, dark or auto",
    panels: `some of ${panels.join(",")}`,
    controls: "0 or 1",
    t: "seconds",
  });
  const [query = "", ...fragments] = address.split(/#|%23/i);
  // Only behind the check characters, which end the link; before them, everything belongs to it.
  const [, link = query, behind = ""] = /^(.*?&c=[a-z2-7]{2})(?:&(.*))?$/i.exec(query) ?? [];
  const parts = [behind, ...fragments].flatMap((text) => text.split("&")).filter(Boolean);
  const rest = parts.filter((part) => {
    const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(part) ?? [];
    const take = Object.hasOwn(known, name) ? known[name] : undefined;
    if (take && !take(value.replace(/%2c/gi, ","))) {
      wrong.push(`${part}: expected ${expected[name]}`);
    }
    return !take;
  });
  if (link.replace("?", "") === "") {
    return { link: rest.join("&"), switches, wrong };
  }
  wrong.push(...rest.map((part) => `no switch '${part}'; there are ${Object.keys(known).join(", ")}`));
  return { link, switches, wrong };
}
