/**
 * The token by which a Jupyter server knows that a request comes from a page of its own.
 *
 * It wants one with every change. JupyterHub takes the login of a script's request only with one, also for reading, since its users may
 * share an origin.
 */

/** The header with the token; none where the server has given no token. */
export function xsrf(): Record<string, string> {
  const token = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1];
  return token ? { "X-XSRFToken": decodeURIComponent(token) } : {};
}

const prefixes = new Set<string>();

/** Have all the page's requests for what is below a URL bear the token. Flutter makes its own requests, for pictures and fonts. */
export function haveTokens(prefix: string): void {
  if (prefixes.size === 0) bear();
  prefixes.add(prefix);
}

function isMeant(url: string | URL): boolean {
  const { href } = new URL(url, location.href);
  return [...prefixes].some((prefix) => href.startsWith(prefix));
}

function bear(): void {
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => {
    if (!isMeant(input instanceof Request ? input.url : input)) return fetch(input, init);
    const request = new Request(input, init);
    for (const [name, value] of Object.entries(xsrf())) request.headers.set(name, value);
    return fetch(request);
  };
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (this: XMLHttpRequest, ...args: unknown[]): void {
    (open as (...args: unknown[]) => void).apply(this, args);
    if (!isMeant(String(args[1]))) return;
    for (const [name, value] of Object.entries(xsrf())) this.setRequestHeader(name, value);
  } as typeof open;
}
