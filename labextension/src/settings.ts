/** What the user has chosen in the Settings editor. */

import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { Signal } from "@lumino/signaling";
import type { ISignal } from "@lumino/signaling";
import type { Look } from "./engine";
import { labLook } from "./look";
import { PLUGIN } from "./tokens";

interface Values {
  hotReload: boolean;
  shutdownOnClose: boolean;
  followTheme: boolean;
  getReady: boolean;
}

const DEFAULTS: Values = { hotReload: true, shutdownOnClose: true, followTheme: true, getReady: true };

export class Preferences {
  #settings: ISettingRegistry.ISettings | null = null;
  #values: Values = DEFAULTS;
  readonly #changed = new Signal<this, void>(this);
  #read: Promise<void> = Promise.resolve();

  /** `locale` is the Lab's language. */
  constructor(private readonly locale: string) {}

  /** Follow the settings from now on. Without a registry, and until it has answered, the defaults hold. */
  follow(registry: ISettingRegistry): void {
    this.#read = this.#follow(registry).catch((error: unknown) => console.error("Flet's settings cannot be read.", error));
  }

  /** Resolves when what the user has chosen is known. */
  get read(): Promise<void> {
    return this.#read;
  }

  async #follow(registry: ISettingRegistry): Promise<void> {
    const settings = await registry.load(PLUGIN);
    const read = (): void => {
      this.#values = { ...DEFAULTS, ...(settings.composite as Partial<Values>) };
      this.#changed.emit();
    };
    this.#settings = settings;
    settings.changed.connect(read);
    read();
  }

  get changed(): ISignal<this, void> {
    return this.#changed;
  }

  /** Whether an app is run anew when its file has changed. */
  get isHot(): boolean {
    return this.#values.hotReload;
  }

  set isHot(value: boolean) {
    this.#values = { ...this.#values, hotReload: value };
    void this.#settings?.set("hotReload", value);
    this.#changed.emit();
  }

  /** Whether a panel that is closed takes its kernel along. */
  get shutsDown(): boolean {
    return this.#values.shutdownOnClose;
  }

  /** Whether to load Flet before it is needed. */
  get getsReady(): boolean {
    return this.#values.getReady;
  }

  /** How apps without a look of their own are to look; null if as Flet does. */
  get look(): Look | null {
    return this.#values.followTheme ? labLook(this.locale) : null;
  }
}
