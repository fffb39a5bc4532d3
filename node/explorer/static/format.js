// How numbers, hashes, amounts and times are shown. Amounts are BigInt: no planck is lost.

const MICRO_UNITS = 1_000_000n; // micro-CU in one CU
const DECIMALS = 12; // of both tokens
const UNIT = 10n ** BigInt(DECIMALS);
const SHOWN_DECIMALS = 4;
const LARGE = 1_000_000n; // tokens; from here on two decimals are enough

/** Write a planck amount exactly, with thin groups: 1 234.5 AGPU. */
export function amount(planck, symbol = "AGPU") {
  if (planck === null || planck === undefined) return "–";
  return `${decimal(BigInt(planck), UNIT, DECIMALS)} ${symbol}`;
}

/** Write a planck amount as people read it: at most four decimals, cut off and never rounded. */
export function brief(planck, symbol = "AGPU") {
  if (planck === null || planck === undefined) return "–";
  const value = BigInt(planck);
  const size = value < 0n ? -value : value;
  const step = 10n ** BigInt(DECIMALS - SHOWN_DECIMALS);
  if (size && size < step) return `${value < 0n ? "−" : ""}<0.0001 ${symbol}`;
  const shown = size < LARGE * UNIT ? step : 100n * step;
  const cut = (size / shown) * shown;
  return amount(value < 0n ? -cut : cut, symbol);
}

/** An amount as a number of tokens, for charts alone. */
export function tokens(planck) {
  return Number(BigInt(planck)) / Number(UNIT);
}

/** Write work in compute units: micro-CU in, CU out. */
export function work(microUnits) {
  const value = BigInt(microUnits ?? 0);
  return value === 0n ? "–" : `${decimal(value, MICRO_UNITS, 6)} CU`;
}

/** Write a number of least units exactly in whole ones. */
export function decimal(value, unit, places) {
  const size = value < 0n ? -value : value;
  const fraction = (size % unit).toString().padStart(places, "0").replace(/0+$/, "");
  return `${value < 0n ? "−" : ""}${grouped(size / unit)}${fraction ? "." + fraction : ""}`;
}

export function grouped(number) {
  return number.toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** Write a whole number, in thin groups from five digits on. */
export const count = (number) => (Math.abs(number) < 10_000 ? String(number) : `${number < 0 ? "−" : ""}${grouped(Math.abs(number))}`);

/** Write how many there are of something: 1 share, 2 shares. */
export const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** Shorten a hash or an address in the middle; the whole of it goes into a title. */
export function short(text, head = 6, tail = 4) {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

/** Write when a block will probably come, given the seconds that each takes. */
export function ahead(blocks, seconds) {
  const left = Math.max(0, blocks);
  return `${counted(left, "block")}${seconds ? `, about ${span(left * seconds)}` : ""}`;
}

/** Write how long ago a moment was. */
export function age(timeMs, nowMs) {
  const seconds = Math.max(0, Math.round((nowMs - timeMs) / 1000));
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** Write for how long, given seconds. */
export const span = (seconds) => (seconds < 10 ? `${seconds.toFixed(1)} s` : age(0, 1000 * seconds));

export function utc(timeMs) {
  return new Date(timeMs).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
}

export function percent(parts, whole, digits = 1) {
  return whole ? `${((100 * parts) / whole).toFixed(digits)} %` : "–";
}

/** Parts of a billion as percent, with no more digits than they need. */
export const ppb = (parts) => `${Number((parts / 1e7).toFixed(4))} %`;

/** Words of a name in the code: small_spender → small spender. */
export function words(name) {
  return String(name).replaceAll("_", " ");
}

/** A table as comma-separated values (RFC 4180); a formula of a spreadsheet stays text. */
export function csv(rows) {
  const cell = (value) => {
    let text = value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
    if (/^[=+@\t\r]|^-(?!\d)/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
}

/** A decoded value for a file: addresses, bytes in hex and planck instead of how pages mark them. */
export function bare(value) {
  if (Array.isArray(value)) return value.map(bare);
  if (value === null || typeof value !== "object") return value;
  if (["account", "amount", "bytes", "measure"].includes(value.$)) return value.value;
  if (value.$ === "error") return value.name;
  const fields = Object.fromEntries(Object.entries(value.fields ?? value).map(([name, one]) => [name, bare(one)]));
  return value.$ ? { [value.name]: fields } : fields;
}
