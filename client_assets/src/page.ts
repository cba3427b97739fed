/**
 * The page of one app, in a tab of the browser: `<base_url>flet/app/<kernel>/<app>`, bundled as `flet/app-page.js`.
 *
 * It talks to the kernel as a front end does, with the services of JupyterLab, and imports the engine's module as a cell does.
 */

import { KernelManager, ServerConnection, SessionAPI } from "@jupyterlab/services";
import type * as Engine from "./index.ts";
import type { PanelView } from "./index.ts";
import type { KernelState } from "./jupyter.ts";
import { isEnd } from "./kernel-life.ts";
import type { LastWords } from "./kernel-life.ts";
import { KernelModel } from "./kernel-model.ts";
import { SharedKernel } from "./shared-kernel.ts";

interface Config {
  baseUrl: string;
  kernelId: string;
  appId: string;
}

const WAY_ON = "Run its cell again, and open it from there.";
const ENDED = `This app does not run in its kernel any more. ${WAY_ON}`;
const NO_KERNEL = `The kernel of this app was shut down. ${WAY_ON}`;
const RECONNECTING = "Connection to the Jupyter server lost; reconnecting… The app keeps its state.";

const GONE: LastWords = {
  restarting: `The kernel was restarted, and the app has ended with it. ${WAY_ON}`,
  autorestarting: `The kernel died, and the app with it. ${WAY_ON}`,
  dead: `The kernel died, and the app with it. ${WAY_ON}`,
  terminating: NO_KERNEL,
};

const message = document.getElementById("message") as HTMLElement;
const stage = document.getElementById("app") as HTMLElement;

async function main({ baseUrl, kernelId, appId }: Config): Promise<void> {
  const engineUrl = new URL(`${baseUrl}flet/engine.js`, location.href).href;
  const loading = import(engineUrl) as Promise<typeof Engine>;
  loading.catch(() => {});
  // Without a token: the browser has logged in, and sends its cookies.
  const serverSettings = ServerConnection.makeSettings({ token: "" });
  const kernel = new SharedKernel(new KernelManager({ serverSettings }), kernelId);
  await kernel.start();
  const { connection } = kernel;
  if (!connection) return say(NO_KERNEL);
  const model = new KernelModel(connection, await notebookPath(serverSettings, kernelId));
  let shown: PanelView | null = null;
  addEventListener("pagehide", ({ persisted }) => {
    if (persisted) return;
    shown?.dispose();
    model.dispose();
  });
  const traits = await model.open({ app: appId });
  if (!traits) return say(ENDED);
  if (traits.closed) return say(traits.closed);
  const { renderPanel } = await loading;
  const name = traits.label || document.title;
  message.hidden = true;
  shown = renderPanel(model, stage, {
    baseUrl,
    wording: { starting: "Starting the app…", forgotten: ENDED },
    watch: (listener, signal) => watch(kernel, listener, signal),
    titled: ({ title }) => {
      document.title = title || name;
    },
  });
  shown.focus();
}

/** The path of the notebook, or of the app file, that a kernel runs; empty if there is none. */
async function notebookPath(settings: ServerConnection.ISettings, kernelId: string): Promise<string> {
  const sessions = await SessionAPI.listRunning(settings);
  return sessions.find(({ kernel }) => kernel?.id === kernelId)?.path ?? "";
}

function watch(kernel: SharedKernel, listener: (state: KernelState) => void, signal: AbortSignal): void {
  let isGone = false;
  const tell = (status?: string): void => {
    if (isEnd(status)) {
      isGone = true;
      listener({ kind: "gone", message: GONE[status] });
    }
    if (isGone) return;
    const connection = kernel.connection?.connectionStatus;
    if (connection !== "connected") listener({ kind: "reconnecting", message: RECONNECTING });
    else listener({ kind: "connected", idle: kernel.connection?.status === "idle" });
  };
  const onStatus = (_sender: unknown, status: string): void => tell(status);
  const onConnection = (): void => tell();
  kernel.statusChanged.connect(onStatus);
  kernel.connectionStatusChanged.connect(onConnection);
  signal.addEventListener("abort", () => {
    kernel.statusChanged.disconnect(onStatus);
    kernel.connectionStatusChanged.disconnect(onConnection);
  });
  tell();
}

function say(text: string): void {
  message.textContent = text;
  message.setAttribute("role", "alert");
  message.hidden = false;
}

const config = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}") as Config;
main(config).catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  say(`The app cannot be shown (${reason}). Reload this page, or open the app from its notebook again.`);
});
