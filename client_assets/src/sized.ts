/** Waiting for layout. */

/** Wait until an element is in the document and has a size. */
export function whenSized(element: HTMLElement, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const observer = new ResizeObserver(() => check());
    const check = (): boolean => {
      if (signal.aborted) {
        observer.disconnect();
        reject(signal.reason as Error);
        return true;
      }
      if (!element.isConnected || element.clientWidth === 0 || element.clientHeight === 0) return false;
      observer.disconnect();
      resolve();
      return true;
    };
    signal.addEventListener("abort", () => check(), { once: true });
    if (check()) return;
    observer.observe(element);
    // JupyterLab replaces ResizeObserver with one that waits while the notebook scrolls; most elements are there in a frame.
    requestAnimationFrame(() => check());
  });
}
