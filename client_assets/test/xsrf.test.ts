// Requests that bear the token of the Jupyter server: those for an app's files, and no others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { haveTokens, xsrf } from "../src/xsrf.ts";

const page = globalThis as unknown as Record<string, unknown>;
const FILES = "http://localhost/user/ann/flet/files/my%20app/assets/";
page["location"] = { href: "http://localhost/user/ann/lab" };
page["document"] = { cookie: "a=b; _xsrf=2%7Cx; c=d" };

const fetched: Request[] = [];
page["fetch"] = async (input: RequestInfo, init?: RequestInit) => {
  fetched.push(new Request(input, init));
  return new Response();
};
const said: string[] = [];
page["XMLHttpRequest"] = class {
  open(method: string, url: string): void {
    said.push(`${method} ${url}`);
  }
  setRequestHeader(name: string, value: string): void {
    said.push(`${name}: ${value}`);
  }
};

test("the token is the cookie's", () => {
  assert.deepEqual(xsrf(), { "X-XSRFToken": "2|x" });
});

test("requests for what is below the URL bear it, however they are made", async () => {
  haveTokens(FILES);
  haveTokens(FILES);
  await fetch(`${FILES}red.png`);
  await fetch(new URL(`${FILES}red.png`), { headers: { Range: "bytes=0-1" } });
  await fetch(new Request(`${FILES}red.png`, { headers: { Accept: "image/png" } }));
  assert.deepEqual(fetched.map(({ headers }) => headers.get("X-XSRFToken")), ["2|x", "2|x", "2|x"]);
  assert.equal(fetched[1]?.headers.get("Range"), "bytes=0-1");
  assert.equal(fetched[2]?.headers.get("Accept"), "image/png");
  new XMLHttpRequest().open("GET", "flet/files/my%20app/assets/red.png");
  assert.deepEqual(said.splice(0), ["GET flet/files/my%20app/assets/red.png", "X-XSRFToken: 2|x"]);
});

test("no other request does", async () => {
  fetched.length = 0;
  for (const url of ["http://elsewhere/user/ann/flet/files/my%20app/assets/red.png", "http://localhost/user/ann/api/contents"]) {
    await fetch(url);
    new XMLHttpRequest().open("GET", url);
  }
  assert.deepEqual(fetched.map(({ headers }) => headers.has("X-XSRFToken")), [false, false]);
  assert.equal(said.length, 2);
});
