// How numbers, hashes, amounts and times are shown. Amounts are BigInt: no planck is lost.

const MICRO_UNITS = 1_000_000n; // micro-CU in one CU

/** Write a planck amount exactly, with thin groups: 1 234.5 AGPU. */
export function amount(planck, decimals = 12, symbol = "AGPU") {
  if (planck === null || planck === undefined) return "–";
  const value = BigInt(planck);
  const unit = 10n ** BigInt(decimals);
  const sign = value < 0n ? "−" : "";
  const size = value < 0n ? -value : value;
  const fraction = (size % unit).toString().padStart(decimals, "0").replace(/0+$/, "");
  return `${sign}${grouped(size / unit)}${fraction ? "." + fraction : ""} ${symbol}`;
}

/** Write work in compute units: micro-CU in, CU out. */
export function work(microUnits) {
  const value = BigInt(microUnits);
  if (value === 0n) return "–";
  const fraction = (value % MICRO_UNITS).toString().padStart(6, "0").replace(/0+$/, "");
  return `${grouped(value / MICRO_UNITS)}${fraction ? "." + fraction : ""} CU`;
}

export function grouped(number) {
  return number.toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** Shorten a hash or an address in the middle; the whole of it goes into a title. */
export function short(text, head = 6, tail = 4) {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

/** Write how long ago a moment was. */
export function age(timeMs, nowMs) {
  const seconds = Math.max(0, Math.round((nowMs - timeMs) / 1000));
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

export function utc(timeMs) {
  return new Date(timeMs).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
}
