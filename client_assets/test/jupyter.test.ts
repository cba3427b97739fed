import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { watchKernel } from "../src/jupyter.ts";
import type { KernelState } from "../src/jupyter.ts";

type Slot = (sender: unknown, value: unknown) => void;

class FakeSignal {
  readonly slots = new Set<Slot>();

  connect(slot: Slot): void {
    this.slots.add(slot);
  }

  disconnect(slot: Slot): void {
    this.slots.delete(slot);
  }

  emit(value: unknown): void {
    for (const slot of [...this.slots]) slot(null, value);
  }
}

class FakeKernel {
  readonly id = "kernel";
  readonly clientId = "me";
  status = "idle";
  readonly connectionStatus = "connected";
  readonly statusChanged = new FakeSignal();
  readonly iopubMessage = new FakeSignal();

  says(session: string, state: string): void {
    this.status = state;
    this.statusChanged.emit(state);
    this.iopubMessage.emit({ header: { msg_type: "status", session }, content: { execution_state: state } });
  }
}

let kernel: FakeKernel;
let watching: AbortController;
let states: KernelState[];

beforeEach(() => {
  kernel = new FakeKernel();
  watching = new AbortController();
  states = [];
  watchKernel({ kernel })((state) => states.push(state), watching.signal);
});

const last = (): string => {
  const state = states.at(-1);
  return state && "message" in state ? state.message : (state?.kind ?? "");
};

test("a cell is told that somebody else has restarted its kernel", () => {
  kernel.says("first", "busy");
  kernel.says("first", "idle");
  assert.equal(last(), "connected");
  kernel.says("second", "starting");
  assert.match(last(), /^The kernel was restarted/);
  const told = states.length;
  kernel.says("second", "idle");
  assert.equal(states.length, told, "an end is final");
});

test("a kernel that has crashed is not said to have been restarted by somebody", () => {
  kernel.says("first", "idle");
  kernel.statusChanged.emit("restarting");
  kernel.statusChanged.emit("autorestarting");
  kernel.says("second", "idle");
  assert.match(last(), /^The kernel died and was started again/);
});

test("who no longer watches is told nothing", () => {
  kernel.says("first", "idle");
  watching.abort();
  const told = states.length;
  kernel.says("second", "idle");
  assert.equal(states.length, told);
  assert.equal(kernel.iopubMessage.slots.size, 0);
});
