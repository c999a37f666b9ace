// What this browser keeps between visits, in IndexedDB: what was learned of peers, and what a
// contributor's pseudonyms are made from. Losing it costs only accuracy.

/** Learned by a requester; begins with the 16 bytes by which contributors know it. */
export const STATE = { key: "requester-state", freshBytes: 16 } as const;
/** A contributor's secret. */
export const SECRET = { key: "contributor-secret", freshBytes: 32 } as const;

type Keepsake = typeof STATE | typeof SECRET;

const DATABASE = "p2c2r";
const STORE = "keepsakes";
/** Larger ones are not ours. */
const MAX_BYTES = 1 << 22;
/** A browser that takes longer to open its database is not waited for. */
const PATIENCE_MS = 1500;

/** What is kept; where nothing is, fresh random bytes, which are then kept. `null` where nothing can be. */
export async function recall({ key, freshBytes }: Keepsake): Promise<Uint8Array | null> {
  try {
    const kept = await within(PATIENCE_MS, read(key));
    const isOurs = kept instanceof Uint8Array && kept.length >= freshBytes && kept.length <= MAX_BYTES;
    if (isOurs) return kept;
    const fresh = crypto.getRandomValues(new Uint8Array(freshBytes));
    await within(PATIENCE_MS, write(key, fresh));
    return fresh;
  } catch {
    return null;
  }
}

/** Replaces what is kept. */
export async function keep({ key }: Keepsake, bytes: Uint8Array): Promise<void> {
  await write(key, bytes);
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return done(request);
}

async function read(key: string): Promise<unknown> {
  const database = await open();
  try {
    return await done(database.transaction(STORE).objectStore(STORE).get(key) as IDBRequest<unknown>);
  } finally {
    database.close();
  }
}

async function write(key: string, bytes: Uint8Array): Promise<void> {
  const database = await open();
  try {
    await done(database.transaction(STORE, "readwrite").objectStore(STORE).put(bytes, key));
  } finally {
    database.close();
  }
}

function done<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the database failed"));
  });
}

function within<Result>(ms: number, promise: Promise<Result>): Promise<Result> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error("the database does not answer")), ms);
  });
  return Promise.race([promise, late]);
}
