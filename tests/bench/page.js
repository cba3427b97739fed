/** What the benchmarks see and do inside a page. Added before the page's own scripts run. */
(() => {
  const now = () => performance.now();
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const toBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

  // -- WebGL contexts --------------------------------------------------------------------------

  const contexts = [];
  for (const type of [HTMLCanvasElement, OffscreenCanvas]) {
    const { getContext } = type.prototype;
    const seen = new WeakSet();
    type.prototype.getContext = function (kind, ...rest) {
      const context = getContext.call(this, kind, ...rest);
      if (context && /webgl/.test(kind) && !seen.has(context)) {
        seen.add(context);
        contexts.push(new WeakRef(context));
      }
      return context;
    };
  }

  /** Contexts that were made; those that are alive; those of them that have drawn more than a pixel; those that were lost. */
  function webgl() {
    const alive = contexts.map((reference) => reference.deref()).filter(Boolean);
    const count = (test) => alive.filter(test).length;
    return {
      made: contexts.length,
      alive: alive.length,
      drawing: count((context) => context.canvas.width > 1),
      lost: count((context) => context.isContextLost()),
    };
  }

  // -- views: from the output's appearance to `live` -----------------------------------------------

  const outputs = new WeakMap();
  const added = new WeakMap();
  const lived = new WeakSet();
  const views = [];
  const within = (node, selector) => [...(node.matches(selector) ? [node] : []), ...node.querySelectorAll(selector)];

  function noteAdded(node, time) {
    for (const output of within(node, ".jp-OutputArea-child")) if (!outputs.has(output)) outputs.set(output, time);
    for (const view of within(node, ".flet-view")) if (!added.has(view)) added.set(view, time);
  }

  function noteLive(view, time) {
    if (view.dataset.fletState !== "live" || lived.has(view)) return;
    lived.add(view);
    const output = outputs.get(view.closest(".jp-OutputArea-child"));
    views.push({ liveAt: time, sinceOutput: time - output, sinceView: time - added.get(view) });
  }

  new MutationObserver((records) => {
    const time = now();
    for (const record of records) {
      for (const node of record.addedNodes) if (node instanceof Element) noteAdded(node, time);
      if (record.type === "attributes") noteLive(record.target, time);
    }
  }).observe(document, { subtree: true, childList: true, attributeFilter: ["data-flet-state"] });

  // -- the wire ----------------------------------------------------------------------------------

  const kernel = () => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const listeners = new Set();
  let log = [];
  let watched = null;

  /** Note every comm message from now on, of widgets of all kinds, as JupyterLab's kernel connection sends and gets it. */
  function watch() {
    if (watched === kernel()) return;
    watched = kernel();
    watched.anyMessage.connect((_sender, { msg, direction }) => {
      if (msg.header.msg_type !== "comm_msg") return;
      const { comm_id: comm, data } = msg.content;
      const { op, link, n, base } = data.content ?? {};
      const buffer = msg.buffers?.[0];
      const packet = buffer && new Uint8Array(buffer.buffer ?? buffer, buffer.byteOffset ?? 0, buffer.byteLength);
      // A packet is a type byte and a msgpack array of two, the first of which is the action.
      const action = packet && packet[0] === 0 ? packet[2] : null;
      const entry = { time: now(), direction, comm, method: data.method, op, link, n, base: base === true, action };
      log.push(entry);
      for (const listener of [...listeners]) listener(entry, packet);
    });
  }

  function next(matches, patience) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        listeners.delete(listener);
        reject(new Error(`no answer within ${patience} ms`));
      }, patience);
      const listener = (entry, packet) => {
        if (!matches(entry)) return;
        clearTimeout(timer);
        listeners.delete(listener);
        resolve({ ...entry, packet });
      };
      listeners.add(listener);
    });
  }

  /** The messages since the last call. */
  function takeLog() {
    const taken = log;
    log = [];
    return taken;
  }

  // -- sides: things to send an event to, and what answers ------------------------------------------

  const sides = {};

  /** A link of our own to an app: it is told all, but paints nothing. Returns the whole page, as text. */
  async function addApp(name, comm, page, register) {
    watch();
    const link = toText(crypto.getRandomValues(new Uint8Array(15))).replace(/[+/]/g, "_");
    let sent = 0;
    let received = 0;
    const send = (content, packet) =>
      kernel()._comms.get(comm).send({ method: "custom", content: { link, ...content } }, {}, packet ? [packet.buffer] : []);
    const sendPacket = (packet) => send({ op: "packet", n: ++sent, ack: received }, packet);
    listeners.add((entry) => {
      if (entry.link !== link || entry.direction !== "recv") return;
      if (entry.op === "packet") received = entry.n;
      if (entry.base || entry.op === "probe") send({ op: "ack", ack: received });
    });
    const isHere = (op) => (entry) => entry.link === link && entry.direction === "recv" && entry.op === op;
    const opened = next(isHere("opened"), 10_000);
    const first = next(isHere("packet"), 10_000);
    send({ op: "open", protocol: 1, page, user_agent: "benchmark" });
    await opened;
    sendPacket(toBytes(register));
    const { packet } = await first;
    sides[name] = {
      sendPacket,
      send: () => sendPacket(sides[name].event.slice()),
      isEvent: (entry) => entry.link === link && entry.direction === "send" && entry.op === "packet",
      isAnswer: isHere("packet"),
    };
    return toText(packet);
  }

  function setEvent(name, event) {
    sides[name].event = toBytes(event);
  }

  /** A Button and the Label that its handler changes. */
  function addButton(name, button, label) {
    watch();
    sides[name] = {
      send: () => kernel()._comms.get(button).send({ method: "custom", content: { event: "click" } }, {}, []),
      isEvent: (entry) => entry.comm === button && entry.direction === "send" && entry.method === "custom",
      isAnswer: (entry) => entry.comm === label && entry.direction === "recv" && entry.method === "update",
    };
  }

  async function roundTrip(side, patience) {
    const event = next(side.isEvent, 1_000);
    const answer = next(side.isAnswer, patience);
    side.send();
    return (await answer).time - (await event).time;
  }

  /** Send each side `count` events, by turns, one at a time. Milliseconds. */
  async function alternate(names, count, gap) {
    const times = Object.fromEntries(names.map((name) => [name, []]));
    for (let turn = 0; turn < count; turn++) {
      for (const name of turn % 2 ? names : [...names].reverse()) {
        await sleep(gap * (0.5 + Math.random()));
        times[name].push(await roundTrip(sides[name], 30_000));
      }
    }
    return times;
  }

  /** Send a side events, one at a time, while the kernel runs `code`. */
  async function whileBusy(name, code, gap) {
    const future = kernel().requestExecute({ code, store_history: false });
    let isOver = false;
    const begun = new Promise((resolve) => {
      future.onIOPub = (message) => {
        if (message.header.msg_type === "execute_input") resolve();
        if (message.header.msg_type === "error") throw new Error(message.content.evalue);
      };
    });
    const done = future.done.then(() => {
      isOver = true;
    });
    await begun;
    await sleep(100);
    const times = [];
    while (!isOver) {
      times.push(await roundTrip(sides[name], 60_000));
      await sleep(gap * (0.5 + Math.random()));
    }
    await done;
    return times;
  }

  // -- the views' own links ------------------------------------------------------------------------

  const links = () => [...(globalThis[Symbol.for("flet-jupyter")]?.links ?? [])];
  const pages = new Map();

  /** Keep the first whole page of each link from now on. */
  function keepPages() {
    watch();
    listeners.add((entry, packet) => {
      if (entry.base && entry.direction === "recv" && !pages.has(entry.link)) pages.set(entry.link, toText(packet));
    });
  }

  /** Send an event as the view with this link would; resolve with the answer's packet, as text. */
  async function sendThroughView(id, event) {
    const link = links().find((candidate) => candidate.id === id);
    const answer = next((entry) => entry.link === id && entry.direction === "recv" && entry.op === "packet", 10_000);
    link.sendPacket(toBytes(event));
    return toText((await answer).packet);
  }

  /** Keep the latest packet to any view, so that what the page ended with can be read. */
  const latest = { packet: null };
  function keepLatest() {
    watch();
    listeners.add((entry, packet) => {
      if (entry.direction === "recv" && entry.op === "packet") latest.packet = toText(packet);
    });
  }

  globalThis.fletBench = {
    addApp, addButton, alternate, keepLatest, keepPages, links, sendThroughView, setEvent, takeLog, views, watch, webgl,
    whileBusy,
    latestPacket: () => latest.packet,
    pages: () => Object.fromEntries(pages),
  };
})();
