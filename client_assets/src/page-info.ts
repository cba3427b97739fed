/** What Flet's client would tell about its page, known before the client runs. */

import type { PageInfo } from "./protocol.ts";
import { currentBrightness } from "./theme.ts";
import { DEFAULT_HEIGHT } from "./view.ts";

/** Flutter's name of this platform, as Flet's client registers it. */
function platform(): string {
  const { userAgent, maxTouchPoints } = navigator;
  if (/Android/i.test(userAgent)) return "android";
  if (/iPhone|iPad|iPod/i.test(userAgent)) return "ios";
  // An iPad says that it is a Mac; a Mac has no touch screen.
  if (/Mac/i.test(userAgent)) return maxTouchPoints > 2 ? "ios" : "macos";
  if (/Win/i.test(userAgent)) return "windows";
  return "linux";
}

/** What is assumed of an element that is not laid out. CSS pixels. */
const DEFAULT_WIDTH = 800;

export function pageInfo(element: HTMLElement): PageInfo {
  const width = element.clientWidth || DEFAULT_WIDTH;
  const height = element.clientHeight || DEFAULT_HEIGHT;
  const none = { top: 0, right: 0, bottom: 0, left: 0 };
  return {
    route: "/",
    web: true,
    pwa: false,
    debug: false,
    wasm: false,
    test: false,
    multi_view: false,
    pyodide: false,
    platform: platform(),
    platform_brightness: currentBrightness(),
    width,
    height,
    media: {
      padding: { ...none },
      view_padding: { ...none },
      view_insets: { ...none },
      device_pixel_ratio: window.devicePixelRatio,
      orientation: width > height ? "landscape" : "portrait",
      always_use_24_hour_format: false,
    },
  };
}
