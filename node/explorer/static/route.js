// The URL is the state: #/page/id?name=value names everything that a page shows.

import { useEffect, useState } from "preact/hooks";

export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/").map(decodeURIComponent);
  return { page: page || "home", id: rest.join("/"), query: Object.fromEntries(new URLSearchParams(query)) };
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
    return () => removeEventListener("hashchange", follow);
  }, []);
  return parse(hash);
}
