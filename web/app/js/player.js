// The bridge to the player package: a dynamic import, which Rust cannot express. Imported once, on the first need.

const PLAYER_ADDRESS = "/player/p2c2r-player.js";

export const importPlayer = () => import(PLAYER_ADDRESS);

export const newContributor = (player, signal, room, device, threads) =>
  new player.Contributor({ signal, room, device, threads });
