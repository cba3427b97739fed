import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { movePanelId, panelId } from "../../labextension/src/ids.ts";

const holder = globalThis as { sessionStorage?: unknown };

function store(): void {
  const kept = new Map<string, string>();
  holder.sessionStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  };
}

/** As in a page whose browser stores nothing. */
function storeNothing(): void {
  const refuse = (): never => {
    throw new Error("SecurityError");
  };
  holder.sessionStorage = { getItem: refuse, setItem: refuse, removeItem: refuse };
}

afterEach(() => {
  delete holder.sessionStorage;
});

for (const [place, begin] of [["stored", store], ["not stored", storeNothing]] as const) {
  test(`names that are ${place} stay, and each file has its own`, () => {
    begin();
    const id = panelId(`${place}/app.py`);
    assert.equal(panelId(`${place}/app.py`), id);
    assert.notEqual(panelId(`${place}/other.py`), id);
  });

  test(`names that are ${place} move with the file, whoever tells it, and how often`, () => {
    begin();
    const id = panelId(`${place}/former.py`);
    movePanelId(`${place}/former.py`, `${place}/new.py`);
    movePanelId(`${place}/former.py`, `${place}/new.py`);
    assert.equal(panelId(`${place}/new.py`), id);
    assert.notEqual(panelId(`${place}/former.py`), id);
  });
}
