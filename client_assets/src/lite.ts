/** JupyterLite: JupyterLab as a site of files. There is no Jupyter server, and kernels live in the page and end with it. */

/** Whether this page is JupyterLite's, or Notebook's of the same making. */
export function isLite(): boolean {
  return document.querySelector("#jupyter-config-data[data-jupyter-lite-root]") !== null;
}
