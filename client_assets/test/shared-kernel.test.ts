import assert from "node:assert/strict";
import { test } from "node:test";

import type { Kernel } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";

import { SharedKernel } from "../src/shared-kernel.ts";

/** A server's kernels, which take until `answer` to be listed. */
class FakeKernels {
  readonly ready = Promise.resolve();
  readonly connected: string[] = [];
  answer: () => void = () => {};

  refreshRunning(): Promise<void> {
    return new Promise((resolve) => {
      this.answer = resolve;
    });
  }

  running(): IterableIterator<Kernel.IModel> {
    return [{ id: "one", name: "" }, { id: "two", name: "" }].values();
  }

  connectTo({ model }: Kernel.IKernelConnection.IOptions): object {
    this.connected.push(model.id);
    const [statusChanged, connectionStatusChanged, iopubMessage] = [new Signal({}), new Signal({}), new Signal({})];
    return { id: model.id, isDisposed: false, statusChanged, connectionStatusChanged, iopubMessage, dispose: () => {} };
  }
}

const shared = (kernels: FakeKernels): SharedKernel => new SharedKernel(kernels as unknown as Kernel.IManager, "one");

test("who is disposed while he starts does not connect", async () => {
  const kernels = new FakeKernels();
  const kernel = shared(kernels);
  const starting = kernel.start();
  await kernels.ready;
  kernel.dispose();
  kernels.answer();
  await starting;
  assert.deepEqual(kernels.connected, []);
  assert.equal(kernel.connection, null);
});

test("who follows to another kernel connects to that", async () => {
  const kernels = new FakeKernels();
  const kernel = shared(kernels);
  for (const id of ["one", "two"]) {
    kernel.follow(id);
    const starting = kernel.start();
    await kernels.ready;
    kernels.answer();
    await starting;
    assert.equal(kernel.connection?.id, id);
  }
  assert.deepEqual(kernels.connected, ["one", "two"]);
});
