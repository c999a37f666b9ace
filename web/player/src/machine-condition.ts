// How this page's machine is: whether anybody sees the page, and whether it runs on a battery.

export interface MachineCondition {
  isHidden: boolean;
  isOnBattery: boolean;
}

/** Of browsers that tell; others are taken to be plugged in. */
interface Battery extends EventTarget {
  readonly charging: boolean;
}

type BatteryNavigator = Navigator & { getBattery?: () => Promise<Battery> };

/** Tells each change, and first how it is if that is not the usual. Gives what ends the watch. */
export function watchCondition(onChange: (condition: MachineCondition) => void): () => void {
  let battery: Battery | null = null;
  let told: MachineCondition = { isHidden: false, isOnBattery: false };
  let isOver = false;
  const look = (isGoing = false): void => {
    const isHidden = isGoing || document.visibilityState === "hidden";
    const isOnBattery = battery !== null && !battery.charging;
    const isNew = isHidden !== told.isHidden || isOnBattery !== told.isOnBattery;
    told = { isHidden, isOnBattery };
    if (!isOver && (isNew || isGoing)) onChange(told);
  };
  const onVisible = (): void => look();
  const onHide = (): void => look(true);
  document.addEventListener("visibilitychange", onVisible);
  addEventListener("pagehide", onHide);
  addEventListener("pageshow", onVisible);
  const asked = (navigator as BatteryNavigator).getBattery?.();
  void asked?.then(
    (found) => {
      battery = found;
      battery.addEventListener("chargingchange", onVisible);
      if (isOver) battery.removeEventListener("chargingchange", onVisible);
      look();
    },
    () => undefined,
  );
  look();
  return () => {
    isOver = true;
    document.removeEventListener("visibilitychange", onVisible);
    removeEventListener("pagehide", onHide);
    removeEventListener("pageshow", onVisible);
    battery?.removeEventListener("chargingchange", onVisible);
  };
}
