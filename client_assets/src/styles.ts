/** The look of a view, in JupyterLab's own variables; each has a fallback for pages without them. */

const STYLE_ID = "flet-jupyter-style";

const CSS = `
.flet-widget { display: block; position: relative; max-width: 100%; box-sizing: border-box; }
.flet-view {
  position: relative; overflow: hidden; min-height: 48px; box-sizing: border-box;
  background: var(--jp-layout-color0, Canvas); color: var(--jp-ui-font-color1, CanvasText);
}
/* An app that never was needs no room for more than the reason. */
.flet-view:not(.flet-painted)[data-flet-state="closed"], .flet-view:not(.flet-painted)[data-flet-state="failed"] {
  height: 64px !important;
}
.flet-stage { position: absolute; inset: 0 0 auto 0; height: 100%; outline: none; }
.flet-frame { display: block; width: 100%; height: 100%; border: 0; }
.flet-message {
  position: absolute; inset: 0; z-index: 2; display: flex; flex-direction: column; align-items: center; justify-content: center;
  gap: 12px; padding: 12px; box-sizing: border-box; text-align: center;
  font: var(--jp-ui-font-size1, 13px)/1.5 var(--jp-ui-font-family, system-ui, sans-serif);
  background: var(--jp-layout-color0, Canvas);
}
.flet-message::before {
  content: ""; width: 20px; height: 20px; border-radius: 50%; box-sizing: border-box;
  border: 2px solid var(--jp-border-color1, #bdbdbd); border-top-color: var(--jp-brand-color1, #2196f3);
  animation: flet-turn 0.9s linear infinite;
}
@keyframes flet-turn { to { transform: rotate(1turn); } }
/* Most apps are there sooner than anybody could read. */
.flet-view[data-flet-state="loading"] > .flet-message { animation: flet-ink 0.1s 0.3s backwards; }
.flet-view[data-flet-state="loading"] > .flet-message::before {
  animation: flet-turn 0.9s linear infinite, flet-appear 0.1s 0.3s backwards;
}
@keyframes flet-ink { from { color: transparent; } }
@keyframes flet-appear { from { opacity: 0; } }
@media (prefers-reduced-motion: reduce) { .flet-view > .flet-message::before { animation: none !important; } }
.flet-view[data-flet-state="live"] > .flet-message { display: none; }
.flet-view[data-flet-state="closed"] > .flet-message::before,
.flet-view[data-flet-state="failed"] > .flet-message::before { display: none; }
.flet-view.flet-painted[data-flet-state="reconnecting"] > .flet-message,
.flet-view.flet-painted[data-flet-state="closed"] > .flet-message,
.flet-view.flet-painted[data-flet-state="failed"] > .flet-message {
  background: color-mix(in srgb, var(--jp-layout-color0, Canvas) 82%, transparent);
}
.flet-view[data-flet-state="failed"] > .flet-message { color: var(--jp-error-color1, #d32f2f); }
.flet-badge {
  position: absolute; z-index: 3; right: 8px; top: 8px; max-width: calc(100% - 16px); box-sizing: border-box; padding: 2px 8px;
  border-radius: 3px; pointer-events: none;
  font: var(--jp-ui-font-size0, 11px)/1.5 var(--jp-ui-font-family, system-ui, sans-serif);
  background: var(--jp-inverse-layout-color2, #424242); color: var(--jp-ui-inverse-font-color1, #fff);
}
.flet-tools {
  position: absolute; z-index: 4; right: 4px; top: 4px; display: flex; border-radius: 3px; opacity: 0; transition: opacity 0.1s;
  border: 1px solid var(--jp-border-color1, #bdbdbd); background: var(--jp-layout-color1, Canvas);
}
.flet-tools[hidden] { display: none; }
.flet-widget:hover > .flet-tools, .flet-tools:focus-within { opacity: 1; }
@media (hover: none) { .flet-tools { opacity: 0.8; } }
.flet-tool {
  display: flex; width: 24px; height: 24px; padding: 4px; border: 0; box-sizing: border-box; cursor: pointer; border-radius: 2px;
  background: none; color: var(--jp-ui-font-color1, CanvasText);
}
.flet-tool:hover { background: var(--jp-layout-color3, #e0e0e0); }
.flet-tool:focus-visible { outline: 2px solid var(--jp-brand-color1, #2196f3); }
.flet-tool > svg { width: 100%; height: 100%; }
.flet-placeholder {
  display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; padding: 4px 0;
  font: var(--jp-ui-font-size1, 13px)/1.5 var(--jp-ui-font-family, system-ui, sans-serif); color: var(--jp-ui-font-color2, GrayText);
}
.flet-placeholder > a, .flet-placeholder > button {
  padding: 0; border: 0; cursor: pointer; background: none; font: inherit; text-decoration: none;
  color: var(--jp-content-link-color, LinkText);
}
.flet-placeholder > a:hover, .flet-placeholder > button:hover { text-decoration: underline; }
.flet-resize {
  height: 6px; cursor: ns-resize; touch-action: none; outline: none;
  background: linear-gradient(var(--jp-border-color2, #e0e0e0), var(--jp-border-color2, #e0e0e0)) center / 32px 2px no-repeat;
}
.flet-resize:hover, .flet-resize:focus-visible, .flet-resize[data-dragging] {
  background: linear-gradient(var(--jp-brand-color1, #2196f3), var(--jp-brand-color1, #2196f3)) center / 64px 2px no-repeat;
}
.flet-widget[data-resizing] .flet-stage { pointer-events: none; }
.flet-note {
  padding: 2px 0; font: var(--jp-ui-font-size0, 11px)/1.5 var(--jp-ui-font-family, system-ui, sans-serif);
  color: var(--jp-ui-font-color2, GrayText);
}
.flet-fills { display: flex; flex-direction: column; height: 100%; }
.flet-fills > .flet-view { flex: 1; min-height: 0; height: auto !important; }
.flet-fills > .flet-output { flex: none; margin: 0; border-top: 1px solid var(--jp-border-color2, #e0e0e0); }
.flet-fills .flet-output-log { max-height: 30vh; padding: 0 4px; }
.flet-fills > .flet-note { padding: 2px 8px; }
.flet-output-bar {
  display: block; width: 100%; padding: 2px 8px; border: 0; cursor: pointer; text-align: left;
  font: var(--jp-ui-font-size0, 11px)/1.6 var(--jp-ui-font-family, system-ui, sans-serif);
  background: var(--jp-layout-color1, Canvas); color: var(--jp-ui-font-color2, GrayText);
}
.flet-output-bar::before { content: "▸ "; }
.flet-output-bar[aria-expanded="true"]::before { content: "▾ "; }
.flet-output { margin-top: 4px; }
.flet-output-log { position: relative; max-height: 300px; overflow: auto; }
.flet-output-log[hidden] { display: none; }
.flet-output-log > pre {
  margin: 0; padding: 1px 0; border: 0; background: transparent; white-space: pre-wrap; overflow-wrap: anywhere;
  font-family: var(--jp-code-font-family, ui-monospace, monospace); font-size: var(--jp-code-font-size, 13px);
  line-height: var(--jp-code-line-height, 1.3077); color: var(--jp-content-font-color1, inherit);
}
.flet-output-log > pre[data-kind="stderr"], .flet-output-log > pre.flet-output-error {
  background: var(--jp-rendermime-error-background, #fdd); padding: 1px 4px;
}
.flet-output-log > pre.flet-output-error { border-left: 2px solid var(--jp-error-color1, #d32f2f); }
.flet-output-clear {
  position: sticky; float: right; top: 0; margin: 0 4px; padding: 0 6px; cursor: pointer;
  font: var(--jp-ui-font-size0, 11px)/1.6 var(--jp-ui-font-family, system-ui, sans-serif);
  border: 1px solid var(--jp-border-color1, #bdbdbd); border-radius: 2px;
  background: var(--jp-layout-color1, Canvas); color: var(--jp-ui-font-color2, GrayText);
}
.flet-parking { position: fixed; left: -20000px; top: 0; visibility: hidden; pointer-events: none; contain: layout; }
`;

/** Put the styles into a document, once. */
export function ensureStyles(target: Document): void {
  if (target.getElementById(STYLE_ID)) return;
  const style = target.createElement("style");
  style.id = STYLE_ID;
  style.textContent = CSS;
  target.head.append(style);
}
