// The URL is the state: #/page/id?name=value names everything that a page shows.

import { useEffect, useMemo, useState } from "preact/hooks";

export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/").map(decoded);
  return { page: page || "home", id: rest.join("/"), query: Object.fromEntries(new URLSearchParams(query)) };
}

/** What a part of an address says; a stray % of one typed by hand stands for itself. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Where a page is. */
export function link(page, id = "", query = {}) {
  const words = new URLSearchParams(query).toString();
  return `#/${page === "home" ? "" : page}${id === "" ? "" : `/${encodeURIComponent(id)}`}${words ? `?${words}` : ""}`;
}

export function go(page, id = "", query = {}) {
  location.hash = link(page, id, query);
}

export function useRoute() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener("hashchange", follow);
    follow(); // it may have changed between the first drawing and now
    return () => removeEventListener("hashchange", follow);
  }, []);
  return useMemo(() => parse(hash), [hash]);
}
