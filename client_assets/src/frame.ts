/**
 * An app in a frame of its own, for a client version other than the one that the page runs.
 *
 * The frame loads this same module from the same origin, and boots a Flutter engine for one app. Packets pass as
 * plain function calls.
 */

import type { AppRequest, FlutterPage, Surface } from "./flutter.ts";

/** The name under which the module in a frame finds the function that takes its Flutter engine. */
const READY = "fletJupyterFrameReady";

interface EngineModule {
  FlutterPage: typeof FlutterPage;
}

type FrameWindow = Window & { [READY]?: (module: EngineModule) => void };

/** Show an app in a frame inside `request.element`. */
export async function addFramed(
  request: AppRequest,
  clientBase: string,
  engineUrl: string,
  signal: AbortSignal,
): Promise<Surface> {
  const frame = document.createElement("iframe");
  frame.className = "flet-frame";
  frame.title = "Flet app";
  frame.srcdoc = `<!doctype html><meta charset="utf-8"><title>Flet</title>
<style>html,body,#stage{margin:0;height:100%;overflow:hidden}</style><div id="stage"></div>`;
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  request.element.replaceChildren(frame);
  await loaded;
  signal.throwIfAborted();
  let current = request;
  let surface = await addInto(frame, current, clientBase, engineUrl, signal);
  // A frame that is moved in the page loads anew: when its cell is moved, or was scrolled away in the windowing mode "full".
  const again = async (): Promise<void> => {
    request.channel.disconnected();
    surface = await addInto(frame, current, clientBase, engineUrl, signal);
  };
  frame.addEventListener("load", () => void again().catch(() => {}));
  return {
    remount: (shell) => {
      current = { ...request, shell };
      surface.remount(shell);
    },
    remove: () => {
      surface.remove();
      frame.remove();
    },
  };
}

/** Start an engine inside a frame that has loaded, and show the app there. */
async function addInto(
  frame: HTMLIFrameElement,
  request: AppRequest,
  clientBase: string,
  engineUrl: string,
  signal: AbortSignal,
): Promise<Surface> {
  const frameWindow = frame.contentWindow as FrameWindow | null;
  const frameDocument = frame.contentDocument;
  const element = frameDocument?.getElementById("stage");
  if (!frameWindow || !frameDocument || !element) throw new Error("The frame for the app was removed.");
  const module = await importInto(frameWindow, frameDocument, engineUrl);
  return new module.FlutterPage(clientBase, false).add({ ...request, element }, signal);
}

/** Import the engine's module inside a frame: a module belongs to the window whose script imported it. */
function importInto(frameWindow: FrameWindow, frameDocument: Document, engineUrl: string): Promise<EngineModule> {
  return new Promise((resolve, reject) => {
    frameWindow[READY] = resolve;
    const script = frameDocument.createElement("script");
    script.type = "module";
    script.textContent = `import * as engine from ${JSON.stringify(engineUrl)};\nwindow[${JSON.stringify(READY)}](engine);`;
    script.addEventListener("error", () => reject(new Error(`${engineUrl} could not be loaded.`)));
    frameDocument.head.append(script);
  });
}
