/** Whether the app of a widget lives in the kernel: a saved notebook shows widgets of apps that ended long ago. */

import type { WidgetModel } from "./app-view.ts";
import { randomLinkId } from "./link.ts";
import type { FromKernel, ToKernel } from "./protocol.ts";

/** How long to wait for the kernel before asking again, at first and at most. Milliseconds. */
const AGAIN = 250;
const AT_MOST = 30_000;

/** Call `then` once the app has given a sign of life, unless `signal` aborts before. */
export function whenAlive(model: WidgetModel, signal: AbortSignal, then: () => void): void {
  const link = randomLinkId();
  let timer: ReturnType<typeof setTimeout> | undefined;
  // No kernel knows the link; the one that has the app says so.
  const ask = (again: number): void => {
    try {
      model.send({ op: "ping", link, ack: 0 } satisfies ToKernel);
    } catch {
      return; // The comm is closed, hence the app has ended.
    }
    timer = setTimeout(() => ask(Math.min(2 * again, AT_MOST)), again);
  };
  const end = (): void => {
    clearTimeout(timer);
    model.off("msg:custom", onMessage);
  };
  const onMessage = (content: FromKernel): void => {
    if (!("link" in content) || content.link !== link) return;
    end();
    signal.removeEventListener("abort", end);
    then();
  };
  model.on("msg:custom", onMessage);
  signal.addEventListener("abort", end, { once: true });
  ask(AGAIN);
}
