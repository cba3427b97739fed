/** Boots the Flutter client in an otherwise empty page, with one app that is answered here. Times in milliseconds. */
async ({ client, answer }) => {
  const start = performance.now();
  const times = {};
  const page = Uint8Array.from(atob(answer), (letter) => letter.charCodeAt(0));
  const urls = {
    entrypointBaseUrl: client,
    assetBase: client,
    canvasKitBaseUrl: `${client}canvaskit/`,
    fontFallbackBaseUrl: `${client}assets/fonts/fallback/`,
  };
  window.flet = {
    ...urls, pyodide: true, multiView: false, noCdn: true, webSocketEndpoint: "", routeUrlStrategy: "hash", webRenderer: "canvaskit",
  };
  let deliver;
  const app = new Promise((resolve) => {
    window.jsConnect = async (_address, _args, onMessage) => {
      deliver = onMessage;
    };
    window.jsSend = (_address, packet) => {
      if (packet[2] !== 1) return;
      deliver(page);
      requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    };
    window.jsDisconnect = () => {};
  });
  const first = new Promise((resolve) => addEventListener("flutter-first-frame", resolve, { once: true }));
  const script = document.createElement("script");
  script.src = `${client}flutter.js`;
  const loaded = new Promise((resolve) => script.addEventListener("load", resolve, { once: true }));
  document.head.append(script);
  await loaded;
  window._flutter.buildConfig = { builds: [{ compileTarget: "dart2js", renderer: "canvaskit", mainJsPath: "main.dart.js" }] };
  window._flutter.loader.load({
    config: { ...urls, renderer: "canvaskit" },
    onEntrypointLoaded: async (initializer) => (await initializer.initializeEngine({ ...urls, renderer: "canvaskit" })).runApp(),
  });
  await first;
  times.firstFrame = performance.now() - start;
  await app;
  times.app = performance.now() - start;
  return times;
}
