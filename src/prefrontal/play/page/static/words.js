// All words: one file for each language, chosen by the address or the browser.

export const LANGUAGES = ["en", "de", "fr"];

let words = {};
let current = null;

export function wanted(asked) {
  const liked = [asked, ...navigator.languages].map((name) => (name ?? "").slice(0, 2).toLowerCase());
  return liked.find((name) => LANGUAGES.includes(name)) ?? "en";
}

export async function speak(language) {
  const answer = await fetch(`words/${language}.json`);
  if (!answer.ok) throw new Error(`words/${language}.json: ${answer.status}`);
  words = await answer.json();
  current = language;
  document.documentElement.lang = language;
}

export const language = () => current;

export const has = (key) => Object.hasOwn(words, key);

// The words called `key`, with {name} replaced by what `values` says.
export function say(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export const number = (value, least = 0, most = least) =>
  new Intl.NumberFormat(current, { minimumFractionDigits: least, maximumFractionDigits: most }).format(value);

export const percent = (share) => new Intl.NumberFormat(current, { style: "percent" }).format(share);
