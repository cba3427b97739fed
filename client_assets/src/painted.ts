/** Waiting for what is seen. */

/** Flutter draws in the frame after it got the page, and the browser shows that with the next one. */
export function framesPainted(): Promise<void> {
  return new Promise((resolve) => {
    // A page in the background draws no frames; it will have drawn when somebody looks at it.
    const timer = setTimeout(resolve, 1_000);
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          clearTimeout(timer);
          resolve();
        }),
      ),
    );
  });
}
