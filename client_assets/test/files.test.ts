// Where an app's files are on the server, and what is said if they are nowhere.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { AppFiles } from "../src/files.ts";
import type { FilesInfo } from "../src/protocol.ts";

const OUTSIDE = /outside the folder that this Jupyter server serves/;
const HIDDEN = /hidden folder/;

const page = globalThis as unknown as Record<string, unknown>;
page["location"] = { href: "http://localhost/lab" };
let isLite = false;
page["document"] = { cookie: "", querySelector: () => (isLite ? {} : null) };
mock.timers.enable({ apis: ["setTimeout"] }); // a grant is kept for hours

/** What the server is asked. */
const asked: string[] = [];
let answer: () => Response;

beforeEach(() => {
  isLite = false;
  asked.length = 0;
  answer = () => Response.json({ limit: 1, files: [] });
  page["fetch"] = async (url: string, request?: RequestInit) => {
    asked.push(String(request?.body ?? url));
    return answer();
  };
});

function files(path: string, info: Partial<FilesInfo>): AppFiles {
  return new AppFiles({ folder: ".", assets: null, icon: null, uploads: "uploads", ...info }, path, "/");
}

function assets(path: string, folder: string): string | null {
  return files(path, { assets: folder }).assetsUrl;
}

test("folders are seen from that of the session's file, whatever its name is", () => {
  assert.equal(assets("Report.ipynb", "assets"), "http://localhost/flet/files/assets/");
  assert.equal(assets("my app/Report.ipynb", "assets"), "http://localhost/flet/files/my%20app/assets/");
  assert.equal(assets("a/b/c.ipynb", "../shared"), "http://localhost/flet/files/a/shared/");
  assert.equal(assets("a/./app.py", "sub/assets"), "http://localhost/flet/files/a/sub/assets/");
  assert.equal(assets("RTC:a/app.py", "assets"), "http://localhost/flet/files/a/assets/");
});

test("what the server does not serve has no address, and the complaint says why", async () => {
  for (const [path, folder, why] of [
    ["c.ipynb", "../assets", OUTSIDE],
    ["a/c.ipynb", "../../b/assets", OUTSIDE],
    ["a/c.ipynb", "../../a/assets", OUTSIDE],
    ["a/c.ipynb", "/a/assets", OUTSIDE],
    ["a/c.ipynb", ".cache/assets", HIDDEN],
  ] as const) {
    assert.equal(assets(path, folder), null, folder);
    assert.match(await files(path, { assets: folder }).complaint(), why);
  }
  assert.deepEqual(asked, []);
});

test("nothing is said where the page does not know its path", async () => {
  assert.equal(assets("", "assets"), null);
  assert.equal(await files("", { assets: "assets" }).complaint(), "");
  assert.equal(await files("", {}).uploadGrant(), null);
  assert.deepEqual(asked, []);
});

test("an answer that cannot be read is no grant, and is asked for again", async () => {
  const app = files("a/app.py", { folder: "sub", assets: "assets" });
  answer = () => new Response("<html>");
  assert.equal(await app.uploadGrant(), null);
  assert.equal(await app.complaint(), "");
  answer = () => Response.json({ url: "/flet/upload/x", key: "k" });
  assert.deepEqual(await app.uploadGrant(), { url: "http://localhost/flet/upload/x", key: "k" });
  assert.equal(asked.at(-1), JSON.stringify({ folder: "a/sub", name: "uploads" }));
});

test("in JupyterLite the assets are files of the site, if they were built into it", async () => {
  isLite = true;
  const app = files("my app/app.py", { assets: "assets" });
  assert.equal(app.assetsUrl, "http://localhost/files/my%20app/assets/");
  assert.equal(await app.complaint(), "");
  assert.equal(asked.at(-1), "http://localhost/api/contents/my%20app/assets/all.json");
  assert.equal(await files("app.py", { assets: "." }).complaint(), "");
  assert.equal(asked.at(-1), "http://localhost/api/contents/all.json");
  assert.equal(files("app.py", { assets: "." }).assetsUrl, "http://localhost/files/");
  answer = () => new Response("", { status: 404 });
  assert.match(await app.complaint(), /no part of this site/);
  assert.match(await files("app.py", { assets: "../assets" }).complaint(), /no part of this site/);
  assert.equal(await app.uploadGrant(), null);
  assert.equal(asked.length, 3);
});

test("an app without assets has none, also where the kernel leaves out what is null", async () => {
  isLite = true;
  const app = new AppFiles({ folder: ".", uploads: "uploads" } as unknown as FilesInfo, "app.py", "/");
  assert.equal(app.assetsUrl, null);
  assert.equal(await app.complaint(), "");
  assert.deepEqual(asked, []);
});
