/** Places in JSON documents: what edits and body bindings point with. */

type Token = { key: string } | { name: string; value: string };

/** The token for the element of an array whose member has this value, escaped: `[id=7]`. */
export function element(member: string, value: string): string {
  const escaped = (text: string): string =>
    text.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("]", "~2");
  return `[${escaped(member)}=${escaped(value)}]`;
}

/** What stands at a place. */
export function find(document: any, place: string): unknown {
  return tokens(place).reduce((at, token) => at?.[index(at, token)], document);
}

/**
 * Puts a value at a place and makes what is missing on the way there: objects, arrays, and the
 * element that a `[name=value]` describes. Answers the document.
 */
export function put(document: any, place: string, value: unknown): any {
  const root = { document };
  let parent: any = root;
  let key: string | number = "document";
  for (const token of tokens(place)) {
    parent[key] ??= "key" in token ? {} : [];
    parent = parent[key];
    if (typeof parent !== "object" || Array.isArray(parent) !== ("name" in token)) {
      throw new TypeError(`\`${place}\` in a body: something else stands in the way`);
    }
    key = index(parent, token);
    if ("name" in token && parent[key] === undefined) parent.push({ [token.name]: token.value });
  }
  parent[key] = value;
  return root.document;
}

function index(at: any, token: Token): string | number {
  if ("key" in token) return token.key;
  const found = at.findIndex((item: any) => String(item?.[token.name]) === token.value);
  return found < 0 ? at.length : found;
}

function tokens(place: string): Token[] {
  if (place !== "" && !place.startsWith("/")) {
    throw new TypeError(`\`${place}\` is not a place, like \`/block/title\``);
  }
  return place.split("/").slice(1).map((token): Token => {
    const [, name, value] = /^\[([^=]+)=(.*)\]$/.exec(token) ?? [];
    return name === undefined || value === undefined
      ? { key: unescaped(token) }
      : { name: unescaped(name), value: unescaped(value) };
  });
}

const unescaped = (text: string): string =>
  text.replaceAll("~2", "]").replaceAll("~1", "/").replaceAll("~0", "~");
